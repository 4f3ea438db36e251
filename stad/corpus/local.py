"""Run tasks in processes of this machine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import wait

from stad.corpus.sizing import Room, gpu_workers
from stad.corpus.tasks import Outcome, Progress, TaskQueue, WorkerInfo, WorkerSetup
from stad.corpus.worker_process import (
    TimeLimit,
    WorkerDiedError,
    WorkerProcess,
    remove_stale_folders,
)

TICK_SEC = 0.5
# So often in a row may workers die while they load their models.
MAX_FAILED_STARTS = 3


class LocalExecutor:
    """Runs tasks in worker processes; see ``Executor``.

    The first worker loads the models alone: it downloads, converts and tries out, and the others
    find that in the cache. What it takes of the memory says how many there may be.

    Args:
        setup: of all workers; the number of threads is chosen here.
        num_workers: None for as many as there is room for.
        limit: how long a task may take.
    """

    def __init__(self, setup: WorkerSetup, *, num_workers: int | None, limit: TimeLimit) -> None:
        self._asked, self._limit = num_workers, limit
        remove_stale_folders()
        self._room = Room.here()
        self._guessed = self._room.first_guess(num_workers)
        self._setup = replace(setup, num_threads=max(1, len(self._room.cores) // self._guessed))
        self._workers: dict[int, WorkerProcess] = {}
        self._num_slots = 1
        self._num_gpus = 0
        self._num_failed = 0

    def start(self) -> WorkerInfo:
        """Start the first worker; see ``Executor``."""
        first = self._workers[0] = self._open(0)
        while first.info is None:
            wait([first.connection], TICK_SEC)
            try:
                first.receive()
            except EOFError:
                first.give_up()
            if first.is_late:
                first.give_up()
        info, room = first.info, Room.here()
        if info.num_gpus:
            self._num_gpus = info.num_gpus
            self._num_slots = gpu_workers(info, self._asked, num_cores=len(room.cores))
        else:
            self._num_slots = room.num_workers(info, self._asked, guessed=self._guessed)
        where = f"{info.memory_bytes / 2**30:.1f} GiB each"
        if self._num_gpus:
            where += f", on {self._num_gpus} GPU{'s' * (self._num_gpus > 1)}"
        line = f"workers   {self._num_slots}, {self._setup.num_threads} threads and {where}"
        return replace(info, lines=(*info.lines, line))

    @property
    def num_slots(self) -> int:
        """Number of workers when all are running."""
        return self._num_slots

    def run(self, tasks: TaskQueue) -> Iterator[Outcome | Progress]:
        """Run tasks; see ``Executor``."""
        lines: list[str] = []
        ticked_sec = 0.0
        while True:
            self._fill(tasks)
            if not self._is_busy and tasks.is_over:
                return
            if self._workers:
                wait([one.connection for one in self._workers.values()], TICK_SEC)
            else:
                time.sleep(TICK_SEC)
            for slot, worker in list(self._workers.items()):
                outcome = self._look_at(slot, worker, lines)
                if outcome is not None:
                    yield outcome
            if lines or time.monotonic() - ticked_sec > TICK_SEC:
                ticked_sec = time.monotonic()
                yield self._progress(lines)
                lines = []

    def _fill(self, tasks: TaskQueue) -> None:
        """Give tasks to idle workers, and start workers while there is more to do."""
        for worker in self._workers.values():
            if worker.is_idle:
                task = tasks.take()
                if task is None:
                    return
                worker.give(task)
        for slot in range(self._num_slots):
            # No more workers than tasks: a run over one video needs one.
            if slot not in self._workers and self._num_loading < tasks.num_waiting:
                self._workers[slot] = self._open(slot)

    @property
    def _num_loading(self) -> int:
        return sum(one.info is None for one in self._workers.values())

    @property
    def _is_busy(self) -> bool:
        return any(one.task is not None for one in self._workers.values())

    def _look_at(self, slot: int, worker: WorkerProcess, lines: list[str]) -> Outcome | None:
        """Take in what a worker says; replace it if it has died or hangs."""
        try:
            was_ready = worker.info is not None
            outcome = worker.receive()
            if worker.info is not None and not was_ready:
                self._num_failed = 0
            if outcome is not None or not worker.is_late:
                return outcome
        except EOFError:
            pass
        del self._workers[slot]
        try:
            outcome = worker.give_up()
        except WorkerDiedError as error:
            self._num_failed += 1
            if self._num_failed >= MAX_FAILED_STARTS:
                raise
            # There may be too many of them for the memory.
            self._num_slots = max(1, min(self._num_slots, len(self._workers)))
            lines.append(f"warning: {error} Continuing with {self._num_slots} workers.")
            return None
        lines.append("worker    a worker has ended and is replaced")
        return outcome

    def _progress(self, lines: list[str]) -> Progress:
        workers = self._workers.values()
        running = tuple((one.task, one.done_sec) for one in workers if one.task is not None)
        ready = sum(one.info is not None for one in workers)
        return Progress(ready, running, tuple(lines))

    def _open(self, slot: int) -> WorkerProcess:
        setup = self._setup
        if self._num_gpus:
            device = f"cuda:{slot % self._num_gpus}" if self._num_gpus > 1 else "cuda:0"
            if setup.options.device == "auto":
                setup = replace(setup, options=replace(setup.options, device=device))
        cores = self._room.cores_of(slot, setup.num_threads)
        return WorkerProcess(setup, number=slot, limit=self._limit, cores=cores)

    def close(self) -> None:
        """End all workers at once."""
        for worker in self._workers.values():
            worker.close()
        self._workers.clear()
