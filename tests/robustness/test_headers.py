"""Headers with numbers that make no sense: what damage found, one test for each kind."""

from __future__ import annotations

import av
import numpy as np
import pytest

from stad.video.clip_reader import ClipReader
from stad.video.sink import VideoSink
from stad.video.source import VideoSource
from tests.video_kinds import B_FRAMES, KINDS, X264, Kind, joined, write_kind

pytestmark = pytest.mark.robust


def patch(path, mark: bytes, offset: int, value: bytes) -> None:
    """Write bytes at a distance from the first byte of a mark."""
    data = bytearray(path.read_bytes())
    begin = data.index(mark) + offset
    data[begin : begin + len(value)] = value
    path.write_bytes(data)


def test_decord_is_not_used_for_a_number_of_frames_that_takes_all_memory(tmp_path):
    """It would abort the process."""
    path = write_kind(tmp_path / "a.mp4", KINDS["mp4 h264"], numbers=range(30))
    assert ClipReader(path).facts.uses_decord
    # The table of times: its version, the number of its rows, and the frames of the first row.
    patch(path, b"stts", 12, b"\xff\xff")
    reader = ClipReader(path)
    assert not reader.facts.uses_decord
    assert reader.read_at(np.array([0.4])).whole().shape == (1, 144, 176, 3)


def test_a_clock_of_millions_of_frames_a_second_is_not_used(tmp_path):
    path = write_kind(tmp_path / "a.avi", KINDS["avi mjpeg"], numbers=range(30))
    patch(path, b"strh", 32, (2**30).to_bytes(4, "little"))
    source = VideoSource(path)
    times_sec = [frame.time_sec for frame in source.frames()]
    assert (source.info.fps, source.info.duration_sec) == (30, 0)
    np.testing.assert_allclose(times_sec, np.arange(30) / 30)
    np.testing.assert_allclose(source.index().times_sec, times_sec)


def test_a_stream_that_begins_inside_the_file_costs_no_frame(tmp_path):
    first = write_kind(tmp_path / "1.ts", Kind("ts", "libx264", X264), numbers=range(50))
    kind = Kind("ts", "mpeg2video", B_FRAMES, audio="mp2")
    second = write_kind(tmp_path / "2.ts", kind, numbers=range(50))
    with_audio = write_kind(tmp_path / "3.ts", KINDS["ts h264"], numbers=range(50))
    for other in (second, with_audio):
        path = joined(tmp_path / "joined.ts", first, other)
        assert len(list(VideoSource(path).frames())) >= 50
    assert len(list(VideoSource(path).frames())) == 100


def test_audio_whose_header_an_mp4_cannot_hold_costs_no_frame(tmp_path):
    """It shows when the mp4 is finished, after all work."""
    kind = Kind("mkv", "libx264", X264, audio="libopus")
    path = write_kind(tmp_path / "a.mkv", kind, numbers=range(30))
    # Another id: a player passes over what it does not know.
    patch(path, b"OpusHead", -2, b"\xa9")
    source = VideoSource(path)
    sink = VideoSink(tmp_path / "out.mp4", source.info, audio_path=str(path))
    for frame in source.frames():
        sink.write(frame.image, frame.time_sec)
    sink.close()
    assert any("header is damaged" in text or "left out" in text for text in sink.warnings)
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert len(list(container.decode(video=0))) == 30
