"""The AVA data set: actors, labels, clips, positives, and what is said when data is not there."""

import cv2
import numpy as np
import pytest
import torch
from mmengine.logging import MMLogger

from stad.annotations.proposals import Proposals, keyframe_id
from stad.datasets.ava import AVADataset, collate_clips
from stad.datasets.epoch_sampler import EpochIndex
from stad.datasets.inputs import classes_of
from stad.datasets.transforms.detection import ActorTransform, TrainTransform
from stad.errors import InputError
from stad.video.clip_reader import ClipReader
from stad.video.clip_source import VideoFiles
from stad.video.source import VideoSource
from stad.video.window import FrameBuffer, Window
from tests.annotations.proposal_files import write_proposals
from tests.datasets.tiny_ava import SIZE, box_at, class_ids_of, write_tiny_ava

WINDOW = Window(num_frames=4, interval_frames=4)
TRAIN = {"transform": {"type": TrainTransform, "scale_px": (48, 60), "crop_px": 48}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_ava(tmp_path_factory.mktemp("ava") / "tiny", num_videos=3)


def dataset(folder, labels=None, **options):
    """The data set of ``folder``, its CSV replaced by ``labels``."""
    annotations = folder / "labels.csv"
    if labels is not None:
        annotations = folder / f"other{abs(hash(labels))}.csv"
        annotations.write_text(labels)
    standard = {"window": WINDOW, "short_side_px": 32, "label_map": str(folder / "labels.txt")}
    videos = str(folder / "videos")
    return AVADataset(str(annotations), **{"videos": videos, **standard, **options})


def test_an_item_is_a_keyframe_with_its_actors(folder):
    data = dataset(folder)
    assert len(data) == 6
    item = data[3]
    assert item["meta"].video_id == "scene1"
    assert item["meta"].time_sec == 1.0
    assert item["meta"].source_size == SIZE
    # Short side 32: half of the 80x64 pixels.
    assert item["clip"].shape == (4, 32, 40, 3)
    assert item["clip"].dtype == np.uint8
    expected = np.round(box_at(1, 1.0), 4) * [40, 32, 40, 32]
    np.testing.assert_allclose(item["boxes"], [expected], rtol=1e-5)
    assert item["boxes"].dtype == item["labels"].dtype == np.float32
    assert item["labels"].tolist() == [[float(k in class_ids_of(1)) for k in (1, 2, 3)]]


def test_a_clip_in_evaluation_is_the_demos(folder):
    item = dataset(folder)[3]
    buffer = FrameBuffer()
    for frame in VideoSource(folder / "videos" / "scene1.mp4").frames():
        buffer.append(frame.time_sec, cv2.resize(frame.image, (40, 32)))
    clip = buffer.clip(1.0, WINDOW)
    assert np.abs(item["clip"].astype(int) - clip).max() <= 2


@pytest.mark.parametrize(
    "labels",
    [
        "scene0,0000.5,0,0,1,1,3\nscene0,0.5,0,0,1,1,1\nscene0,1,0,0,.5,1,2\n",
        "scene0,0.5,0,0,1,1,3,7\nscene0,0.500000,0,0,1,1,1,7\nscene0,1,0,0,.5,1,2,8\n",
        "scene1,1\nscene0,00.5,0,0,1,1,3,7\nscene0,0.5,0,0,1,1,1,7\nscene0,0001,0,0,.5,1,2,8\n",
    ],
)
def test_every_spelling_gives_the_same_actors(folder, labels):
    data = dataset(folder, labels)
    assert [data[index]["meta"].time_sec for index in range(len(data))] == [0.5, 1.0]
    assert data[0]["labels"].tolist() == [[1, 0, 1]]
    assert data[1]["labels"].tolist() == [[0, 1, 0]]
    assert data.max_labels == 2


def test_actors_keep_the_order_of_the_file(folder):
    rows = [(0.5, 1), (0.1, 2), (0.3, 3), (0.1, 1)]
    labels = "".join(f"scene0,1,{left},0,{left + 0.2},1,{k}\n" for left, k in rows)
    item = dataset(folder, labels)[0]
    assert item["meta"].boxes[:, 0].tolist() == [0.5, 0.1, 0.3]
    assert item["labels"].tolist() == [[1, 0, 0], [1, 1, 0], [0, 0, 1]]


def test_excluded_keyframes_and_other_classes_are_left_out(folder):
    (folder / "excluded.csv").write_text("scene1,0000.5\nnone,3\n")
    data = dataset(folder, excluded=str(folder / "excluded.csv"))
    seen = [(one["meta"].video_id, one["meta"].time_sec) for one in map(data.__getitem__, range(5))]
    assert len(data) == 5
    assert ("scene1", 0.5) not in seen
    # A label map that selects some of AVA's classes.
    (folder / "selected.pbtxt").write_text('item { name: "b" id: 5 } item { name: "a" id: 2 }')
    rows = "scene0,1,0,0,1,1,9\nscene0,1,0,0,1,1,2\nscene1,1,0,0,1,1,9\n"
    data = dataset(folder, rows, label_map=str(folder / "selected.pbtxt"))
    assert len(data) == 1
    assert data[0]["labels"].tolist() == [[1, 0]]


def test_the_60_classes_are_columns_in_the_order_of_their_ids(folder):
    (folder / "some.pbtxt").write_text('item { name: "b" id: 5 } item { name: "a" id: 2 }')
    labels = "scene0,1,0,0,1,1,5\n"
    data = dataset(folder, labels, label_map=str(folder / "some.pbtxt"))
    assert data.class_ids == (2, 5)
    assert data.metainfo["classes"] == ["a", "b"]
    assert data[0]["labels"].tolist() == [[0, 1]]
    assert len(classes_of("ava")) == 80


def test_times_count_from_where_the_files_start(folder):
    shifted = (folder / "labels.csv").read_text().replace(",1.0,", ",901.0,")
    moved = dataset(folder, shifted, start_sec=900)
    index = [moved[i]["meta"].time_sec for i in range(len(moved))].index(901.0)
    assert np.array_equal(moved[index]["clip"], dataset(folder)[1]["clip"])


def proposals(folder):
    left, top, right, bottom = np.round(box_at(1, 1.0), 4)
    near = [left, top, right, bottom - 0.01]
    boxes = np.array([near, near, [0, 0, 0.2, 0.2]])
    path = folder / "proposals.npz"
    found = Proposals(boxes, np.array([0.95, 0.5, 0.99]))
    write_proposals(path, {keyframe_id("scene1", 1.0): found})
    return str(path), boxes


def test_matching_proposals_are_positives_in_training(folder):
    path, boxes = proposals(folder)
    options = {"transform": {"type": TrainTransform, "scale_px": (64, 64), "crop_px": 64}}
    data = dataset(folder, proposals=path, **options)
    item = data[EpochIndex(0, 3)]
    # The ground truth and the one that overlaps it by 0.97 with a score of 0.95.
    assert len(item["boxes"]) == 2
    assert item["meta"].boxes[1].tolist() == boxes[0].tolist()
    assert item["labels"][0].tolist() == item["labels"][1].tolist() == [1, 0, 1]
    assert item["meta"].person_scores.tolist() == [1, 1]


def test_evaluation_scores_the_proposals_alone(folder):
    path, boxes = proposals(folder)
    data = dataset(folder, proposals=path)
    assert len(data) == 1
    assert data[0]["meta"].boxes.tolist() == [boxes[0].tolist(), boxes[2].tolist()]
    assert data[0]["meta"].person_scores.tolist() == [0.95, 0.99]


def test_augmentation_follows_from_seed_epoch_and_index(folder):
    data, same = dataset(folder, **TRAIN), dataset(folder, **TRAIN)
    other = dataset(folder, seed=1, **TRAIN)
    first = data[EpochIndex(2, 4)]["clip"]
    data[EpochIndex(2, 3)]
    assert np.array_equal(first, data[EpochIndex(2, 4)]["clip"])
    assert np.array_equal(first, same[EpochIndex(2, 4)]["clip"])
    assert not np.array_equal(first, data[EpochIndex(3, 4)]["clip"])
    assert not np.array_equal(first, other[EpochIndex(2, 4)]["clip"])


def test_the_frames_of_training_clips_are_jittered_as_the_seed_the_epoch_and_the_index_say(folder):
    window = Window(num_frames=4, interval_frames=4, jitter=True)
    whole = {"type": TrainTransform, "scale_px": (64, 64), "crop_px": 64, "flip": 0.0}
    asked = []

    def spied(**options):
        data = dataset(folder, window=window, **options)
        read = data.source.read

        def spy(video_id, center_sec, window):
            asked.append((video_id, center_sec, window.shifts_frames))
            return read(video_id, center_sec, window)

        data.source.read = spy
        return data

    data, again = spied(transform=whole), spied(transform=whole)
    first = [data[EpochIndex(epoch, 3)]["clip"] for epoch in range(6)]
    seen, asked[:] = list(asked), []
    # The second clip of a loader that has read other items in between is the same.
    again[EpochIndex(0, 1)]
    second = [again[EpochIndex(epoch, 3)]["clip"] for epoch in range(6)]
    assert asked[1:] == seen
    assert all(np.array_equal(*pair) for pair in zip(first, second, strict=True))
    assert len({shifts for _, _, shifts in seen}) > 3
    assert {shift for _, _, shifts in seen for shift in shifts} == {-2, -1, 0, 1}
    # The labels and boxes stay those of the keyframe.
    assert {(video_id, center_sec) for video_id, center_sec, _ in seen} == {("scene1", 1.0)}
    # Evaluation never jitters.
    asked.clear()
    clip = spied()[3]["clip"]
    assert asked == [("scene1", 1.0, ())]
    assert np.array_equal(clip, dataset(folder)[3]["clip"])


def test_keyframes_whose_people_are_all_unsure_keep_the_best_one_or_none(folder):
    path = str(folder / "unsure.npz")
    one, two = (np.round([box_at(scene, 1.0)] * 2, 4) for scene in (1, 2))
    one[1, 3] -= 0.01
    found = {
        keyframe_id("scene1", 1.0): Proposals(one, np.array([0.3, 0.7])),
        keyframe_id("scene2", 1.0): Proposals(two, np.array([0.85, 0.7])),
    }
    write_proposals(path, found)
    data = dataset(folder, proposals=path, min_score=0.8)
    assert [len(data[index]["boxes"]) for index in range(len(data))] == [1, 1]
    assert data[0]["meta"].boxes.tolist() == [one[1].tolist()]
    data = dataset(folder, proposals=path, min_score=0.8, keep_best=False)
    assert [data[index]["meta"].video_id for index in range(len(data))] == ["scene2"]
    with pytest.raises(InputError, match=r"Nothing to evaluate in .* the proposals and their"):
        dataset(folder, proposals=path, min_score=0.9, keep_best=False)


def test_frame_folders_give_the_clips_of_the_video(folder):
    for path in (folder / "videos").glob("*.mp4"):
        target = folder / "frames" / path.stem
        target.mkdir(parents=True)
        for frame in VideoSource(path).frames():
            name = str(target / f"img_{frame.index + 1:05d}.png")
            cv2.imwrite(name, cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR))
    data = dataset(folder, videos=str(folder / "frames"), frames_fps=15)
    from_video = dataset(folder)[3]["clip"].astype(int)
    assert np.abs(data[3]["clip"] - from_video).max() <= 2


