"""A corpus in worker processes that crash, hang and are killed."""

from __future__ import annotations

import os
import signal
import time

import numpy as np
import pytest

from stad.corpus.local import LocalExecutor
from stad.corpus.run import run_corpus
from stad.corpus.sizing import Room
from stad.corpus.store import ResultStore
from stad.corpus.tasks import WorkerSetup
from stad.corpus.videos import list_files
from stad.corpus.worker_process import TimeLimit
from stad.errors import InputError
from tests.corpus.corpora import (
    CONFIG,
    content,
    make_videos,
    rows,
    start_corpus,
    tiny_options,
    tiny_weights,
    tiny_words,
)
from tests.corpus.failing import VARIABLE
from tests.corpus.inline import run_inline
from tests.corpus.squares import squares
from tests.videos import write_video

FAILING = CONFIG.with_name("failing_detector.py")


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return tiny_weights(tmp_path_factory.mktemp("weights") / "tiny.pth")


def run_local(videos, out, options, *, num_workers, split_sec=0.0, base_sec=120.0):
    setup = WorkerSetup(options, str(out), split_sec, 1, 0.05)
    executor = LocalExecutor(setup, num_workers=num_workers, limit=TimeLimit(30, base_sec))
    store = ResultStore.open(out, create=True)
    files = list_files([str(one) for one in videos])
    return run_corpus(files, store, executor, max_tries=2, quiet=True), executor


def grey(value):
    return lambda index, width, height: np.full((height, width, 3), value, np.uint8)


@pytest.mark.slow  # 40 s: a video hangs twice
def test_crashes_hangs_and_kills_cost_their_video_only(weights, tmp_path, monkeypatch, capfd):
    folder = tmp_path / "videos"
    make_videos(folder, 4)
    write_video(folder / "a_crash.mp4", num_frames=30, fps=25, picture=grey(255))
    write_video(folder / "b_hang.mp4", num_frames=30, fps=25, picture=grey(0))
    (folder / "c_text.mp4").write_bytes(b"not a video\n" * 50)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "killed"))
    out = tmp_path / "results"
    run, _ = run_local(
        [folder],
        out,
        tiny_options(weights, model=str(FAILING)),
        num_workers=2,
        # Long enough for the others, also where many tests share a core.
        base_sec=12,
    )
    assert (tmp_path / "killed").exists()
    assert run.summary.failed == {"crash": 1, "timeout": 1, "not a video": 1}
    assert run.summary.num_done == 4
    failures = {row["kind"]: row for row in rows(out, "failures")}
    assert failures["crash"]["path"].endswith("a_crash.mp4")
    assert failures["crash"]["tries"] == 2
    assert "died of signal 11 (SIGSEGV)" in failures["crash"]["message"]
    assert failures["timeout"]["path"].endswith("b_hang.mp4")
    assert "--time-limit" in failures["timeout"]["message"]
    assert "was killed (SIGKILL)" in capfd.readouterr().err
    # What is left is what an undisturbed run finds.
    run_inline([folder / "0*.mp4"], tmp_path / "whole", tiny_options(weights))
    found, whole = content(out), content(tmp_path / "whole")
    assert found["segments"] == whole["segments"]
    assert found["keyframes"] == whole["keyframes"]


@pytest.mark.slow  # 15 s: workers start three times
def test_a_worker_that_is_killed_costs_its_part_only(weights, tmp_path, monkeypatch):
    options = tiny_options(weights)
    path = write_video(tmp_path / "a.mp4", num_frames=500, fps=25, gop=20, picture=squares)
    # As many threads as a lone worker has.
    run_inline([path], tmp_path / "whole", options, num_threads=len(Room.here().cores))
    given, killed = [], []
    original = LocalExecutor._fill

    def fill(self, tasks):
        original(self, tasks)
        for worker in self._workers.values():
            if worker.task is not None and (not given or given[-1] is not worker.task):
                given.append(worker.task)
                if worker.task.step == "score" and worker.task.part == 2 and not killed:
                    killed.append(worker.task)
                    os.kill(worker.pid, signal.SIGKILL)

    monkeypatch.setattr(LocalExecutor, "_fill", fill)
    run, _ = run_local([path], tmp_path / "parts", options, num_workers=1, split_sec=4.0)
    assert run.summary.num_done == 1
    assert [one.part for one in given if one.step == "score"] == [0, 1, 2, 3, 4, 2]
    assert [one.step for one in given].count("detect") == 5
    assert content(tmp_path / "parts") == content(tmp_path / "whole")


def wait_for(out, count, process):
    """Wait until so many videos are done."""
    until_sec = time.monotonic() + 200
    while len(list(out.glob("videos/*/*.parquet"))) < count:
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < until_sec
        time.sleep(0.05)


@pytest.mark.slow  # 30 s: four runs of the command
def test_runs_that_are_killed_interrupted_and_at_the_same_time(weights, tmp_path):
    videos, out = tmp_path / "videos", tmp_path / "results"
    make_videos(videos, 24, num_frames=50)
    words = [videos, "--out", out, "--workers", 1, *tiny_words(weights)]
    killed = start_corpus(*words)
    wait_for(out, 2, killed)
    killed.kill()
    killed.wait()
    interrupted = start_corpus(*words)
    wait_for(out, 5, interrupted)
    interrupted.send_signal(signal.SIGINT)
    text, _ = interrupted.communicate(timeout=60)
    assert interrupted.returncode == 130, text
    assert "run the same command to continue" in text
    assert len(list(out.glob("videos/*/*.parquet"))) < 24
    both = [start_corpus(*words, "--strict") for _ in range(2)]
    texts = [one.communicate(timeout=200)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0], texts
    assert len(rows(out, "videos")) == 24
    threads = len(Room.here().cores)
    run_inline([videos], tmp_path / "whole", tiny_options(weights), num_threads=threads)
    assert content(out) == content(tmp_path / "whole")
    assert not list((out / "runs").iterdir())


@pytest.mark.slow  # 5 s: a worker starts
def test_models_that_cannot_be_loaded_end_the_run(weights, tmp_path):
    (video,) = make_videos(tmp_path / "videos", 1)
    with pytest.raises(InputError, match="There is no model named 'nonsense'"):
        run_local([video], tmp_path / "out", tiny_options(weights, model="nonsense"), num_workers=1)
