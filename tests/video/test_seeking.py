"""Frames from the middle of a video equal those of reading it whole."""

from __future__ import annotations

import numpy as np
import pytest

from stad.errors import InputError
from stad.video.seeking import frames_from
from stad.video.source import VideoSource
from tests.video_kinds import KINDS, joined, read_number, write_kind
from tests.videos import write_video


def test_frames_are_found_by_a_jump_or_from_the_start(tmp_path):
    times = [n / 25 for n in range(100)]
    video = write_video(tmp_path / "in.mp4", num_frames=100, fps=25, gop=12)
    expected = list(VideoSource(video).frames())
    for index in (0, 1, 50, 99):
        found = list(frames_from(VideoSource(video), index, expected[index].time_sec))
        assert [f.index for f in found] == list(range(index, 100))
        assert [f.time_sec for f in found] == [f.time_sec for f in expected[index:]]
        np.testing.assert_array_equal(found[0].image, expected[index].image)
    with pytest.raises(InputError, match="other frames than when"):
        list(frames_from(VideoSource(video), 50, times[50] + 0.01))


def test_a_part_of_a_video_keeps_its_numbers_and_its_end(tmp_path):
    video = write_video(tmp_path / "in.mp4", num_frames=60, fps=30, gop=10)
    part = VideoSource(video, start_sec=0.5, end_sec=1.5)
    expected = list(part.frames())
    found = list(frames_from(part, 20, expected[20].time_sec))
    assert [(f.index, f.time_sec) for f in found] == [(f.index, f.time_sec) for f in expected[20:]]


def test_a_file_whose_clock_jumps_is_read_from_its_start(tmp_path):
    """The same stamps stand twice in it: no jump to one of them can be trusted."""
    part = write_kind(tmp_path / "a.ts", KINDS["ts h264"])
    path = joined(tmp_path / "both.ts", part, part)
    expected = list(VideoSource(path).frames())
    assert VideoSource(path).measured_duration_sec() == pytest.approx(8.02, abs=0.05)
    for index in (30, 130):
        source = VideoSource(path)
        found = list(frames_from(source, index, expected[index].time_sec))
        assert [f.time_sec for f in found] == [f.time_sec for f in expected[index:]]
        numbers = [read_number(f.image) for f in found]
        assert numbers == [place % 100 for place in range(index, 200)]
        # What the audio follows: the whole clock, though the first frames were not given.
        assert [shift.begin_sec for shift in source.clock.shifts] == [0.0, expected[100].time_sec]
    late = VideoSource(path, start_sec=6.0)
    assert next(late.frames()).time_sec == pytest.approx(6.02, abs=0.03)
