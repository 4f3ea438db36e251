"""Rendered motion: twins are each other backwards, also as files; classes are what they say."""

import cv2
import numpy as np
import pytest

from benchmarks.motion import CLASSES, render_motion, reversed_label
from benchmarks.motion_files import write_motion_dataset
from stad.annotations.listed_videos import list_class_folders
from stad.annotations.video_lists import label_numbers, read_video_list
from stad.errors import InputError
from stad.video.clip_source import VideoFiles


def test_pairs_of_classes():
    assert len(CLASSES) == 10
    pairs = {(CLASSES[k], CLASSES[reversed_label(k)]) for k in range(0, 10, 2)}
    assert pairs == {
        ("move left", "move right"),
        ("move up", "move down"),
        ("turn clockwise", "turn counter-clockwise"),
        ("appear", "vanish"),
        ("spin clockwise", "spin counter-clockwise"),
    }
    assert all(reversed_label(reversed_label(k)) == k for k in range(10))


def test_a_twin_is_the_clip_backwards():
    for seed in range(0, 20, 2):
        one, other = render_motion(seed), render_motion(seed + 1)
        np.testing.assert_array_equal(one.frames, other.frames[::-1])
        assert other.label == reversed_label(one.label)


def test_each_class_comes_equally_often():
    labels = [render_motion(seed, num_frames=2, side_px=16).label for seed in range(160)]
    assert np.bincount(labels).tolist() == [16] * 10
    # Which of the twins is which is not told by its number.
    assert 10 < sum(label % 2 for label in labels[::2]) < 70


def shape_of(frame, ground):
    """Moments of what stands before the ground."""
    mask = (np.abs(frame.astype(int) - ground.astype(int)).max(axis=2) > 60).astype(np.uint8)
    return cv2.moments(mask, binaryImage=True)


def find(label):
    """The first clip of a class."""
    return next(clip for clip in map(render_motion, range(64)) if clip.label == label)


@pytest.mark.parametrize(
    ("name", "axis", "sign"),
    [("move left", 0, -1), ("move right", 0, 1), ("move up", 1, -1), ("move down", 1, 1)],
)
def test_things_move_where_the_class_says(name, axis, sign):
    frames = find(CLASSES.index(name)).frames
    ground = np.median(frames, axis=0)
    places = []
    for frame in (frames[0], frames[-1]):
        m = shape_of(frame, ground)
        places.append((m["m10"] / m["m00"], m["m01"] / m["m00"]))
    moved = np.subtract(places[1], places[0])
    assert np.sign(moved[axis]) == sign
    assert abs(moved[axis]) > 10
    assert abs(moved[1 - axis]) < abs(moved[axis]) / 2


@pytest.mark.parametrize(("name", "sign"), [("turn clockwise", 1), ("turn counter-clockwise", -1)])
def test_things_turn_as_the_class_says(name, sign):
    frames = find(CLASSES.index(name)).frames[:8].astype(np.float32)
    # Against the first frame, the shape a little later is turned by a positive angle (y points
    # down: clockwise) or a negative one.
    side = frames.shape[1]
    first = frames[0]
    errors = {}
    for degrees in (-40, 40):
        # cv2 counts angles counter-clockwise.
        center = best = None
        for x in range(24, 57, 2):
            for y in range(24, 57, 2):
                turn = cv2.getRotationMatrix2D((x, y), -degrees, 1)
                turned = cv2.warpAffine(first, turn, (side, side))[28:52, 28:52]
                error = np.abs(turned - frames[5][28:52, 28:52]).mean()
                if best is None or error < best:
                    center, best = (x, y), error
        assert center is not None
        errors[int(np.sign(degrees))] = best
    assert errors[sign] < errors[-sign]


@pytest.mark.parametrize(("name", "grows"), [("appear", True), ("vanish", False)])
def test_things_appear_and_vanish(name, grows):
    frames = find(CLASSES.index(name)).frames.astype(float)
    empty, full = (frames[0], frames[-1]) if grows else (frames[-1], frames[0])
    # Away from the empty frame, ever further.
    distance = [np.abs(frame - empty).mean() for frame in frames]
    middle = distance[len(frames) // 2]
    assert distance[0 if grows else -1] < middle < distance[-1 if grows else 0] + 1
    assert np.abs(full - empty).max() > 60


def test_the_files_of_twins_are_each_other_backwards(tmp_path):
    counts = write_motion_dataset(tmp_path, num_train=20, num_val=10)
    assert counts == {"train": 20, "val": 10}
    listed = read_video_list(tmp_path / "train.txt")
    assert label_numbers(listed, CLASSES, label_map="motion") == list(listed.labels)
    slow = read_video_list(tmp_path / "train_no_spins.txt")
    assert [CLASSES[k] for k in sorted(set(listed.labels) - set(slow.labels))] == [
        "spin clockwise",
        "spin counter-clockwise",
    ]
    assert set(slow.names) == {n for n, k in zip(listed.names, listed.labels, strict=True) if k < 8}
    by_folder = list_class_folders(tmp_path / "train")
    assert sorted(f"train/{name}" for (name,) in by_folder.names) == sorted(
        name for (name,) in listed.names
    )
    files, times = VideoFiles(tmp_path), np.arange(32) / 16
    for one, other in zip(listed.names[::2], listed.names[1::2], strict=True):
        first, second = (files.read_at(name[0], times).whole() for name in (one, other))
        # The coder treats both alike, to the last bit: it does not tell which way time runs.
        np.testing.assert_array_equal(first, second[::-1])
    clip = render_motion(0)
    first = files.read_at(listed.names[0][0], times).whole()
    assert np.abs(first.astype(int) - clip.frames).mean() < 6


def test_a_stopped_run_goes_on_and_wrong_numbers_are_told(tmp_path):
    write_motion_dataset(tmp_path, num_train=10, num_val=10)
    kept = sorted(tmp_path.glob("train/*/*.mp4"))[0]
    before = kept.stat().st_mtime_ns
    write_motion_dataset(tmp_path, num_train=20, num_val=10)
    assert kept.stat().st_mtime_ns == before
    assert len(list(tmp_path.glob("train/*/*.mp4"))) == 20
    with pytest.raises(InputError, match="--val must be a multiple of 10"):
        write_motion_dataset(tmp_path, num_train=10, num_val=12)
