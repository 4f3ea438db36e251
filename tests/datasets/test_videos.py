"""VideoDataset: items, views, samplings, sources, and videos that are missing or broken."""

import io
import json
import logging

import cv2
import numpy as np
import pytest
import torch
from mmengine.logging import MMLogger

from stad.datasets import videos as kinetics
from stad.datasets.epoch_sampler import EpochIndex
from stad.datasets.transforms.recognition import ClipTransform
from stad.datasets.videos import VideoDataset, collate_videos
from stad.errors import InputError
from stad.video.clip_reader import ClipReader
from stad.video.clip_source import VideoFiles
from stad.video.source import VideoSource
from stad.video.window import Window
from tests.datasets.tiny_videos import CLASSES, SIZE, write_tiny_videos

WINDOW = Window(num_frames=4, interval_frames=4)
TRAIN = {"transform": {"type": ClipTransform, "scale_px": (48, 60), "crop_px": 48}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_videos(tmp_path_factory.mktemp("videos") / "tiny")


@pytest.fixture
def warnings(caplog, monkeypatch):
    """What the data set warns of, as one text."""
    logger = MMLogger.get_current_instance()
    monkeypatch.setattr(logger, "handlers", [caplog.handler])
    caplog.set_level(logging.WARNING)
    return lambda: "\n".join(record.getMessage() for record in caplog.records)


def dataset(folder, annotations="list.txt", **options):
    standard = {"window": WINDOW, "short_side_px": 32, "label_map": str(folder / "labels.txt")}
    path = None if annotations is None else str(folder / annotations)
    return VideoDataset(path, **{"videos": str(folder), **standard, **options})


def test_an_item_is_the_middle_of_a_video(folder):
    data = dataset(folder)
    assert len(data) == 8
    assert data.class_ids == (0, 1, 2, 3)
    assert data.metainfo["classes"] == list(CLASSES)
    item = data[3]
    # Short side 32: half of the 80x64 pixels.
    assert item["clips"].shape == (1, 4, 32, 40, 3)
    assert item["clips"].dtype == np.uint8
    assert item["label"].tolist() == [0.0, 1.0, 0.0, 0.0]
    assert item["label"].dtype == np.float32
    (meta,) = item["metas"]
    assert (meta.video_id, meta.view, meta.label) == ("red_right/video1.mp4", 0, 1)
    # 2 s; the window of 8/15 s begins at 11/15 s. At 15 per second every other frame.
    frames = list(VideoSource(folder / meta.video_id).frames())
    expected = [cv2.resize(frames[i].image, (40, 32)) for i in (11, 13, 15, 17)]
    np.testing.assert_array_equal(item["clips"][0], expected)


def test_segments_are_spread_over_the_video(folder):
    item = dataset(folder, sampling="segments")[0]
    frames = list(VideoSource(folder / "red_left/video0.mp4").frames())
    # Segments of 7.5 frames, their middles at 3.75, 11.25, 18.75 and 26.25.
    expected = [cv2.resize(frames[i].image, (40, 32)) for i in (4, 11, 19, 26)]
    np.testing.assert_array_equal(item["clips"][0], expected)


def test_views_are_clips_and_crops(folder):
    data = dataset(folder, num_clips=3, num_crops=10, crop_px=24)
    assert len(data) == 8 * 3
    items = [data[i] for i in range(3, 6)]
    assert all(item["clips"].shape == (10, 4, 24, 24, 3) for item in items)
    metas = [meta for item in items for meta in item["metas"]]
    assert [meta.view for meta in metas] == list(range(30))
    assert {(meta.video_id, meta.label) for meta in metas} == {("red_left/video1.mp4", 0)}
    # The red square moves: the three clips are of different moments.
    assert (items[0]["clips"][4] != items[2]["clips"][4]).any()
    batch = collate_videos(items)
    assert batch["inputs"].shape == (30, 4, 24, 24, 3)
    assert batch["inputs"].dtype == torch.uint8
    assert [one.meta.view for one in batch["data_samples"]] == list(range(30))


@pytest.mark.parametrize("sampling", ["dense", "segments"])
def test_training_clips_follow_from_seed_epoch_and_index(folder, sampling):
    data = dataset(folder, sampling=sampling, num_clips=5, seed=3, **TRAIN)
    assert len(data) == 8
    first = data[EpochIndex(1, 2)]
    assert first["clips"].shape == (1, 4, 48, 48, 3)
    again = dataset(folder, sampling=sampling, seed=3, **TRAIN)
    for other in range(3):
        again[EpochIndex(0, other)]
    np.testing.assert_array_equal(again[EpochIndex(1, 2)]["clips"], first["clips"])
    for change in (EpochIndex(2, 2), EpochIndex(1, 3)):
        assert (data[change]["clips"] != first["clips"]).any()
    other_seed = dataset(folder, sampling=sampling, seed=4, **TRAIN)
    assert (other_seed[EpochIndex(1, 2)]["clips"] != first["clips"]).any()


def test_folders_of_classes_are_a_data_set(folder):
    by_folder, by_list = dataset(folder, annotations=None), dataset(folder)
    found = {one["metas"][0].video_id: one["metas"][0].label for one in by_folder}
    assert found == {one["metas"][0].video_id: one["metas"][0].label for one in by_list}


def test_a_video_in_frames_gives_the_same_clips(folder, tmp_path):
    for video in ("red_left/video0.mp4", "blue_right/video1.mp4"):
        write_frames(folder / video, tmp_path / video)
    (tmp_path / "list.txt").write_text("red_left/video0.mp4 0\nblue_right/video1.mp4 3\n")
    options = {"label_map": str(folder / "labels.txt"), "sampling": "segments", "num_clips": 2}
    frames = dataset(tmp_path, frames_fps=15, **options)
    files = dataset(folder, annotations=str(tmp_path / "list.txt"), **options)
    assert len(frames) == len(files) == 4
    for one, other in zip(frames, files, strict=True):
        np.testing.assert_array_equal(one["clips"], other["clips"])


def broken_list(folder, tmp_path):
    """A folder with three good videos, one of text, an empty one and a missing one."""
    rows = ["good0.mp4 0", "good1.mp4 1", "text.mp4 2", "empty.mp4 3", "none.mp4 0", "good2.mp4 2"]
    for index, name in enumerate(("red_left", "red_right", "blue_left")):
        (tmp_path / f"good{index}.mp4").write_bytes((folder / name / "video0.mp4").read_bytes())
    (tmp_path / "text.mp4").write_text("not a video\n" * 50)
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "list.txt").write_text("\n".join(rows) + "\n")
    (tmp_path / "labels.txt").write_text("\n".join(CLASSES) + "\n")
    return tmp_path


