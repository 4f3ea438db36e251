"""A clip around the middle of each second, by the times of the container."""

import numpy as np
import pytest

from stad.tagging.seconds import read_seconds, view_size
from stad.video.source import VideoSource
from stad.video.window import Window
from tests.videos import write_video

WINDOW = Window(3, 6)  # three frames, 0.2 s apart


def numbered(index, width_px=64, height_px=48):
    """An image that is as bright as its number."""
    return np.full((height_px, width_px, 3), 8 * index, np.uint8)


def clips(path, window=WINDOW):
    found = list(read_seconds(VideoSource(path), window, size=(64, 48)))
    levels = [np.rint(one.frames.mean(axis=(1, 2, 3)) / 8).astype(int).tolist() for one in found]
    return [one.time_sec for one in found], levels


def test_each_second_has_the_frames_around_its_middle(tmp_path):
    path = write_video(
        tmp_path / "a.mp4", num_frames=24, fps=10, size=(64, 48), picture=numbered, gop=1
    )
    # 2.4 s: the last 0.4 s have no middle of their own.
    assert clips(path) == ([0.5, 1.5], [[3, 5, 7], [13, 15, 17]])


def test_a_rate_that_varies_changes_nothing(tmp_path):
    times = [0.0, 0.1, 0.3, 0.5, 0.7, 1.4, 1.5, 1.8, 2.6, 2.7]
    path = write_video(
        tmp_path / "a.mkv",
        num_frames=10,
        size=(64, 48),
        picture=numbered,
        times_sec=times,
        gop=1,
    )
    found, levels = clips(path)
    assert found[:2] == [0.5, 1.5]
    # At 1.3, 1.5 and 1.7 s the nearest frames are those of 1.4, 1.5 and 1.8 s.
    assert levels[:2] == [[2, 3, 4], [5, 6, 7]]
    # At 2.3 s that of 2.6 s; it is 0.3 s away, and that of 1.8 s 0.5 s.
    assert levels[2] == [8, 8, 9]


def test_a_video_of_a_moment_has_one_clip(tmp_path):
    path = write_video(tmp_path / "a.mp4", num_frames=2, fps=10, size=(64, 48), picture=numbered)
    times, levels = clips(path)
    assert times == [pytest.approx(0.1)]
    assert len(levels[0]) == 3


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1920, 1080), (384, 224)),
        ((1080, 1920), (224, 384)),
        ((640, 480), (288, 224)),
        ((500, 490), (224, 224)),
        ((2000, 300), (384, 224)),
    ],
)
def test_the_whole_frame_is_seen_in_one_of_five_shapes(size, expected):
    assert view_size(*size, 224) == expected
