"""What is a video, looked at in a process of its own."""

from __future__ import annotations

import os
import signal

import pytest

from stad.errors import InputError
from stad.serving import probe
from stad.serving.probe import Prober, check_content
from tests.videos import NO_VIDEOS, write_file, write_video

SDP = b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
# Files that FFmpeg knows, and that make it open other files and addresses.
SCRIPTS = {
    "hls": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "concat": b"ffconcat version 1.0\nfile '/etc/passwd'\n",
    "dash": b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" '
    b'profiles="urn:mpeg:dash:profile:isoff-on-demand:2011" type="static"></MPD>',
    "sdp": SDP + b"a=rtpmap:96 H264/90000\n",
    "image": b"\x89PNG\r\n\x1a\n" + bytes(60),
}


@pytest.fixture(scope="module")
def prober():
    prober = Prober(max_length_sec=5.0)
    yield prober
    prober.close()


@pytest.mark.parametrize(
    ("codec", "ending", "media_type"),
    [
        ("libx264", ".mp4", "video/mp4"),
        ("libvpx", ".webm", "video/webm"),
        ("mpeg4", ".avi", "application/octet-stream"),
        ("libx264", ".mkv", "video/webm"),
    ],
)
def test_a_video_without_an_ending_in_its_name(tmp_path, codec, ending, media_type):
    path = write_video(tmp_path / f"a{ending}", codec=codec, num_frames=9, fps=3)
    path = path.rename(tmp_path / "source")
    facts = check_content(path, name="a", max_length_sec=5)
    assert facts.duration_sec == pytest.approx(3.0, abs=0.4)
    assert facts.media_type == media_type


@pytest.mark.parametrize("kind", SCRIPTS)
def test_files_that_name_others_are_refused(tmp_path, prober, kind):
    path = write_file(tmp_path / "source", SCRIPTS[kind])
    with pytest.raises(
        InputError, match=r"^Expected a video, but party\.mp4 cannot be read as one"
    ):
        prober.check(path, name="party.mp4")


@pytest.mark.parametrize("kind", ["text", "empty", "audio only"])
def test_what_is_not_a_video_is_refused_without_its_place(tmp_path, prober, kind):
    make, message = NO_VIDEOS[kind]
    path = make(tmp_path).rename(tmp_path / "source")
    with pytest.raises(InputError, match=message) as caught:
        prober.check(path, name="party.mp4")
    assert str(tmp_path) not in str(caught.value)


def test_a_long_video_and_large_frames_are_refused(tmp_path, prober, monkeypatch):
    path = write_video(tmp_path / "a.mp4", fps=5)
    with pytest.raises(
        InputError, match=r"a\.mp4 is 6 s long\. The service takes videos of up to 5"
    ):
        prober.check(path, name="a.mp4")
    monkeypatch.setattr(probe, "MAX_PIXELS", 10_000)
    with pytest.raises(InputError, match="million pixels"):
        check_content(path, name="a.mp4", max_length_sec=100)


def test_a_file_that_blocks_or_kills_ffmpeg_costs_only_itself(tmp_path, prober, monkeypatch):
    good = write_video(tmp_path / "a.mp4", num_frames=6)
    assert prober.check(good, name="a.mp4").media_type == "video/mp4"
    os.kill(prober._child.pid, signal.SIGKILL)
    with pytest.raises(InputError, match="made FFmpeg crash"):
        prober.check(good, name="a.mp4")
    # A pipe that nothing is written to.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    monkeypatch.setattr(probe, "TIMEOUT_SEC", 0.01)
    with pytest.raises(InputError, match="did not open within"):
        prober.check(pipe, name="a.mp4")
    monkeypatch.undo()
    assert prober.check(good, name="a.mp4").media_type == "video/mp4"
