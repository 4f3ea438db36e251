"""Clips that are read forwards: the same frames as by seeking, in any order."""

import numpy as np
import pytest

from stad.errors import InputError
from stad.video.clip_source import VideoFiles
from stad.video.forward_clips import ForwardVideoFiles
from stad.video.window import Window
from tests.datasets.tiny_ava import write_tiny_ava


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_ava(tmp_path_factory.mktemp("forward") / "tiny", num_videos=2) / "videos"


def test_frames_are_those_of_seeking_whatever_the_order(folder):
    forward, seeking = ForwardVideoFiles(folder), VideoFiles(folder)
    window = Window(num_frames=5, interval_frames=6)
    times = [("scene0", 0.0), ("scene0", 0.5), ("scene0", 0.5), ("scene0", 1.3)]
    times += [("scene1", 1.0), ("scene1", 0.2), ("scene0", 99.0), ("scene0", 0.7)]
    for video, time_sec in times:
        found = forward.read(video, time_sec, window).whole()
        expected = seeking.read(video, time_sec, window).whole()
        assert np.array_equal(found, expected), (video, time_sec)


def test_a_video_that_is_missing(folder):
    with pytest.raises(InputError, match="no video scene9"):
        ForwardVideoFiles(folder).read("scene9", 0.0, Window(3, 6))
