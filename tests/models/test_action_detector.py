"""ActionDetector and Recognizer: what goes in, what comes out, what is refused."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from stad.models.action_detector import ActionDetector
from stad.models.actor_crops import ActorCrops, still_tracks
from stad.models.backbones.resnet3d import ResNet3d
from stad.models.heads.clip_head import ClipHead
from stad.models.heads.roi_head import RoIHead
from stad.models.heads.skeleton_head import SkeletonHead
from stad.models.losses import PostureLoss, SingleLabelLoss
from stad.models.preprocessor import ClipPreprocessor
from stad.models.recognizer import Recognizer
from stad.structures import ClipMeta, ClipSample, SkeletonSample
from tests.colour_pose import ColourPose

BACKBONE = {"type": ResNet3d, "depth": 18, "base_channels": 4, "spatial_strides": (1, 2, 2, 1)}
PREPROCESSOR = {"type": ClipPreprocessor, "mean": [0, 0, 0], "std": [1, 1, 1]}
CLIPS = torch.randn(3, 3, 2, 32, 48, generator=torch.Generator().manual_seed(0))
BOXES = [
    torch.tensor([[0.0, 0.0, 20.0, 20.0], [10.0, 4.0, 40.0, 30.0]]),
    torch.zeros(0, 4),
    torch.tensor([[5.0, 5.0, 30.0, 32.0]]),
]


def detector(**options):
    torch.manual_seed(0)
    roi_head = dict(type=RoIHead, in_channels=32, num_classes=5, **options)
    return ActionDetector(dict(BACKBONE), roi_head, data_preprocessor=dict(PREPROCESSOR)).eval()


def recognizer(**options):
    head = dict(type=ClipHead, in_channels=32, num_classes=5, **options)
    return Recognizer(dict(BACKBONE), head, data_preprocessor=dict(PREPROCESSOR)).eval()


@torch.inference_mode()
def test_a_batch_scores_as_its_clips_do_one_by_one():
    model = detector()
    batch = model.score_actors(CLIPS, BOXES)
    assert [tuple(one.shape) for one in batch] == [(2, 5), (0, 5), (1, 5)]
    for i, one in enumerate(batch):
        (alone,) = model.score_actors(CLIPS[i : i + 1], BOXES[i : i + 1])
        torch.testing.assert_close(one, alone)


@torch.inference_mode()
def test_clips_without_people_are_not_run():
    model = detector()
    sizes = []
    model.backbone.register_forward_pre_hook(lambda _, x: sizes.append(len(x[0])))
    model.score_actors(CLIPS, BOXES)
    logits = model.score_actors(CLIPS, [torch.zeros(0, 4)] * 3)
    assert sizes == [2]
    assert [tuple(one.shape) for one in logits] == [(0, 5)] * 3


def test_probabilities_follow_the_kind_of_labels():
    logits = torch.tensor([[0.0, 0.0]])
    assert detector().probabilities(logits).tolist() == [[0.5, 0.5]]
    logits = torch.tensor([[0.0, 0.0, 0.0, 0.0]])
    assert detector(multilabel=False).probabilities(logits).tolist() == [[0.25] * 4]
    assert recognizer().probabilities(logits).tolist() == [[0.25] * 4]
    assert recognizer(multilabel=True).probabilities(logits).tolist() == [[0.5] * 4]


@torch.inference_mode()
def test_forward_in_tensor_mode_scores():
    model = detector()
    found = model(CLIPS, samples(BOXES))
    for one, other in zip(found, model.score_actors(CLIPS, BOXES), strict=True):
        assert torch.equal(one, other)
    model = recognizer()
    assert torch.equal(model(CLIPS), model.score_clips(CLIPS))
    assert model(CLIPS).shape == (3, 5)


def samples(boxes, num_classes=5):
    """Actors of clips, the first class for the first of each, and no others."""
    found = []
    for index, one in enumerate(boxes):
        labels = torch.zeros(len(one), num_classes)
        labels[:1, 0] = 1
        meta = ClipMeta(f"v{index}", 1.0, (48, 32), one.numpy())
        found.append(ClipSample(one, labels, meta))
    return found


def run(model, inputs, given, mode):
    """Run a batch of the data loader as mmengine does."""
    data = {"inputs": inputs, "data_samples": given}
    return model(**model.data_preprocessor(data, mode == "loss"), mode=mode)


FRAMES = torch.randint(
    0, 256, (3, 2, 32, 48, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
)


@torch.inference_mode()
def test_predict_mode_gives_probabilities_of_frames_as_they_are_read():
    model = detector()
    found = run(model, FRAMES, samples(BOXES), "predict")
    expected = model.score_actors(model.data_preprocessor.normalise(FRAMES), BOXES)
    assert [one["meta"].video_id for one in found] == ["v0", "v1", "v2"]
    for one, logits in zip(found, expected, strict=True):
        torch.testing.assert_close(one["scores"], logits.sigmoid())


@torch.inference_mode()
def test_scores_are_multiplied_by_those_of_the_people_where_the_model_asks_for_it():
    plain = run(detector(), FRAMES, samples(BOXES), "predict")
    weights = [np.linspace(0.5, 1, len(one)) for one in BOXES]
    given = [
        one._replace(meta=replace(one.meta, person_scores=weight))
        for one, weight in zip(samples(BOXES), weights, strict=True)
    ]
    # Only a model that asks for it looks at the people's scores.
    for one, other in zip(run(detector(), FRAMES, given, "predict"), plain, strict=True):
        assert torch.equal(one["scores"], other["scores"])
    model = detector()
    model.times_person_score = True
    found = run(model, FRAMES, given, "predict")
    for one, other, weight in zip(found, plain, weights, strict=True):
        expected = other["scores"] * torch.from_numpy(weight).float()[:, None]
        torch.testing.assert_close(one["scores"], expected)
    # Boxes of annotations have no score: it counts as 1.
    for one, other in zip(run(model, FRAMES, samples(BOXES), "predict"), plain, strict=True):
        assert torch.equal(one["scores"], other["scores"])


def test_loss_mode_is_the_mean_over_the_actors_of_the_batch():
    model = detector()
    logits = torch.cat(model.score_actors(model.data_preprocessor.normalise(FRAMES), BOXES))
    labels = torch.cat([one.labels for one in samples(BOXES)])
    expected = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels)
    torch.testing.assert_close(run(model, FRAMES, samples(BOXES), "loss")["loss"], expected)
    one_label = detector(multilabel=False)
    assert isinstance(one_label.loss, SingleLabelLoss)


def test_a_batch_without_people_still_gives_every_weight_a_gradient():
    model = detector().train()
    empty = samples([torch.zeros(0, 4)] * 3)
    loss = run(model, FRAMES, empty, "loss")["loss"]
    loss.backward()
    assert loss.item() == 0
    assert all(one.grad is not None and not one.grad.any() for one in model.parameters())


def test_other_modes_are_refused():
    with pytest.raises(ValueError, match="'loss' or 'predict', got 'other'"):
        detector()(CLIPS, samples(BOXES), mode="other")
    with pytest.raises(ValueError, match="'loss' or 'predict', got 'other'"):
        recognizer()(CLIPS, mode="other")


@pytest.mark.parametrize(
    ("clips", "boxes", "message"),
    [
        (CLIPS[0], BOXES[:1], r"clips must be \(N, 3, T, H, W\)"),
        (CLIPS.permute(0, 2, 1, 3, 4), BOXES, r"clips must be \(N, 3, T, H, W\)"),
        (CLIPS.byte(), BOXES, "floating point, normalised, got .* uint8"),
        (CLIPS, BOXES[:2], "3 clips, 2 arrays"),
        (CLIPS, [*BOXES[:2], torch.zeros(4)], r"must be \(K, 4\) xyxy, got \(4,\) for clip 2"),
        (CLIPS, [*BOXES[:2], torch.full((1, 4), torch.nan)], "clip 2 has NaN"),
    ],
)
def test_other_shapes_are_refused(clips, boxes, message):
    with pytest.raises(ValueError, match=message):
        detector().score_actors(clips, boxes)


def test_a_recognizer_refuses_other_shapes():
    with pytest.raises(ValueError, match=r"clips must be \(N, 3, T, H, W\)"):
        recognizer().score_clips(CLIPS[0])


def test_the_preprocessor_adds_no_keys():
    assert {key.split(".")[0] for key in detector().state_dict()} == {"backbone", "roi_head"}


TRACKS = [
    torch.stack((BOXES[0] - 2, BOXES[0]), dim=1),
    torch.zeros(0, 2, 4),
    torch.stack((BOXES[2] + 3, BOXES[2]), dim=1),
]


def cropping(**options):
    """A detector whose backbone sees crops of 16 px and whose head pools in them."""
    torch.manual_seed(0)
    roi_head = dict(type=RoIHead, in_channels=32, num_classes=5, **options)
    return ActionDetector(
        dict(BACKBONE),
        roi_head,
        data_preprocessor=dict(PREPROCESSOR),
        actor_crops={"type": ActorCrops, "size_px": 16},
    ).eval()


def skeletal():
    """A detector of 3 postures and 2 other classes, from numbers of each crop."""
    torch.manual_seed(0)
    return ActionDetector(
        {"type": ColourPose},
        {"type": SkeletonHead, **{"num_classes": 5, "num_exclusive": 3, "interval_sec": 0.4}},
        data_preprocessor=dict(PREPROCESSOR),
        actor_crops={"type": ActorCrops, "size_px": 8},
        loss={"type": PostureLoss, "num_exclusive": 3},
    ).eval()


@pytest.mark.parametrize("make", [cropping, skeletal])
@torch.inference_mode()
def test_crops_are_scored_alone_in_their_order(make):
    model = make()
    batch = model.score_actors(CLIPS, BOXES, TRACKS)
    assert [tuple(one.shape) for one in batch] == [(2, 5), (0, 5), (1, 5)]
    for i, row in ((0, 0), (0, 1), (2, 0)):
        (alone,) = model.score_actors(
            CLIPS[i : i + 1], [BOXES[i][row : row + 1]], [TRACKS[i][row : row + 1]]
        )
        torch.testing.assert_close(batch[i][row : row + 1], alone, atol=1e-5, rtol=1e-4)
    assert not torch.allclose(batch[0][0], batch[0][1])


@pytest.mark.parametrize("make", [cropping, skeletal])
@torch.inference_mode()
def test_without_tracks_actors_stand_still(make):
    model = make()
    still = model.score_actors(CLIPS, BOXES)
    same = model.score_actors(CLIPS, BOXES, still_tracks(BOXES, 2))
    moving = model.score_actors(CLIPS, BOXES, TRACKS)
    for i in (0, 2):
        assert torch.equal(still[i], same[i])
        assert not torch.allclose(still[i], moving[i])


@torch.inference_mode()
def test_the_head_pools_the_actor_in_its_crop():
    model = cropping()
    cut = model.actor_crops(CLIPS[2:], still_tracks(BOXES[2:], 2))
    expected = model.roi_head(model.backbone(cut.clips), cut.boxes_in_crops(), (16, 16))
    (found,) = model.score_actors(CLIPS[2:], BOXES[2:])
    assert torch.equal(found, expected[0])


@torch.inference_mode()
def test_crops_of_no_people_are_not_run():
    model, before = skeletal(), ColourPose.count
    model.score_actors(CLIPS, [torch.zeros(0, 4)] * 3)
    assert ColourPose.count == before
    model.score_actors(CLIPS, BOXES)
    assert ColourPose.count == before + 3


@torch.inference_mode()
def test_models_without_crops_do_not_look_at_tracks():
    model = detector()
    for one, other in zip(
        model.score_actors(CLIPS, BOXES, TRACKS), model.score_actors(CLIPS, BOXES), strict=True
    ):
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    ("tracks", "message"),
    [
        (
            [*TRACKS[:2], TRACKS[2][:, :1]],
            r"tracks must be \(1, 2, 4\).*got \(1, 1, 4\) for clip 2",
        ),
        ([TRACKS[0][:1], *TRACKS[1:]], r"one per box and frame, got \(1, 2, 4\) for clip 0"),
        ([*TRACKS[:2], torch.full((1, 2, 4), torch.inf)], "tracks must be finite.*clip 2"),
        (TRACKS[:2], "each clip needs one array of tracks, got 3 clips, 2 arrays"),
    ],
)
def test_tracks_of_other_shapes_are_refused(tracks, message):
    with pytest.raises(ValueError, match=message):
        cropping().score_actors(CLIPS, BOXES, tracks)


def test_exclusive_classes_share_a_probability_of_one():
    logits = torch.tensor([[0.0, 0.0, math.log(2), 0.0, math.log(3)], [1.0, -2, 3, 4, -5]])
    found = skeletal().probabilities(logits)
    assert found[0].tolist() == pytest.approx([1 / 4, 1 / 4, 1 / 2, 1 / 2, 3 / 4])
    assert found[:, :3].sum(dim=1).tolist() == pytest.approx([1, 1])
    torch.testing.assert_close(found[:, 3:], logits[:, 3:].sigmoid())


def test_the_loss_of_kept_maps_is_that_of_the_clips():
    model = skeletal()
    given = [
        one._replace(tracks=tracks) for one, tracks in zip(samples(BOXES), TRACKS, strict=True)
    ]
    expected = run(model, FRAMES, given, "loss")["loss"]
    clips = model.data_preprocessor.normalise(FRAMES)
    logits = torch.cat(model.score_actors(clips, BOXES, TRACKS))
    labels = torch.cat([one.labels for one in given])
    torch.testing.assert_close(expected, model.loss(logits, labels))
    busy = [0, 2]
    cut = model.actor_crops(clips[busy], [TRACKS[i] for i in busy])
    (maps,) = model.backbone(cut.clips, cut.tracks)
    kept = [SkeletonSample(*one) for one in zip(cut.regions, cut.tracks, labels, strict=True)]
    found = run(model, maps, kept, "loss")["loss"]
    torch.testing.assert_close(found, expected)
    found.backward()
    assert all(one.grad is not None for one in model.parameters())
    for row, one in zip(run(model, maps, kept, "tensor"), logits, strict=True):
        torch.testing.assert_close(row, one[None])
    with pytest.raises(ValueError, match="no keyframe to predict for"):
        run(model, maps, kept, "predict")


@torch.inference_mode()
def test_predict_mode_follows_the_tracks_of_the_samples():
    model = skeletal()
    given = [
        one._replace(tracks=tracks) for one, tracks in zip(samples(BOXES), TRACKS, strict=True)
    ]
    clips = model.data_preprocessor.normalise(FRAMES)
    for some, tracks in ((given, TRACKS), (samples(BOXES), None)):
        expected = model.score_actors(clips, BOXES, tracks)
        for one, logits in zip(run(model, FRAMES, some, "predict"), expected, strict=True):
            torch.testing.assert_close(one["scores"], model.probabilities(logits))


def test_a_batch_where_only_some_samples_have_tracks_names_one_without():
    given = samples(BOXES)
    given[0] = given[0]._replace(tracks=TRACKS[0])
    message = r"1 of the 3 samples of a batch have tracks, but sample 1 \(.+\) has none"
    for mode in ("tensor", "loss", "predict"):
        with pytest.raises(ValueError, match=message):
            run(skeletal(), FRAMES, given, mode)


def test_a_batch_without_people_trains_a_head_of_postures_too():
    model = skeletal().train()
    loss = run(model, FRAMES, samples([torch.zeros(0, 4)] * 3), "loss")["loss"]
    loss.backward()
    assert loss.item() == 0
    assert all(one.grad is not None and not one.grad.any() for one in model.parameters())
