"""Taggers: the equations of the paper, the number of weights, modes and what goes in."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from stad.models.aggregators.mean_pooling import MeanPooling
from stad.models.aggregators.nextvlad import NeXtVLAD
from stad.models.heads.tag_heads import LogisticTagHead
from stad.models.tagger_mixture import MixedVideoTagger
from stad.models.video_tagger import VideoTagger
from stad.structures import RecordMeta, RecordSample
from tests.models.nextvlad_numpy import score
from tests.models.small_taggers import (
    CHANNELS,
    COUNTS,
    GROUPS,
    build,
    make_batch,
    modalities,
    shaken,
)


def as_videos(frames, mask):
    """Name -> list of (T_i, C) float64, only what the mask leaves."""
    parts = frames.double().numpy()
    ends = np.cumsum([0, *CHANNELS.values()])
    return {
        name: [
            video[keep[:, m], ends[m] : ends[m + 1]]
            for video, keep in zip(parts, mask, strict=True)
        ]
        for m, name in enumerate(CHANNELS)
    }


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("counts", [((7, 7),) * 3, ((7, 7), (3, 3), (1, 1)), COUNTS])
def test_the_equations_of_the_paper(training, counts):
    model = shaken(build()).train(training)
    frames, mask = make_batch(counts)
    state = {name: value.clone() for name, value in model.state_dict().items()}
    expected = score(as_videos(frames, mask.numpy()), state, groups=GROUPS, training=training)
    with torch.no_grad():
        logits = model.score_frames(frames, mask)
    np.testing.assert_allclose(logits, expected, atol=1e-5)
    assert np.ptp(expected, axis=0).max() > 0.1


def hand_count(channels, clusters, groups, expansion=2):
    """The weights of one NeXtVLAD and its running statistics, by hand."""
    inner = expansion * channels
    features = inner // groups
    width = features * clusters
    weights = (
        channels * inner + inner  # expansion and its bias
        + inner * groups + groups  # attention and its bias
        + inner * groups * clusters  # assignment
        + 2 * groups * clusters  # its batch norm
        + features * clusters  # centres
        + 2 * width  # batch norm of the vector
    )  # fmt: skip
    return weights, 2 * groups * clusters + 2 * width, width


def test_the_standard_setting_has_88_889_378_weights():
    video, video_statistics, video_width = hand_count(1024, 128, 8)
    audio, audio_statistics, audio_width = hand_count(128, 64, 4)
    assert (video, audio) == (4_313_096, 112_388)
    assert (video_width, audio_width) == (32_768, 4_096)
    hidden = (32_768 + 4_096) * 2_048
    hidden_norm = 2 * 2_048
    gating = 2_048 * 256 + 2 * 256 + 256 * 2_048
    classifier = 2_048 * 3_862 + 3_862
    total = video + audio + hidden + hidden_norm + gating + classifier
    assert total == 88_889_378
    sizes = [
        {"name": name, "channels": channels, "aggregator": {**kind, "type": NeXtVLAD}}
        for name, channels, kind in (
            ("rgb", 1024, {"clusters": 128, "groups": 8}),
            ("audio", 128, {"clusters": 64, "groups": 4}),
        )
    ]
    with torch.device("meta"):
        model = VideoTagger(sizes, {"type": LogisticTagHead, "num_classes": 3862})
    assert sum(one.numel() for one in model.parameters()) == total
    running = sum(one.numel() for name, one in model.named_buffers() if "running" in name)
    assert running == video_statistics + audio_statistics + 2 * 2_048 + 2 * 256 == 80_896


def test_modes_of_mmengine():
    model = shaken(build()).eval()
    frames, mask = make_batch()
    samples = [
        RecordSample(torch.eye(9)[i], count, RecordMeta(f"v{i}", "a.tfrecord", i))
        for i, count in enumerate(COUNTS)
    ]
    logits = model((frames, mask))
    assert logits.shape == (4, 9)
    found = model((frames, mask), samples, mode="predict")
    assert [one["meta"].record_id for one in found] == ["v0", "v1", "v2", "v3"]
    assert [one["label"].tolist() for one in found] == torch.eye(9)[:4].tolist()
    torch.testing.assert_close(torch.stack([one["scores"] for one in found]), logits.sigmoid())
    losses = model((frames, mask), samples, mode="loss")
    expected = F.binary_cross_entropy_with_logits(logits, torch.eye(9)[:4], reduction="sum") / 4
    assert set(losses) == {"loss", "loss_l2"}
    torch.testing.assert_close(losses["loss"], expected)
    with pytest.raises(ValueError, match="mode 'loss' needs data_samples"):
        model((frames, mask), mode="loss")


def test_bytes_of_a_loader_become_scores():
    model = build().eval()
    labels = torch.zeros(2, 9)
    counts = ((3, 3), (2, 0))
    samples = [
        RecordSample(label, count, RecordMeta("a", "a", 0))
        for label, count in zip(labels, counts, strict=True)
    ]
    batch = {"inputs": torch.full((2, 3, 18), 128, dtype=torch.uint8), "data_samples": samples}
    (frames, mask) = model.data_preprocessor(batch)["inputs"]
    assert mask.sum(dim=1).tolist() == [[3, 3], [2, 0]]
    with torch.no_grad():
        found = model.val_step(batch)
        expected = model.score_frames(frames, mask).sigmoid()
    torch.testing.assert_close(torch.stack([one["scores"] for one in found]), expected)


@pytest.mark.parametrize(
    ("frames", "mask", "said"),
    [
        (torch.zeros(2, 3, 17), torch.ones(2, 3, 2).bool(), r"frames must be \(N, T, 18\)"),
        (torch.zeros(2, 3, 18).int(), torch.ones(2, 3, 2).bool(), "floating point.*int32"),
        (torch.zeros(2, 3, 18), torch.ones(2, 3).bool(), r"mask must be \(2, 3, 2\) bool"),
        (torch.zeros(2, 3, 18), torch.ones(2, 3, 2), "bool, got .* float32"),
    ],
)
@pytest.mark.parametrize("kind", [VideoTagger, MixedVideoTagger])
def test_what_cannot_be_scored(frames, mask, said, kind):
    branch = {"hidden": 16, "gating_reduction": 4, "dropout": 0.0}
    branch |= {"modalities": modalities(), "head": {"type": LogisticTagHead, "num_classes": 9}}
    model = VideoTagger(**branch) if kind is VideoTagger else MixedVideoTagger(branch)
    with pytest.raises(ValueError, match=said):
        model.score_frames(frames, mask)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"variant": "tensorflow"}, "variant must be one of masked, authors, paddle"),
        ({"norm_momentum": 0.0}, "norm_momentum must be above 0"),
        ({"gating_reduction": 5}, "gating_reduction must divide hidden, 16, got 5"),
    ],
)
def test_settings_that_cannot_be(options, said):
    with pytest.raises(ValueError, match=said):
        build(**options)
    with pytest.raises(ValueError, match="groups must divide the 24 channels"):
        NeXtVLAD(12, 5, groups=5)
    twice = [modalities()[0]] * 2
    with pytest.raises(ValueError, match="a name of its own, got rgb, rgb"):
        VideoTagger(twice, {"type": LogisticTagHead, "num_classes": 9})


def test_without_a_hidden_layer_the_head_takes_the_vectors():
    model = shaken(build(MeanPooling, hidden=None)).eval()
    frames, mask = make_batch(((7, 7), (3, 3)))
    classifier = model.network.head.fc_cls
    expected = torch.stack([frames[0].mean(0), frames[1, :3].mean(0)])
    expected = expected @ classifier.weight.T + classifier.bias
    torch.testing.assert_close(model.score_frames(frames, mask), expected)


def test_dropout_is_of_the_vectors_in_training_alone():
    torch.manual_seed(0)
    model = build(MeanPooling, hidden=None, dropout=0.5)
    frames, mask = make_batch(((7, 7),) * 2)
    assert torch.equal(model.eval().score_frames(frames, mask), model.score_frames(frames, mask))
    model.train()
    assert not torch.equal(model.score_frames(frames, mask), model.score_frames(frames, mask))


def test_a_mixture_refuses_what_cannot_be():
    branch = {"modalities": modalities(), "hidden": None, "gating_reduction": None, "dropout": 0.0}
    branch["head"] = {"type": LogisticTagHead, "num_classes": 9}
    with pytest.raises(ValueError, match="temperature must be above 0"):
        MixedVideoTagger(branch, temperature=0)
    model = MixedVideoTagger(branch, num_branches=2, distillation_weight=0)
    assert (model.num_classes, len(model.tag_heads), list(model.heads)) == (9, 2, ["branch.head"])
    losses = model.training_losses(*make_batch(), torch.zeros(4, 9))
    assert set(losses) == {"loss", "loss_branch0", "loss_branch1", "loss_l2"}


def test_only_what_is_not_a_head_describes_the_video():
    model = build()
    heads = {name for name in model.state_dict() if not model.is_body(name)}
    assert heads == {"network.head.fc_cls.weight", "network.head.fc_cls.bias"}
