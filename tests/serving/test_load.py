"""Fifty clients at once: no error but the documented 429, and flat memory."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks import serving as benchmark
from tests.cli.scripts import ROOT

CLIENTS, SECONDS = 50, 15.0


@pytest.mark.slow
def test_fifty_clients_get_answers_or_are_told_to_come_back(tmp_path):
    video = benchmark.write_video(tmp_path / "video.mp4")
    words = benchmark.small_model(tmp_path, ROOT / "tests" / "data" / "tiny_detector.py")
    words += ["--max-queue", "10", "--max-uploads", "4", "--rate", "10000", "--quiet"]
    with benchmark.running_service(tmp_path, words) as (url, pid):
        load = asyncio.run(
            benchmark.put_load(url, video, num_clients=CLIENTS, seconds=SECONDS, pid=pid)
        )
    assert not load.errors
    assert load.answers["upload", 201] > 5
    assert load.answers["upload", 429] > 5
    assert load.answers["list", 200] > 50
    assert load.answers["hostile", 404] > 10
    assert load.growth() < 1.1
    log = (tmp_path / "serve.log").read_text()
    assert "Traceback" not in log
    assert log.endswith("Stopped. The queue continues with the next start.\n")
