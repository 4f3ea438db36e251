"""Frames that are missing are told of, with numbers; whole files of every kind are not."""

from __future__ import annotations

import av
import numpy as np
import pytest

from stad.video import losses
from stad.video.clip_reader import ClipReader
from stad.video.reading import Reading
from stad.video.source import VideoSource
from tests.video_kinds import FPS, KINDS, NUM_FRAMES, X264, Kind, write_kind
from tests.videos import write_video


def read(path):
    source = VideoSource(path)
    return [frame.time_sec for frame in source.frames()], source.warnings


def zero(path, begin, end):
    """Overwrite the bytes between two places of a file, each in (0, 1)."""
    data = bytearray(path.read_bytes())
    first, last = int(begin * len(data)), int(end * len(data))
    data[first:last] = bytes(last - first)
    path.write_bytes(data)


def cut(path, end):
    data = path.read_bytes()
    path.write_bytes(data[: int(end * len(data))])


QUICK = [name for name in KINDS if "av1" not in name and "prores" not in name]


@pytest.mark.parametrize("name", QUICK)
def test_whole_files_have_no_warning(name, tmp_path):
    path = write_kind(tmp_path / f"in.{KINDS[name].suffix}", KINDS[name], numbers=range(40))
    times_sec, warnings = read(path)
    # libvpx writes all frames, see ``write_kind``.
    assert len(times_sec) in (40, NUM_FRAMES)
    assert [text for text in warnings if "clock" not in text] == []
    assert ClipReader(path).describe_losses() == ""


def test_a_whole_file_is_not_opened_again(tmp_path, monkeypatch):
    """A URL would be: that is another connection."""
    path = write_kind(tmp_path / "in.mp4", KINDS["mp4 h264"])
    source, opened = VideoSource(path), []
    monkeypatch.setattr(losses, "open_video", opened.append)
    assert len(list(source.frames())) == NUM_FRAMES
    assert (source.warnings, opened) == ([], [])


PACES = {
    "pause": [*(i / 25 for i in range(40)), *(5 + i / 25 for i in range(40))],
    "two pauses": [k * 4 + i / 30 for k in range(3) for i in range(30)],
    "bursts": [k * 2 + i / 30 for k in range(5) for i in range(8)],
    "uneven": np.cumsum(np.random.default_rng(0).uniform(0.01, 0.3, 60)).tolist(),
    "late": [2 + i / 25 for i in range(40)],
    "long last frames": [*(i / 25 for i in range(40)), 2.0, 3.0, 4.0, 5.0],
}


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "mov", "flv"])
@pytest.mark.parametrize("pace", PACES)
def test_a_variable_frame_rate_has_no_warning(pace, suffix, tmp_path):
    path = write_video(
        tmp_path / f"in.{suffix}", num_frames=len(PACES[pace]), times_sec=PACES[pace]
    )
    times_sec, warnings = read(path)
    assert (len(times_sec), warnings) == (len(PACES[pace]), [])


def test_an_edit_list_has_no_warning(tmp_path):
    """Packets before the first frame that is shown are decoded only."""
    whole = write_video(tmp_path / "whole.mp4", num_frames=60, gop=20)
    with av.open(str(whole)) as source, av.open(str(tmp_path / "in.mp4"), "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                # Negative times go before the start that the edit list states.
                packet.pts, packet.dts = (one - 10 * 512 for one in (packet.pts, packet.dts))
                packet.stream = stream
                output.mux(packet)
    assert read(tmp_path / "in.mp4")[1] == []


CUT = {
    "avi": ("avi mpeg4", 0.5),
    "avi without its last tenth": ("avi mjpeg", 0.88),
    "mkv": ("mkv h264", 0.6),
    "webm": ("webm vp9", 0.6),
    "mp4 fast start": ("mp4 h264", 0.7),
}


@pytest.mark.parametrize("name", CUT)
def test_a_cut_file_says_how_much_is_left(name, tmp_path):
    kind, end = CUT[name]
    chosen = KINDS[kind]
    if chosen.suffix == "mp4":
        chosen = Kind("mp4", "libx264", X264, {"movflags": "+faststart"})
    path = write_kind(tmp_path / f"in.{chosen.suffix}", chosen)
    cut(path, end)
    times_sec, warnings = read(path)
    assert 20 < len(times_sec) < 95
    assert f"{times_sec[-1] + 0.04:.1f} s of 4.0 s could be read" in " ".join(warnings)


HOLES = ["mkv h264", "webm vp9", "ts h264", "ts mpeg2", "mpg mpeg2", "avi mpeg4", "mp4 fragmented"]


@pytest.mark.parametrize("name", HOLES)
def test_a_hole_is_found(name, tmp_path):
    path = write_kind(tmp_path / f"in.{KINDS[name].suffix}", KINDS[name])
    zero(path, 0.4, 0.6)
    times_sec, warnings = read(path)
    assert 20 < len(times_sec) < 95
    said = " ".join(warnings)
    assert any(text in said for text in ("are missing", "ends early", "damaged packets", "jumps"))


@pytest.mark.parametrize("num_threads", [1, 2, 4])
def test_the_frame_after_a_damaged_packet_near_the_end_is_used(num_threads, tmp_path):
    """Of VP9, whose slices on several threads are given up at an error, too."""
    path = write_kind(tmp_path / "in.webm", KINDS["webm vp9"])
    with av.open(str(path)) as container:
        damaged = bytes([packet for packet in container.demux(video=0) if packet.size][-2])
    data = path.read_bytes()
    assert data.count(damaged) == 1
    path.write_bytes(data.replace(damaged, b"\xff" * len(damaged)))
    with Reading(str(path), num_threads=num_threads) as reading:
        times_sec = [time_sec for time_sec, _ in reading.frames()]
    assert len(times_sec) == 99
    assert times_sec[-1] - times_sec[-2] == pytest.approx(2 / FPS, abs=0.002)


@pytest.mark.parametrize("num_threads", [1, 2, 4])
def test_the_frames_before_a_damaged_last_packet_are_used(num_threads, tmp_path):
    """A decoder on several threads gives its error in place of the frames that it holds."""
    path = write_kind(tmp_path / "in.mp4", KINDS["mp4 h264"])
    with av.open(str(path)) as container:
        last = [packet for packet in container.demux(video=0) if packet.size][-1]
        begin, end = last.pos, last.pos + last.size
    data = bytearray(path.read_bytes())
    data[begin:end] = b"\xff" * (end - begin)
    path.write_bytes(data)
    with Reading(str(path), num_threads=num_threads) as reading:
        assert len(list(reading.frames())) == 99


def test_a_part_without_a_frame_is_an_error(tmp_path):
    from stad.errors import InputError

    path = write_video(tmp_path / "in.mp4", num_frames=30)
    with pytest.raises(InputError, match="has no frame from"):
        list(VideoSource(path, start_sec=0.975, end_sec=0.98).frames())
