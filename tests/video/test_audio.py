"""The audio of the output is in time with its frames, whatever the source is."""

from __future__ import annotations

import av
import numpy as np
import pytest

from stad.video.file_clock import AudioClock, FileClock
from stad.video.sink import VideoSink
from stad.video.source import VideoSource
from tests.video_kinds import (
    BEEP_FRAMES,
    FPS,
    KINDS,
    NUM_FRAMES,
    X264,
    Kind,
    beep_times,
    flash_times,
    joined,
    write_kind,
)

WITH_AUDIO = {name: kind for name, kind in KINDS.items() if kind.audio}
WITH_AUDIO |= {
    f"mkv {codec}": Kind("mkv", "libx264", X264, audio=codec)
    for codec in ("libopus", "flac", "pcm_s16le", "libvorbis", "eac3", "pcm_u8", "aac")
}
WITH_AUDIO["ts aac"] = Kind("ts", "libx264", X264, audio="aac")
EXPECTED_SEC = [frames.start / FPS for frames in BEEP_FRAMES]
MAX_SKEW_SEC = 0.04


def copy(source: VideoSource, path, **options) -> list[str]:
    """Write the frames and the audio of a source; return what was said of the audio."""
    sink = None
    for frame in source.frames():
        if sink is None:
            sink = VideoSink(
                path, source.info, audio_path=source.path, clock=source.clock, **options
            )
        sink.write(frame.image, frame.time_sec)
    sink.close()
    return sink.warnings


def check_in_time(path, expected_sec: list[float]) -> None:
    seen, heard = flash_times(VideoSource(path).frames()), beep_times(path)
    assert len(seen) == len(heard) == len(expected_sec)
    np.testing.assert_allclose(heard, seen, atol=MAX_SKEW_SEC)
    np.testing.assert_allclose(np.diff(seen), np.diff(expected_sec), atol=0.01)


@pytest.mark.parametrize("name", WITH_AUDIO)
def test_audio_is_in_time_with_the_frames(tmp_path, name):
    kind = WITH_AUDIO[name]
    path = write_kind(tmp_path / f"in.{kind.suffix}", kind)
    said = copy(VideoSource(path), tmp_path / "out.mp4")
    check_in_time(tmp_path / "out.mp4", EXPECTED_SEC)
    with av.open(str(tmp_path / "out.mp4")) as container:
        codec = container.streams.audio[0].codec_context.name
    is_copied = codec != "aac" or kind.audio == "aac"
    assert [text.startswith("the audio is encoded as AAC") for text in said] == [True] * (
        not is_copied
    )


@pytest.mark.parametrize("audio", ["aac", "mp2"])
@pytest.mark.parametrize(
    ("first_sec", "second_sec"), [(0, 0), (100, 10), (10, 100), (95440.7, 50), (50, 52)]
)
def test_audio_follows_a_clock_that_jumps(tmp_path, audio, first_sec, second_sec):
    parts = [
        write_kind(
            tmp_path / f"{name}.ts",
            Kind("ts", "libx264", X264, {"output_ts_offset": str(offset_sec)}, audio=audio),
        )
        for name, offset_sec in (("a", first_sec), ("b", second_sec))
    ]
    path = joined(tmp_path / "both.ts", *parts)
    source = VideoSource(path)
    copy(source, tmp_path / "out.mp4")
    length_sec = NUM_FRAMES / FPS
    check_in_time(tmp_path / "out.mp4", EXPECTED_SEC + [length_sec + t for t in EXPECTED_SEC])
    times = [frame.time_sec for frame in VideoSource(path).frames()]
    np.testing.assert_allclose(np.diff(times), 1 / FPS, atol=1e-6)
    assert len(times) == 2 * NUM_FRAMES
    assert [text for text in source.warnings if "jumps once" in text]


@pytest.mark.parametrize(("suffix", "audio"), [("ts", "aac"), ("avi", "mp3"), ("mkv", "pcm_s16le")])
def test_a_part_has_the_audio_of_that_part(tmp_path, suffix, audio):
    path = write_kind(tmp_path / f"in.{suffix}", Kind(suffix, "mpeg4", audio=audio))
    source = VideoSource(path, start_sec=2.0, end_sec=3.6)
    copy(source, tmp_path / "out.mp4", start_sec=2.0)
    check_in_time(tmp_path / "out.mp4", [0.8])
    assert beep_times(tmp_path / "out.mp4")[0] == pytest.approx(0.8, abs=MAX_SKEW_SEC)


