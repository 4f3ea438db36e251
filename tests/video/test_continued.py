"""An mp4 that is written in parts equals one that is written at once, in times and audio."""

from __future__ import annotations

from itertools import pairwise

import av
import numpy as np
import pytest

from stad.errors import InputError
from stad.video.continued import ContinuedSink, Part, join_parts
from stad.video.sink import VideoSink
from stad.video.source import VideoSource
from tests.videos import moving_square, write_video

EVEN = [n / 25 for n in range(90)]
UNEVEN = (5 + np.cumsum(np.random.default_rng(0).uniform(0.01, 0.3, 90))).tolist()


def write(sink, times: list[float], first: int, last: int) -> None:
    for index in range(first, last):
        sink.write(moving_square(index), times[index])
    sink.close()


def stamps(path) -> dict[str, list[float]]:
    """Times of all frames of video and audio, seconds."""
    found = {}
    for kind in ("video", "audio"):
        with av.open(str(path)) as container:
            found[kind] = [frame.time for frame in container.decode(**{kind: 0})]
    return found


@pytest.mark.parametrize("times", [EVEN, UNEVEN], ids=["even", "uneven"])
def test_parts_equal_the_whole(tmp_path, times):
    source = write_video(tmp_path / "in.mp4", num_frames=90, fps=25, audio="aac")
    info = VideoSource(source).info
    audio_options = {"audio_path": str(source), "start_sec": times[0] if times is EVEN else 0.5}
    start_sec = audio_options["start_sec"]
    times = [time_sec - times[0] + start_sec for time_sec in times]
    whole, parts = tmp_path / "whole.mp4", tmp_path / "parts.mp4"
    write(VideoSink(whole, info, **audio_options), times, 0, 90)
    write(VideoSink(parts, info, **audio_options), times, 0, 37)
    write(ContinuedSink(parts, info, first_sec=times[37], **audio_options), times, 37, 38)
    write(ContinuedSink(parts, info, first_sec=times[38], **audio_options), times, 38, 90)
    expected, found = stamps(whole), stamps(parts)
    assert found == expected
    with av.open(str(whole)) as one, av.open(str(parts)) as other:
        assert one.duration == other.duration
        assert one.streams.video[0].average_rate == other.streams.video[0].average_rate
    for one, other in zip(VideoSource(whole).frames(), VideoSource(parts).frames(), strict=True):
        assert np.abs(one.image.astype(int) - other.image).mean() < 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.mp4", "parts.mp4", "whole.mp4"]


@pytest.mark.parametrize("times", [EVEN, UNEVEN], ids=["even", "uneven"])
@pytest.mark.parametrize("ends", [(1, 30), (2, 30), (1, 2, 30), (1, 2, 3, 4, 30)])
def test_a_first_part_of_a_frame_or_two_has_the_length_of_the_whole(tmp_path, ends, times):
    """It has no B-frames, so that its first frame is decoded at its own time."""
    info = VideoSource(write_video(tmp_path / "in.mp4", num_frames=30, fps=25)).info
    whole, parts = tmp_path / "whole.mp4", tmp_path / "parts.mp4"
    times = [time_sec - times[0] for time_sec in times]
    write(VideoSink(whole, info), times, 0, ends[-1])
    write(VideoSink(parts, info), times, 0, ends[0])
    for first, last in pairwise(ends):
        write(ContinuedSink(parts, info, first_sec=times[first]), times, first, last)
    with av.open(str(whole)) as one, av.open(str(parts)) as other:
        assert other.duration == one.duration
        first, second = one.streams.video[0], other.streams.video[0]
        assert second.duration * second.time_base == first.duration * first.time_base
        assert second.frames == first.frames
        expected = [frame.time for frame in one.decode(video=0)]
        assert [frame.time for frame in other.decode(video=0)] == expected


def test_abort_leaves_what_was_there(tmp_path):
    info = VideoSource(write_video(tmp_path / "in.mp4", num_frames=9)).info
    write(VideoSink(tmp_path / "a.mp4", info), EVEN, 0, 9)
    before = (tmp_path / "a.mp4").read_bytes()
    sink = ContinuedSink(tmp_path / "a.mp4", info, first_sec=EVEN[9])
    sink.write(moving_square(9), EVEN[9])
    sink.abort()
    assert (tmp_path / "a.mp4").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.mp4", "in.mp4"]


def test_a_part_that_is_no_video_is_the_users_error(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"no video")
    parts = [Part(tmp_path / "a.mp4", 0.0)]
    with pytest.raises(InputError, match=r"Cannot write .*b\.mp4"):
        join_parts(tmp_path / "b.mp4", parts, audio_path=None, start_sec=0.0)
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]