def test_missing_and_broken_videos_are_left_out_and_told_once(folder, tmp_path, warnings):
    data = dataset(broken_list(folder, tmp_path))
    assert (len(data), len(data.left_out)) == (3, 3)
    text = warnings()
    assert "3 of 6 videos" in text
    assert "none.mp4 (is not in" in text
    assert "text.mp4 (Expected a video" in text
    assert "empty.mp4 (" in text
    assert [one["metas"][0].label for one in data] == [0, 1, 2]
    assert warnings() == text


def write_frames(video, folder):
    folder.mkdir(parents=True)
    for frame in VideoSource(video).frames():
        image = cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(folder / f"{frame.index:05d}.png"), image)


def test_folders_of_frames_are_found_by_their_names(folder, tmp_path):
    write_frames(folder / "red_left/video0.mp4", tmp_path / "v/red_left/11")
    write_frames(folder / "blue_right/video1.mp4", tmp_path / "v/blue_right/12")
    rows = [{"id": "12", "template": "Blue [right]"}, {"id": "11", "template": "red left"}]
    (tmp_path / "l.json").write_text(json.dumps(rows))
    videos, label_map = str(tmp_path / "v"), str(folder / "labels.txt")
    options = {"videos": videos, "label_map": label_map, "frames_fps": 15, "short_side_px": 64}
    listed = VideoDataset(str(tmp_path / "l.json"), window=WINDOW, **options)
    by_class = VideoDataset(None, window=WINDOW, **options)
    for data, order in ((listed, (0, 1)), (by_class, (0, 1))):
        items = [data[i] for i in order]
        assert [(one["metas"][0].video_id, one["metas"][0].label) for one in items] == [
            ("blue_right/12", 3),
            ("red_left/11", 0),
        ]
        # The middle of 2 s at 15 per second, every other frame.
        frames = list(VideoSource(folder / "blue_right/video1.mp4").frames())
        expected = [frames[i].image for i in (11, 13, 15, 17)]
        np.testing.assert_array_equal(items[0]["clips"][0], expected)


