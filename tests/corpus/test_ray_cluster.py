"""A corpus on two nodes of Ray, one of which goes away, and with a driver that is killed."""

from __future__ import annotations

import shutil
import time

import pytest

from tests.corpus.corpora import (
    CONFIG,
    ROOT,
    content,
    make_videos,
    rows,
    start_corpus,
    tiny_options,
    tiny_weights,
    tiny_words,
)
from tests.corpus.failing import PAUSE_VARIABLE
from tests.corpus.inline import run_inline

COUNT = 40
FAILING = CONFIG.with_name("failing_detector.py")


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ray")
    make_videos(folder / "videos", COUNT)
    tiny_weights(folder / "tiny.pth")
    return folder


@pytest.fixture(scope="module")
def words(videos):
    return [videos / "videos", *tiny_words(videos / "tiny.pth", config=FAILING)]


@pytest.fixture(scope="module")
def one_machine(videos, tmp_path_factory):
    """What one machine finds."""
    out = tmp_path_factory.mktemp("one") / "results"
    options = tiny_options(videos / "tiny.pth", model=str(FAILING))
    run_inline([videos / "videos"], out, options)
    return content(out)


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """Two nodes on this machine; results are in a folder that both have."""
    cluster_utils = pytest.importorskip("ray.cluster_utils")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    # Slow enough for something to happen meanwhile.
    monkeypatch.setenv(PAUSE_VARIABLE, "0.15")
    cluster = cluster_utils.Cluster()
    size = {
        "num_cpus": 1,
        "object_store_memory": 80 * 2**20,
        # Ray would count what is free now, which other tests change.
        "memory": 4 * 2**30,
        "include_dashboard": False,
    }
    cluster.add_node(**size)
    cluster.second = cluster.add_node(**size)
    cluster.wait_for_nodes()
    yield cluster
    cluster.shutdown()


def wait_for(out, count, process):
    """Wait until so many videos are done."""
    until_sec = time.monotonic() + 240
    while time.monotonic() < until_sec:
        found = list(out.glob("videos/*/*.parquet"))
        if len(found) >= count:
            return
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.1)
    raise AssertionError(f"{len(found)} videos are done")


def read_until(process, words):
    """Return what a process prints until it prints some words."""
    text = ""
    while words not in text:
        line = process.stdout.readline()
        assert line, text
        text += line
    return text


@pytest.mark.slow  # 25 s: a cluster, and models loaded twice
def test_a_node_goes_away(cluster, words, one_machine, tmp_path):
    out = tmp_path / "results"
    words = [*words, "--out", out, "--ray", cluster.address]
    process = start_corpus(*words)
    wait_for(out, 5, process)
    # Whichever of the two is on the node: it is lost with its video.
    text = read_until(process, "2 in all, on 2 nodes")
    cluster.remove_node(cluster.second, allow_graceful=False)
    text += process.communicate(timeout=300)[0]
    assert process.returncode == 0, text
    assert len(rows(out, "videos")) == COUNT, text
    assert content(out) == one_machine
    assert not rows(out, "failures")
    assert "a worker is lost with its node" in text


@pytest.mark.slow  # 25 s: a cluster, and models loaded twice
def test_the_driver_is_killed(cluster, words, one_machine, tmp_path):
    out = tmp_path / "results"
    words = [*words, "--out", out, "--ray", cluster.address]
    process = start_corpus(*words)
    wait_for(out, 5, process)
    process.kill()
    process.wait()
    # The workers end with it; what they wrote is whole.
    before = len(list(out.glob("videos/*/*.parquet")))
    assert before < COUNT
    again = start_corpus(*words)
    text, _ = again.communicate(timeout=300)
    assert again.returncode == 0, text
    assert len(rows(out, "videos")) == COUNT, text
    assert content(out) == one_machine
    shutil.rmtree(out)
