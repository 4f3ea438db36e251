"""Keypoints found once and kept: what is in the file, and which of it makes items."""

import numpy as np
import pytest
import torch

from stad.datasets.ava import AVADataset
from stad.datasets.epoch_sampler import EpochIndex
from stad.datasets.keypoint_file import read_keypoints
from stad.datasets.keypoints import SkeletonDataset, collate_skeletons
from stad.datasets.transforms.detection import ActorTransform, TrainTransform
from stad.errors import InputError
from stad.models.action_detector import ActionDetector
from stad.models.actor_crops import ActorCrops
from stad.models.heads.skeleton_head import SkeletonHead
from stad.models.losses import PostureLoss
from stad.models.preprocessor import ClipPreprocessor
from stad.structures import SkeletonSample
from stad.video.window import Window
from tests.colour_pose import ColourPose
from tests.datasets.tiny_ava import box_at, write_tiny_ava

CROPS = {"type": ActorCrops, "size_px": 8}
COLOURS = {"mean": [127.5] * 3, "std": [127.5] * 3}
# The square of scene1, twice, and in one keyframe another person; labels are kept apart.
BOXES = {0.5: box_at(1, 0.5), 1.0: box_at(1, 1.0)}
ROWS = [
    *(f"scene1,{time_sec},{','.join(map(str, box))},1,5" for time_sec, box in BOXES.items()),
    "scene1,1.0,0.1,0.2,0.3,0.4,2,6",
    "scene0,1.0,0.1,0.2,0.3,0.4,3,5",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two videos, and the keypoints of two variants of each clip."""
    folder = write_tiny_ava(tmp_path_factory.mktemp("skeletons") / "tiny", num_videos=2)
    (folder / "labels.csv").write_text("\n".join(ROWS) + "\n")
    before = ColourPose.count
    dataset(folder)
    # Of 4 actors, as they are and once augmented.
    assert ColourPose.count == before + 8
    return folder


def dataset(folder, rows=None, *, videos=None, **options):
    annotations = folder / "labels.csv"
    if rows is not None:
        annotations = folder / f"other{abs(hash(tuple(rows)))}.csv"
        annotations.write_text("\n".join(rows) + "\n")
    source = {
        "type": AVADataset,
        "annotations": str(folder / "labels.csv"),
        "videos": videos or str(folder / "videos"),
        "window": Window(num_frames=3, interval_frames=6),
        "short_side_px": 32,
        "label_map": str(folder / "labels.txt"),
        "tracks": True,
        "transform": {"type": ActorTransform, "canvas_px": 80, "jitter": 0.1},
    }
    given = {
        "keypoints": str(folder / "new" / "keypoints.npz"),
        "source": source,
        "annotations": str(annotations),
        "label_map": str(folder / "labels.txt"),
        "actor_crops": CROPS,
        "backbone": {"type": ColourPose},
        **COLOURS,
        "variants": 2,
    }
    return SkeletonDataset(**(given | options))


def test_each_actor_and_variant_is_an_item(folder):
    data = dataset(folder)
    assert len(data) == 8
    assert data.class_ids == (1, 2, 3)
    assert data.metainfo["classes"] == ["red", "left", "right"]
    assert data.max_labels == 1
    # Clip by clip, both variants, their actors: scene0, then scene1 at 0.5 and at 1 s.
    classes = [int(data[i]["labels"].argmax()) for i in range(8)]
    assert classes == [2, 2, 0, 0, 0, 1, 0, 1]
    item = data[0]
    assert {key: value.shape for key, value in item.items()} == {
        "maps": (199, 3),
        "regions": (3, 4),
        "tracks": (3, 4),
        "labels": (3,),
    }
    assert {value.dtype for value in item.values()} == {np.dtype(np.float32)}
    same = data[EpochIndex(4, 0)]
    assert all(np.array_equal(same[key], item[key]) for key in item)


def test_the_first_variant_is_the_clip_as_it_is(folder):
    source = AVADataset(
        str(folder / "labels.csv"),
        str(folder / "videos"),
        window=Window(num_frames=3, interval_frames=6),
        short_side_px=32,
        label_map=str(folder / "labels.txt"),
        tracks=True,
    )
    clip = source[2]
    normalised = ClipPreprocessor(**COLOURS).normalise(torch.from_numpy(clip["clip"])[None])
    cut = ActorCrops(8)(normalised, [torch.from_numpy(clip["tracks"])])
    (maps,) = ColourPose()(cut.clips, cut.tracks)
    data = dataset(folder, only=[0])
    assert len(data) == 4
    for i, item in enumerate((data[2], data[3])):
        assert np.array_equal(item["tracks"], clip["tracks"][i])
        assert np.array_equal(item["regions"], cut.regions[i].numpy())
        np.testing.assert_allclose(item["maps"], maps[i, ..., 0, 0].numpy(), rtol=1e-6)
    # The square is red: channels 3 to 5 are its middle, in [-1, 1].
    assert data[2]["maps"][3].min() > 0.5 > 0 > data[2]["maps"][5].max()


def test_other_variants_are_augmented(folder):
    plain, augmented = dataset(folder, only=[0]), dataset(folder, only=[1])
    assert len(plain) == len(augmented) == 4
    for i in range(4):
        assert not np.allclose(plain[i]["tracks"], augmented[i]["tracks"])


def test_the_file_is_read_where_it_is_there(folder):
    before = ColourPose.count
    path = folder / "new" / "keypoints.npz"
    data = dataset(folder, videos=str(folder / "gone"))
    assert len(data) == 8
    assert ColourPose.count == before
    assert list(path.parent.iterdir()) == [path]


def test_labels_and_actors_are_those_of_the_annotations(folder):
    rows = [
        ROWS[1].replace(",1,5", ",3,5"),
        ROWS[1].replace(",1,5", ",2,5"),
        "scene9,1,0,0,1,1,1,1",
    ]
    data = dataset(folder, rows)
    # One of the actors is in the file, in two variants, and now has two other labels.
    assert len(data) == 2
    assert [one["labels"].tolist() for one in (data[0], data[1])] == [[0, 1, 1]] * 2
    assert data.max_labels == 2


@pytest.mark.parametrize(
    "row",
    ["scene9,1,0,0,1,1,1,5", "scene1,0.7,0,0,1,1,1,5", "scene1,0.5,0,0,1,1,1,9", "scene1,0.5"],
    ids=["another video", "another time", "another person", "no person"],
)
def test_foreign_annotations_are_told(folder, row):
    with pytest.raises(InputError, match=r"npz contains no actor of .*csv.*Delete it to make it"):
        dataset(folder, [row])


@pytest.mark.parametrize("person", ["", ",-1", ",3"])
def test_people_who_cannot_be_told_apart_are_refused(folder, person):
    rows = [f"scene1,0.5,0,0,1,1,1{person}", f"scene1,0.5,0,0,.5,1,2{person}"]
    with pytest.raises(InputError, match=r"two boxes of scene1 at 0\.5 s.*person id"):
        dataset(folder, rows)


def test_a_clip_from_which_a_person_is_gone_is_left_out(folder, tmp_path):
    source = {
        **dataset_source(folder),
        "transform": {"type": TrainTransform, "scale_px": (48, 120), "crop_px": 48},
    }
    data = dataset(folder, keypoints=str(tmp_path / "k.npz"), source=source, variants=12)
    # The crop leaves one of two people out at times; then the other one is not there either.
    arrays = read_keypoints(tmp_path / "k.npz")
    assert 12 < len(data) < 48
    at = arrays["time_sec"] == 1.0
    pair = {
        key: set(arrays["variant"][at & (arrays["video"] == "scene1") & (arrays["person"] == key)])
        for key in (5, 6)
    }
    assert pair[5] == pair[6]
    assert 0 in pair[5]
    assert 1 < len(pair[5]) < 12


def dataset_source(folder):
    """The config of the source in ``dataset``."""
    return {
        "type": AVADataset,
        "annotations": str(folder / "labels.csv"),
        "videos": str(folder / "videos"),
        "window": Window(num_frames=3, interval_frames=6),
        "short_side_px": 32,
        "label_map": str(folder / "labels.txt"),
        "tracks": True,
    }


@pytest.mark.parametrize("kind", ["text", "empty", "other arrays", "one array"])
def test_other_files_are_told(folder, tmp_path, kind):
    path = tmp_path / "keypoints.npz"
    if kind == "other arrays":
        np.savez(path, maps=np.zeros(3))
    elif kind == "one array":
        with path.open("wb") as file:
            np.save(file, np.zeros(3))
    else:
        path.write_text("no keypoints" if kind == "text" else "")
    with pytest.raises(InputError, match=r"is not a file of keypoints .*Delete it to make it"):
        dataset(folder, keypoints=str(path))


def test_a_batch_is_what_a_detector_learns_from(folder):
    data = dataset(folder)
    batch = collate_skeletons([data[i] for i in range(4)])
    assert batch["inputs"].shape == (4, 199, 3, 1, 1)
    assert batch["inputs"].dtype == torch.float32
    assert [type(one) for one in batch["data_samples"]] == [SkeletonSample] * 4
    sample = batch["data_samples"][2]
    for key in ("regions", "tracks", "labels"):
        assert torch.equal(getattr(sample, key), torch.from_numpy(data[2][key]))
    model = ActionDetector(
        {"type": ColourPose},
        {"type": SkeletonHead, "num_classes": 3, "num_exclusive": 2, "interval_sec": 0.2},
        data_preprocessor={"type": ClipPreprocessor, **COLOURS},
        actor_crops=CROPS,
        loss={"type": PostureLoss, "num_exclusive": 2},
    )
    loss = model(**batch, mode="loss")["loss"]
    loss.backward()
    assert loss.isfinite()
    assert model.roi_head.posture[0].weight.grad.abs().sum() > 0


def poses_dataset(folder, labels, **options):
    """The actors of ``folder`` with labels of the map 'poses': scene1 at 1 s, persons 5 and 6."""
    rows = [
        f"{ROWS[1].rsplit(',', 2)[0]},{labels[0]},5",
        f"{ROWS[2].rsplit(',', 2)[0]},{labels[1]},6",
    ]
    return dataset(folder, rows, label_map="poses", **options)


def test_synthetic_skeletons_follow_the_real_ones(folder):
    data = poses_dataset(folder, (1, 5), synthetic={"count": 40, "min_examples": 1})
    real = poses_dataset(folder, (1, 5))
    assert len(data) == len(real) + 40 == 4 + 40
    for i in range(4):
        assert all(np.array_equal(data[i][key], real[i][key]) for key in ("maps", "tracks"))
    kinds = {key: value.shape for key, value in data[4].items()}
    assert kinds == {"maps": (199, 3), "regions": (3, 4), "tracks": (3, 4), "labels": (12,)}
    assert data[4]["maps"].dtype == np.float32
    # One posture each; who sits may read, who stands may exercise, and who lies does neither.
    drawn = np.stack([data[i]["labels"] for i in range(4, 44)])
    assert ((drawn[:, :8] == 1).sum(axis=1) == 1).all()
    actions = {0: [0, 0, -1, -1], 1: [-1, -1, -1, 0], 4: [0, 0, 0, 0]}
    for posture, expected in actions.items():
        rows = drawn[drawn[:, posture] == 1][:, 8:]
        assert len(rows)
        assert (rows == expected).all()
    assert (drawn[:, :8] >= 0).all()
    # Regions surround the boxes, and keypoints are in their sides.
    boxes, regions = data[9]["tracks"], data[9]["regions"]
    assert (regions[:, :2] < boxes[:, :2]).all()
    assert (regions[:, 2:] > boxes[:, 2:]).all()
    hips = data[9]["maps"][:-1].reshape(33, 6, 3)[[23, 24], :2]
    assert (np.abs(hips - 0.5) < 0.5).all()
    assert (data.example_counts >= 0).all()
    assert data.max_labels == 1


def test_postures_with_few_real_actors_are_left_to_the_synthetic_ones(folder):
    data = poses_dataset(folder, (1, 5), synthetic={"count": 99, "min_examples": 2})
    # Standing and lying have one actor each: for others it is unknown whether they do it.
    standing, lying = data[0]["labels"], data[1]["labels"]
    assert standing[:8].tolist() == [1, -1, -1, -1, -1, -1, -1, -1]
    assert lying[:8].tolist() == [-1, -1, -1, -1, 1, -1, -1, -1]
    assert standing[8:].tolist() == [0, 0, 0, 0]


def test_items_are_weighed_by_class_and_video_and_share(folder):
    plain = dataset(folder)
    # Classes right (twice), left (twice), red (four times); scene0 twice, scene1 six times.
    expected = [1 / np.sqrt(2 * 2)] * 2
    expected += [1 / np.sqrt(4 * 6), 1 / np.sqrt(4 * 6), 1 / np.sqrt(4 * 6), 1 / np.sqrt(2 * 6)]
    expected += [1 / np.sqrt(4 * 6), 1 / np.sqrt(2 * 6)]
    np.testing.assert_allclose(plain.item_weights, np.array(expected) / sum(expected))
    mixed = poses_dataset(folder, (1, 5), synthetic={"count": 50, "real_ratio": 0.3})
    assert mixed.item_weights[:4].sum() == pytest.approx(0.3)
    assert mixed.item_weights.sum() == pytest.approx(1.0)


def test_other_label_maps_have_no_synthetic_skeletons(folder):
    with pytest.raises(
        InputError, match=r"has no 'stand', which synthetic skeletons show.*'poses'"
    ):
        dataset(folder, synthetic={"count": 60})


def test_videos_that_cannot_be_read_make_no_file(folder, tmp_path):
    for video in (folder / "videos").iterdir():
        (tmp_path / video.name).write_bytes(b"no video")
    keypoints = tmp_path / "keypoints.npz"
    with pytest.raises(InputError, match=r"None of the 2 videos of .*labels.csv can be read"):
        dataset(folder, videos=str(tmp_path), keypoints=str(keypoints))
    assert not keypoints.exists()