@pytest.mark.parametrize("probe", [True, False])
def test_a_folder_where_a_file_is_expected_is_left_out(folder, tmp_path, warnings, probe):
    write_frames(folder / "red_left/video0.mp4", tmp_path / "frames")
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.mp4").write_bytes((folder / "red_left/video0.mp4").read_bytes())
    (tmp_path / "list.txt").write_text("frames 0\na.mp4 1\nempty 2\n")
    options = {"label_map": str(folder / "labels.txt"), "probe": probe}
    data = dataset(tmp_path, **options)
    assert [one["metas"][0].video_id for one in data] == ["a.mp4"]
    assert data.left_out["frames"].startswith("is a folder; set frames_fps")
    assert "2 of 3 videos" in warnings()
    data = dataset(tmp_path, frames_fps=15, **options)
    assert [one["metas"][0].video_id for one in data] == ["frames"]
    assert data.left_out["a.mp4"] == "is not a folder of images, which frames_fps asks for"
    assert "no images" in data.left_out["empty"]


def test_videos_that_come_twice(folder, tmp_path, warnings):
    path = tmp_path / "list.txt"
    path.write_text("red_left/video0.mp4 0\nred_right/video0.mp4 1\nred_left/video0.mp4 0\n")
    data = dataset(folder, annotations=str(path))
    assert [one["metas"][0].video_id for one in data] == [
        "red_left/video0.mp4",
        "red_right/video0.mp4",
    ]
    assert "repeat a video and are not used (red_left/video0.mp4)" in warnings()
    path.write_text("red_left/video0.mp4 0\nred_left/video0.mp4 2\n")
    with pytest.raises(InputError, match=r"video0\.mp4 two classes, 'red left' and 'blue left'"):
        dataset(folder, annotations=str(path))


def test_the_log_file_names_all_videos_that_are_left_out(folder, tmp_path, monkeypatch):
    missing = [f"none{i}.mp4" for i in range(7)]
    (tmp_path / "list.txt").write_text(
        "red_left/video0.mp4 0\n" + "".join(f"{name} 1\n" for name in missing)
    )
    log, screen = tmp_path / "run.log", io.StringIO()
    logger = MMLogger.get_current_instance()
    handlers = [logging.FileHandler(log), logging.StreamHandler(screen)]
    monkeypatch.setattr(logger, "handlers", handlers)
    data = dataset(folder, annotations=str(tmp_path / "list.txt"))
    handlers[0].close()
    assert list(data.left_out) == missing
    (line,) = screen.getvalue().splitlines()
    assert line.startswith("7 of 8 videos of")
    assert "none4.mp4" in line
    assert "none5.mp4" not in line
    assert line.endswith(f" and 2 more; all are named in {log}")
    assert log.read_text().splitlines() == [
        line,
        f"left out of {tmp_path / 'list.txt'}:",
        *(f"{name} (is not in {folder})" for name in missing),
    ]


