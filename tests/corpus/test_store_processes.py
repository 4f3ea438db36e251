"""Check the store while processes are killed and while several write at once."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from stad.corpus import compaction
from stad.corpus.place import Place
from stad.corpus.schema import CONTENT
from stad.corpus.store import ResultStore
from tests.corpus.rows import MODEL, check_whole, make_failure, make_results, read_rows

# Forks of a process without threads: those of this one could wait for a lock of a thread for ever.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])
# What one run does to files, counted below.
NUM_STEPS = 68


def fill(url: Path) -> None:
    """Add five videos and join them, in steps."""
    store = ResultStore.open(url, create=True)
    store.add_failure(MODEL, make_failure(0))
    for number in range(5):
        store.add(MODEL, make_results(number))
        if number % 2:
            store.compact()
    store.compact()


def before_changes(patch: Callable, call: Callable[[], object]) -> None:
    """Have ``call`` called before each change of a file; ``patch`` sets attributes."""
    for name in ("publish", "create", "remove"):
        change = getattr(Place, name)

        def changed(self, *args, change=change):
            call()
            return change(self, *args)

        patch(Place, name, changed)


def fill_until(url: Path, last: int) -> None:
    """Fill the store, and die of SIGKILL before a step."""
    steps = iter(range(last))

    def at_step() -> None:
        if next(steps, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    before_changes(setattr, at_step)
    fill(url)


def run(target, *args) -> int | None:
    process = FORKS.Process(target=target, args=args)
    process.start()
    process.join(60)
    return process.exitcode


def check_killed(url: Path, step: int) -> None:
    """Kill a run before one of its steps; what it left is whole, and a second run completes it."""
    assert run(fill_until, url, step) == -signal.SIGKILL
    if (url / "corpus.json").exists():
        check_whole(ResultStore.open(url, create=False))
    fill(url)
    store = ResultStore.open(url, create=False)
    assert check_whole(store) == set(range(5))
    assert len(store.files("videos")) == 1
    assert store.failures(MODEL) == []
    # What it had written and not listed is removed a day later.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stad.corpus.place.ABANDONED_SEC", -1.0)
        store.compact()
    for table in CONTENT:
        assert len(list(url.glob(f"{table}/*/*"))) == 1
    assert check_whole(store) == set(range(5))


@pytest.mark.parametrize("step", range(1, NUM_STEPS, 9))
def test_a_killed_run_is_completed_by_the_next(tmp_path, step):
    check_killed(tmp_path / "results", step)


@pytest.mark.slow
def test_a_run_killed_at_any_second_step_is_completed_by_the_next(tmp_path):
    for step in range(0, NUM_STEPS, 2):
        check_killed(tmp_path / str(step), step)


def test_the_steps_are_counted(tmp_path, monkeypatch):
    steps = []
    before_changes(monkeypatch.setattr, lambda: steps.append(1))
    fill(tmp_path / "results")
    assert len(steps) == NUM_STEPS


def add_and_join(url: Path, begin, numbers: list[int]) -> None:
    begin.wait()
    store = ResultStore.open(url, create=True)
    for number in numbers:
        # Scores differ in their last digits, as those of two machines do.
        store.add(MODEL, make_results(number, score=0.75 + os.getpid() % 100 * 1e-6))
        if number % 3 == 0:
            store.compact()


def test_two_writers_that_join_at_once(tmp_path):
    """They add the same videos in opposite order, so that they meet, and both join files."""
    url, numbers, begin = tmp_path / "results", list(range(12)), FORKS.Event()
    orders = (numbers, numbers[::-1], numbers)
    writers = [FORKS.Process(target=add_and_join, args=(url, begin, order)) for order in orders]
    for writer in writers:
        writer.start()
    begin.set()
    while any(writer.is_alive() for writer in writers):
        if (url / "corpus.json").exists():
            found = ResultStore.open(url, create=False).done(MODEL)
            assert len(found) <= len(numbers)
        writers[0].join(0.02)
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    store = ResultStore.open(url, create=False)
    assert check_whole(store) == set(numbers)
    store.compact()
    assert check_whole(store) == set(numbers)
    assert len(store.files("videos")) == 1


def test_videos_never_disappear_while_files_are_joined(tmp_path, monkeypatch):
    """A reader sees all videos at every step of a compaction."""
    store = ResultStore.open(tmp_path, create=True)
    for number in range(4):
        store.add(MODEL, make_results(number))
    seen = []
    before_changes(
        monkeypatch.setattr,
        lambda: seen.append(check_whole(ResultStore.open(tmp_path, create=False))),
    )
    store.compact()
    assert len(seen) > 15
    assert all(one == set(range(4)) for one in seen)


def test_of_two_that_join_at_once_one_gives_way(tmp_path, monkeypatch):
    """The other commits after this one has written its files, before it lists them."""
    store = ResultStore.open(tmp_path, create=True)
    for number in range(3):
        store.add(MODEL, make_results(number))
    create = Place.create

    def create_late(self, name, content):
        monkeypatch.setattr(Place, "create", create)
        assert compaction.compact(ResultStore.open(tmp_path, create=False)) == 3
        return create(self, name, content)

    monkeypatch.setattr(Place, "create", create_late)
    assert store.compact() == 0
    assert check_whole(store) == {0, 1, 2}
    assert len(list(tmp_path.glob("segments/*/*"))) == 1
    assert len(read_rows(store, "segments")) == 6
