"""Audio that cannot be decoded, copied or placed: the video is written all the same."""

from __future__ import annotations

import random
from pathlib import Path

import av
import numpy as np
import pytest

from stad.errors import InputError
from stad.video.sink import VideoSink
from stad.video.source import VideoSource
from tests.videos import moving_square, write_tone, write_video

pytestmark = pytest.mark.robust
KINDS = [
    ("mp4", "libx264", "aac"),
    ("mkv", "libx264", "aac"),
    ("mkv", "libx264", "pcm_s16le"),
    ("webm", "libvpx", "libopus"),
    ("ts", "libx264", "aac"),
    ("avi", "mpeg4", "mp3"),
]
NUM_FRAMES = 12


def copy(path: Path, target: Path) -> tuple[int, list[str]]:
    """Copy a video with its audio; return the number of frames, and what was said of the audio."""
    source, sink, number = VideoSource(path), None, 0
    for frame in source.frames():
        if sink is None:
            audio = str(path) if source.info.has_audio else None
            sink = VideoSink(target, source.info, audio_path=audio, clock=source.clock)
        sink.write(frame.image, frame.time_sec)
        number += 1
    if sink is None:
        raise InputError("no frame")
    sink.close()
    return number, sink.warnings


def damaged(content: bytes, seed: int) -> bytes:
    """Some bytes anywhere, in the first or in the last part, where the headers are."""
    draw, changed = random.Random(seed), bytearray(content)
    places = range(len(changed))
    places = (places, places[:2500], places[-2500:])[seed % 3]
    for _ in range(draw.choice([1, 3, 10, 30])):
        changed[draw.choice(places)] = draw.randrange(256)
    return bytes(changed)


def check(tmp_path, kind, seeds) -> None:
    suffix, codec, audio = kind
    whole = write_video(
        tmp_path / f"a.{suffix}", num_frames=NUM_FRAMES, size=(64, 48), codec=codec, audio=audio
    ).read_bytes()
    for seed in seeds:
        path, target = tmp_path / f"{seed}.{suffix}", tmp_path / "out.mp4"
        path.write_bytes(damaged(whole, seed))
        try:
            number, _ = copy(path, target)
        except InputError as error:
            # The source cannot be read; what can be read can be written.
            assert "Cannot write" not in str(error)  # noqa: PT017 - most files can be read
        else:
            assert len(list(VideoSource(target).frames())) == number


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_damage_of_audio_costs_no_frame(tmp_path, kind):
    check(tmp_path, kind, range(9))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_damage_of_audio_of_many_seeds(tmp_path, kind):
    check(tmp_path, kind, range(100, 250))


@pytest.mark.parametrize("suffix", ["mkv", "webm", "mp4", "ts"])
def test_timestamps_that_go_back(tmp_path, suffix):
    """A second file, or junk and a second file, appended to the first."""
    codec, audio = ("libvpx", "libopus") if suffix == "webm" else ("libx264", "aac")
    options = {"movflags": "frag_keyframe+empty_moov"} if suffix == "mp4" else {}
    whole = write_video(
        tmp_path / f"a.{suffix}", num_frames=20, codec=codec, audio=audio, options=options
    ).read_bytes()
    for number, content in enumerate(
        (whole + whole, whole + random.Random(0).randbytes(5000) + whole, whole + whole[9000:])
    ):
        path = tmp_path / f"{number}.{suffix}"
        path.write_bytes(content)
        assert copy(path, tmp_path / "out.mp4")[0] >= 20


def write_two_tracks(path: Path) -> Path:
    """PCM first, AAC second."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=10)
        video.width, video.height, video.pix_fmt = 160, 120, "yuv420p"
        tracks = [
            container.add_stream(name, rate=16000, layout="mono") for name in ("pcm_s16le", "aac")
        ]
        for index in range(10):
            frame = av.VideoFrame.from_ndarray(np.array(moving_square(index)), format="rgb24")
            container.mux(video.encode(frame))
        container.mux(video.encode())
        for track in tracks:
            write_tone(container, track, 1.0)
    return path


def test_a_first_track_of_an_unknown_codec(tmp_path):
    path = write_two_tracks(tmp_path / "a.mkv")
    path.write_bytes(path.read_bytes().replace(b"A_PCM/INT/LIT", b"A_UNKNOWN_COD"))
    number, said = copy(path, tmp_path / "out.mp4")
    assert number == 10
    assert said == ["FFmpeg cannot decode audio stream 1: stream 2 is used"]
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.streams.audio[0].codec_context.name == "aac"
    path.write_bytes(path.read_bytes().replace(b"A_AAC", b"A_XXX"))
    number, said = copy(path, tmp_path / "out.mp4")
    assert (number, said) == (10, ["the audio is left out: FFmpeg cannot decode its codec"])
