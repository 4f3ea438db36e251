"""A real RTSP server on the loopback address, that goes away for ten seconds and comes back."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from stad import zoo
from stad.cli.watch.command import parse_options
from stad.cli.watch.run import watch_and_report
from stad.localization.options import LocalizerOptions
from stad.video.live import LiveSource
from tests.videos import moving_square, write_video

TESTS = Path(__file__).resolve().parents[2]
SERVER = TESTS / "rtsp_server.py"
CONFIG = str(TESTS / "data" / "tiny_detector.py")
# The one that Debian's packages belong to.
PYTHON = "/usr/bin/python3"
AWAY_SEC = 10.0
HAS_SERVER = "import gi; gi.require_version('GstRtspServer', '1.0')"


def is_installed() -> bool:
    """Whether Debian's GStreamer RTSP server is here."""
    if not Path(PYTHON).exists():
        return False
    return subprocess.run([PYTHON, "-c", HAS_SERVER], capture_output=True).returncode == 0


class Server:
    """The server as a process that can be ended and begun again on the same port."""

    def __init__(self, video: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._video, self._process = video, None
        self.url = f"rtsp://127.0.0.1:{self._port}/live"

    def start(self) -> None:
        """Begin; returns once it listens."""
        command = [PYTHON, str(SERVER), str(self._video), str(self._port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout.readline() == "ready\n"

    def stop(self) -> None:
        """End it at once, as a camera that loses its power."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


@pytest.fixture
def server(tmp_path):
    """Serves a minute of 15 frames a second."""
    if not is_installed():
        pytest.skip("needs Debian's gir1.2-gst-rtsp-server-1.0, python3-gi and gstreamer plugins")
    video = write_video(
        tmp_path / "in.mp4",
        num_frames=900,
        fps=15,
        gop=15,
        picture=lambda index, *size: moving_square(index // 8, *size),
    )
    one = Server(video)
    one.start()
    yield one
    one.stop()


@pytest.mark.slow
def test_frames_of_a_real_server(server):
    source = LiveSource(server.url)
    assert (source.info.width_px, source.info.height_px) == (160, 120)
    assert source.info.name == server.url
    source.start()
    frames = []
    begin_sec = time.monotonic()
    while len(frames) < 60 and time.monotonic() - begin_sec < 20:
        live = source.get(0.1)
        if live is not None:
            frames.append(live)
    source.stop()
    times = np.array([live.frame.time_sec for live in frames])
    assert len(times) == 60
    np.testing.assert_allclose(np.median(np.diff(times)), 1 / 15, atol=0.01)
    assert source.num_dropped == 0


@pytest.mark.slow
def test_the_server_goes_away_for_ten_seconds(server, tmp_path, capsys):
    """Events end when it is lost; when it is back, new ones begin with the time that passed."""
    torch.manual_seed(0)
    torch.save({"state_dict": zoo.load(CONFIG, weights=None).state_dict()}, tmp_path / "w.pth")
    LocalizerOptions(0.0, window_sec=0.5).to_file(tmp_path / "localizer.json")
    events = tmp_path / "events.jsonl"
    options = parse_options(
        [
            *(server.url, "--model", CONFIG, "--weights", str(tmp_path / "w.pth")),
            *("--detector", "whole_frame", "--labels", "walk", "--threshold", "0"),
            *("--localizer", str(tmp_path / "localizer.json"), "--stride", "0.5"),
            *("--jsonl", str(events), "--duration", "32", "--precision", "float32"),
        ]
    )

    def go_away():
        deadline = time.monotonic() + 30
        while not (events.exists() and events.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(2.0)
        server.stop()
        time.sleep(AWAY_SEC)
        server.start()

    helper = threading.Thread(target=go_away)
    helper.start()
    report = watch_and_report(options)
    helper.join()
    said = capsys.readouterr().err
    assert report.num_reconnects == 1
    assert "trying again in 0.5 s" in said
    assert "trying again in 4 s" in said
    assert f"{server.url}: back" in said
    lines = [json.loads(line) for line in events.read_text().splitlines()]
    assert [one["event"] for one in lines] == ["start", "end", "start", "end"]
    assert lines[2]["start_sec"] - lines[1]["end_sec"] >= AWAY_SEC
    # 0.5 + 1 + 2 + 4 + 8 seconds of pauses at most, and the time to connect.
    assert lines[2]["start_sec"] - lines[1]["end_sec"] < 22
    assert report.stats.num_frames > 60