@pytest.mark.parametrize(
    ("suffix", "audio"), [("ts", "aac"), ("ts", "mp2"), ("mkv", "pcm_s16le"), ("mkv", "flac")]
)
def test_damaged_audio_loses_what_is_damaged_only(tmp_path, suffix, audio):
    path = write_kind(tmp_path / f"in.{suffix}", Kind(suffix, "libx264", X264, audio=audio))
    with av.open(str(path)) as container:
        packets = [one for one in container.demux(audio=0) if one.size]
    data = bytearray(path.read_bytes())
    for packet in packets[len(packets) // 2 : len(packets) // 2 + 3]:
        # Behind the header of the packet in the container, so that only its content is damaged.
        begin, length = packet.pos + 16, max(0, min(60, packet.size - 12))
        data[begin : begin + length] = bytes(length)
    path.write_bytes(bytes(data))
    copy(VideoSource(path), tmp_path / "out.mp4")
    heard = beep_times(tmp_path / "out.mp4")
    for expected_sec in EXPECTED_SEC:
        assert min(abs(one - expected_sec) for one in heard) < MAX_SKEW_SEC + 1 / FPS


def test_audio_of_an_unknown_codec_is_left_out_and_said(tmp_path):
    path = write_kind(tmp_path / "in.mkv", Kind("mkv", "libx264", X264, audio="pcm_s16le"))
    data = path.read_bytes()
    path.write_bytes(data.replace(b"A_PCM/INT/LIT", b"A_UNKNOWN_COD"))
    said = copy(VideoSource(path), tmp_path / "out.mp4")
    assert said == ["the audio is left out: FFmpeg cannot decode its codec"]
    assert len(list(VideoSource(tmp_path / "out.mp4").frames())) == NUM_FRAMES


def test_packets_that_share_a_stamp_are_all_copied(tmp_path):
    """As files have them that write a fragment for each frame."""
    muxer = {"movflags": "frag_every_frame+empty_moov+delay_moov"}
    path = write_kind(tmp_path / "in.mp4", Kind("mp4", "libx264", X264, muxer, audio="aac"))
    source = VideoSource(path)
    copy(source, tmp_path / "out.mp4")
    counts = []
    for name in ("in.mp4", "out.mp4"):
        with av.open(str(tmp_path / name)) as container:
            packets = [one for one in container.demux(audio=0) if one.size]
        counts.append(sum(1 for one in packets if 0 <= one.pts * one.time_base < 3.9))
    assert counts[0] == counts[1]


def test_file_clock_by_hand():
    clock = FileClock(origin_sec=10.0, frame_sec=0.04, may_jump=True)
    stamps = [10.0, 10.04, None, 10.12, 10.10, 10.16, 3.0, 3.04, 95.0, 95.04, 105.04]
    expected = [0.0, 0.04, 0.08, 0.12, 0.14, 0.16, 0.20, 0.24, 0.28, 0.32, 10.32]
    assert [clock.take(stamp) for stamp in stamps] == pytest.approx(expected)
    assert clock.num_jumps == 2
    assert [round(shift.begin_sec, 6) for shift in clock.shifts] == [0.0, 0.2, 0.28]
    still = FileClock(origin_sec=0.0, frame_sec=0.04, may_jump=False)
    # A format whose stamps are written for each frame may show one for an hour.
    assert [still.take(stamp) for stamp in (0.0, 3600.0)] == [0.0, 3600.0]
    assert still.num_jumps == 0


def test_audio_clock_waits_for_the_video():
    video = FileClock(origin_sec=0.0, frame_sec=0.1, may_jump=True)
    audio = AudioClock(video)
    video.take(0.0)
    assert audio.take(0.0, 0.1, is_last_chance=False) == 0.0
    # The audio's clock jumps to 90.05 before the frames have got there.
    assert audio.take(90.05, 0.1, is_last_chance=False) is None
    video.take(0.1)
    video.take(90.1)
    assert audio.take(90.05, 0.1, is_last_chance=False) == pytest.approx(0.15)
    # One damaged stamp among good ones is passed over.
    assert audio.take(7.0, 0.1, later_sec=[90.25], is_last_chance=False) == pytest.approx(0.25)
    assert audio.take(None, 0.1, is_last_chance=False) == pytest.approx(0.35)
    # A jump of the audio alone goes on after its last packet.
    assert audio.take(500.0, 0.1, is_last_chance=True) == pytest.approx(0.45)