def test_pyav_takes_over_with_the_same_frames(folder, monkeypatch):
    expected = VideoFiles(folder / "videos").read("scene1", 1.0, WINDOW)
    monkeypatch.setattr(ClipReader, "_trusted_decord", lambda *_: None)
    found = VideoFiles(folder / "videos").read("scene1", 1.0, WINDOW)
    assert np.abs(found.whole().astype(int) - expected.whole()).max() <= 2


def test_an_unreadable_video_is_left_out_and_counted(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(MMLogger.get_current_instance(), "handlers", [caplog.handler])
    write_tiny_ava(tmp_path / "tiny", num_videos=3)
    (tmp_path / "tiny" / "videos" / "scene1.mp4").write_bytes(b"nothing")
    data = dataset(tmp_path / "tiny")
    assert {data[index]["meta"].video_id for index in range(len(data))} == {"scene0", "scene2"}
    (said,) = [record.getMessage() for record in caplog.records]
    assert "1 of 3 videos" in said
    assert "scene1 (" in said


def test_a_clip_that_fails_is_black_and_has_no_people(folder, monkeypatch):
    data = dataset(folder, **TRAIN)

    def fail(*_):
        raise InputError("broken")

    monkeypatch.setattr(data.source, "read", fail)
    item = data[0]
    assert not item["clip"].any()
    assert item["clip"].shape == (4, 48, 48, 3)
    assert item["boxes"].shape == (0, 4)
    assert item["labels"].shape == (0, 3)


def test_what_is_missing_is_told_with_the_script_that_gets_it(folder):
    with pytest.raises(InputError, match=r"none \(a folder\).*prepare_ava\.py"):
        dataset(folder, videos="none")
    with pytest.raises(InputError, match=r"boxes\.pkl.*prepare_ava\.py"):
        dataset(folder, proposals="boxes.pkl")


def test_a_data_set_without_any_readable_video_stops(folder, tmp_path):
    with pytest.raises(InputError, match="None of the 3 videos"):
        dataset(folder, videos=str(tmp_path))


def test_a_data_set_without_positives_stops_training_and_evaluation(folder):
    (folder / "selected.pbtxt").write_text('item { name: "b" id: 5 } item { name: "a" id: 2 }')
    labels, options = "scene0,1,0,0,1,1,9\nscene0,0.5\n", {"label_map": folder / "selected.pbtxt"}
    with pytest.raises(InputError, match="Nothing to learn from"):
        dataset(folder, labels, **options, **TRAIN)
    with pytest.raises(InputError, match="Nothing to evaluate"):
        dataset(folder, labels, **options)


def test_clips_of_one_size_make_a_batch(folder):
    data = dataset(folder, **TRAIN)
    batch = collate_clips([data[0], data[1]])
    assert batch["inputs"].shape == (2, 4, 48, 48, 3)
    assert batch["inputs"].dtype == torch.uint8
    assert torch.equal(batch["inputs"][1], torch.from_numpy(data[1]["clip"]))
    assert batch["data_samples"][1].meta.time_sec == 1.0
    assert torch.equal(batch["data_samples"][1].boxes, torch.from_numpy(data[1]["boxes"]))
    with pytest.raises(InputError, match=r"val_dataloader\.batch_size=1"):
        collate_clips([data[0], dataset(folder)[0]])


# The person of each scene, with an id, half a second apart, and another one without.
TRACKED = (
    "".join(
        f"scene1,{time_sec},{','.join(f'{x:.4f}' for x in box_at(1, time_sec))},{k},5\n"
        for time_sec in (0.4, 0.8, 1.2)
        for k in class_ids_of(1)
    )
    + "scene1,0.8,0.1,0.2,0.3,0.4,2,-1\n"
)
# 0.2 s apart; T is 3.
NEAR = Window(num_frames=3, interval_frames=6)


def test_tracks_are_the_boxes_at_the_keyframe_and_follow_the_person(folder):
    data = dataset(folder, TRACKED, tracks=True, window=NEAR)
    plain = dataset(folder, TRACKED, window=NEAR)
    item, same = data[1], plain[1]
    assert data.actor_ids(1) == [5, -1]
    assert item["tracks"].shape == (2, 3, 4)
    assert item["tracks"].dtype == np.float32
    for key in ("clip", "boxes", "labels"):
        assert np.array_equal(item[key], same[key])
    assert np.array_equal(item["meta"].boxes, same["meta"].boxes)
    assert np.array_equal(item["tracks"][:, 1], item["boxes"])
    # The square moves 15 px a second, half as much in the clip.
    np.testing.assert_allclose(
        item["tracks"][0, :, 0], item["boxes"][0, 0] + [-1.5, 0, 1.5], atol=0.01
    )
    assert np.array_equal(item["tracks"][1], item["boxes"][[1, 1, 1]])
    assert "tracks" not in same
    # At the first keyframe it stands still before.
    first = data[0]["tracks"][0, :, 0]
    np.testing.assert_allclose(first - first[1], [0, 0, 1.5], atol=0.01)


def test_augmented_tracks_stay_on_the_square(folder):
    transform = {"type": ActorTransform, "canvas_px": 80, "min_scale": 0.8}
    data = dataset(folder, TRACKED, tracks=True, window=NEAR, transform=transform)
    mirrored = set()
    for epoch in range(8):
        item = data[EpochIndex(epoch, 1)]
        assert item["clip"].shape == (3, 80, 80, 3)
        assert np.array_equal(item["tracks"][:, 1], item["boxes"])
        step = item["tracks"][0, 2, 0] - item["tracks"][0, 1, 0]
        mirrored.add(bool(step < 0))
        for frame in range(3):
            left, top, right, bottom = item["tracks"][0, frame].round().astype(int)
            inside = item["clip"][frame, top + 3 : bottom - 3, left + 3 : right - 3]
            # Red, and grey around it.
            assert inside[..., 0].min() > 150 > inside[..., 2].max()
    assert mirrored == {True, False}


def test_people_who_leave_the_frame_take_their_tracks_along(folder):
    data = dataset(folder, TRACKED, tracks=True, window=NEAR, **TRAIN)
    counts = set()
    for epoch in range(20):
        item = data[EpochIndex(epoch, 1)]
        assert len(item["tracks"]) == len(item["boxes"]) == len(item["labels"])
        assert np.array_equal(item["tracks"][:, 1], item["boxes"])
        counts.add(len(item["boxes"]))
    assert counts == {1, 2}


def test_time_is_stretched_in_training_only(folder):
    options = {"tracks": True, "window": NEAR, "stretch": 0.5}
    transform = {"type": ActorTransform, "canvas_px": 80, "min_scale": 1.0, "flip": 0.0}
    data = dataset(folder, TRACKED, transform=transform, **options)
    plain = dataset(folder, TRACKED, tracks=True, window=NEAR)
    steps = []
    for epoch in range(30):
        lefts = data[EpochIndex(epoch, 1)]["tracks"][0, :, 0]
        np.testing.assert_allclose(lefts[2] - lefts[1], lefts[1] - lefts[0], atol=0.02)
        # At the source's size, 3 px as it is.
        steps.append((lefts[1] - lefts[0]) / 3)
    assert np.exp(-0.5) - 0.01 <= min(steps) < 0.7
    assert 1.4 < max(steps) <= np.exp(0.5) + 0.01
    same = dataset(folder, TRACKED, **options)
    assert np.array_equal(same[1]["tracks"], plain[1]["tracks"])
    assert np.array_equal(same[1]["clip"], plain[1]["clip"])


def test_tracks_are_in_the_batch_where_a_data_set_gives_them(folder):
    data = dataset(folder, TRACKED, tracks=True, window=NEAR)
    samples = collate_clips([data[0], data[1]])["data_samples"]
    assert [tuple(one.tracks.shape) for one in samples] == [(1, 3, 4), (2, 3, 4)]
    assert torch.equal(samples[1].tracks, torch.from_numpy(data[1]["tracks"]))
    plain = dataset(folder, TRACKED, window=NEAR)
    assert collate_clips([plain[0]])["data_samples"][0].tracks is None


@pytest.mark.parametrize("transform", [None, {"type": ActorTransform, "canvas_px": 48}])
def test_a_clip_that_fails_has_no_tracks(folder, monkeypatch, transform):
    data = dataset(folder, TRACKED, tracks=True, window=NEAR, transform=transform)

    def fail(*_):
        raise InputError("broken")

    monkeypatch.setattr(data.source, "read", fail)
    item = data[1]
    assert not item["clip"].any()
    assert item["tracks"].shape == (0, 3, 4)
    assert item["boxes"].shape == item["meta"].boxes.shape == (0, 4)


def test_tracks_are_of_annotated_people_not_of_proposals(folder):
    path, _ = proposals(folder)
    with pytest.raises(InputError, match="Remove 'proposals'"):
        dataset(folder, tracks=True, proposals=path)
