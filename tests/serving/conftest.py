"""A service without workers, shared by the tests of a module, and a small video."""

from __future__ import annotations

import pytest

from stad.serving.settings import ServiceSettings
from tests.serving.served import serve_settings
from tests.videos import write_video


@pytest.fixture(scope="session")
def video(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("videos") / "a.mp4", num_frames=12, fps=12)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """It takes files of 100 kB and of 5 s."""
    folder = tmp_path_factory.mktemp("service")
    (folder / "videos" / "day 1").mkdir(parents=True)
    settings = ServiceSettings(
        folder=folder / "data",
        max_bytes=100_000,
        max_length_sec=5.0,
        rate=10_000,
        videos=folder / "videos",
    )
    with serve_settings(settings) as running:
        yield running


@pytest.fixture
def empty(served):
    """The same service, without jobs."""
    for job in served.call("GET", "/api/jobs?limit=200").json["jobs"]:
        assert served.call("DELETE", f"/api/jobs/{job['id']}").status == 204
    return served