def test_large_sets_find_broken_videos_when_they_read_them(folder, tmp_path, warnings, monkeypatch):
    monkeypatch.setattr(kinetics, "PROBED_VIDEOS", 2)
    data = dataset(broken_list(folder, tmp_path), crop_px=32)
    assert (len(data), len(data.left_out)) == (4, 2)
    for _ in range(2):
        item = data[2]
    assert item["clips"].shape == (1, 4, 32, 32, 3)
    assert item["clips"].max() == 0
    assert item["label"].tolist() == [0.0] * 4
    assert item["metas"][0].label == -1
    assert warnings().count("text.mp4 cannot be read and is skipped") == 1


def test_a_data_set_without_a_readable_video_is_refused(folder, tmp_path):
    (tmp_path / "labels.txt").write_text("a\nb\n")
    (tmp_path / "list.txt").write_text("none.mp4 0\nnone.mp4 0\nnever.mp4 1\n")
    with pytest.raises(InputError, match=r"None of the 2 videos of .*list\.txt can be read"):
        dataset(tmp_path)
    with pytest.raises(InputError, match=r"missing: .*prepare_kinetics"):
        dataset(tmp_path, annotations="other.txt")
    (tmp_path / "list.txt").write_text("none.mp4 2\n")
    with pytest.raises(InputError, match="class 2, which is none of the 2"):
        dataset(tmp_path)


def test_clips_of_several_sizes_make_no_batch(folder):
    items = [dataset(folder)[0], dataset(folder, crop_px=32)[0]]
    with pytest.raises(InputError, match="Set crop_px"):
        collate_videos(items)


def test_what_decord_cannot_read_pyav_reads(folder, monkeypatch):
    files = VideoFiles(folder)
    times = np.array([0.1, 1.93, 0.5, 99.0, -1.0])
    direct = files.read_at("red_left/video0.mp4", times)
    assert files.duration_sec("red_left/video0.mp4") == pytest.approx(2.0)
    monkeypatch.setattr(ClipReader, "_trusted_decord", lambda *_: None)
    fallback = VideoFiles(folder)
    other = fallback.read_at("red_left/video0.mp4", times)
    np.testing.assert_array_equal(other.order, direct.order)
    np.testing.assert_array_equal(other.whole(), direct.whole())
    assert fallback.duration_sec("red_left/video0.mp4") == pytest.approx(2.0)
    assert direct.whole().shape == (5, SIZE[1], SIZE[0], 3)


def test_options_that_cannot_work(folder):
    with pytest.raises(ValueError, match="num_crops of 1, 3 or 10"):
        dataset(folder, num_crops=2)
    with pytest.raises(ValueError, match="sampling must be one of"):
        dataset(folder, sampling="sparse")


@pytest.mark.parametrize(
    ("spelling", "guess"),
    [
        (lambda path: path.removesuffix(".mp4"), "without the file ending"),
        (lambda path: path.partition("/")[2], "without the folder in front"),
    ],
)
def test_paths_in_another_spelling_stop_with_a_guess(folder, spelling, guess):
    rows = [line.rpartition(" ") for line in (folder / "list.txt").read_text().splitlines()]
    # Of one class, whose videos have different names.
    text = "".join(f"{spelling(path)} {label}\n" for path, _, label in rows[:2])
    (folder / "spelled.txt").write_text(text)
    with pytest.raises(
        InputError, match=rf"2 of the 2 videos of .*spelled\.txt are not in.*{guess}"
    ):
        dataset(folder, "spelled.txt")


def test_what_a_run_compares(folder):
    data = dataset(folder)
    assert data.example_counts.tolist() == [2, 2, 2, 2]
    rows = (folder / "list.txt").read_text().splitlines()
    (folder / "dotted.txt").write_text("\n".join(f"./{row}" for row in rows[:3]) + "\n")
    other = dataset(folder, "dotted.txt")
    assert other.example_counts.tolist() == [2, 1, 0, 0]
    assert len(other.video_keys) == 3
    assert other.video_keys < data.video_keys
