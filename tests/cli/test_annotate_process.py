"""The annotating script as a process: closed pipes and Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from stad.video.source import VideoSource
from tests.cli.scripts import ROOT
from tests.videos import write_video

CONFIG = str(ROOT / "tests" / "data" / "tiny_detector.py")


@pytest.mark.slow
def test_a_closed_pipe_ends_with_code_141(tmp_path, weights, boxes):
    video = write_video(tmp_path / "in.mp4", num_frames=8)
    arguments = [video, "--model", CONFIG, "--weights", weights, "--boxes", boxes]
    arguments += ["--precision", "float32", "--device", "cpu", "--json", tmp_path / "o.json"]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "demo" / "detect_video.py"), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    process.stdout.close()
    said = process.stderr.read()
    assert process.wait(timeout=60) == 141
    assert "Traceback" not in said
    assert json.loads((tmp_path / "o.json").read_text())


@pytest.mark.slow
def test_ctrl_c_leaves_playable_files(tmp_path, weights, boxes):
    video = write_video(tmp_path / "in.mp4", num_frames=3000, size=(320, 240))
    command = [sys.executable, str(ROOT / "demo" / "detect_video.py"), str(video)]
    command += ["--model", CONFIG, "--weights", weights, "--boxes", boxes]
    command += ["--out", str(tmp_path / "out.mp4"), "--json", str(tmp_path / "out.json")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    part = tmp_path / ".out.part.json"
    deadline = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size > 20_000):
        assert time.monotonic() < deadline
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "interrupted after" in said
    document = json.loads((tmp_path / "out.json").read_text())
    assert document["complete"] is False
    frames = list(VideoSource(tmp_path / "out.mp4").frames())
    assert len(frames) == document["num_frames_written"] > 0
    assert not list(tmp_path.glob(".out*"))
