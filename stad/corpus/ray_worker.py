"""The actor of a Ray cluster: a worker process on one of its machines."""

from __future__ import annotations

from multiprocessing.connection import wait
from typing import Any

from stad.corpus.sizing import Room
from stad.corpus.tasks import Outcome, Task, WorkerInfo, WorkerSetup
from stad.corpus.worker_process import TimeLimit, WorkerProcess, remove_stale_folders

TICK_SEC = 0.5


class RayWorker:
    """A worker in a cluster: an actor around a worker process.

    Args:
        setup: of all workers.
        number: of the worker, for messages.
        limit: how long a task may take.
    """

    def __init__(self, setup: WorkerSetup, *, number: int, limit: TimeLimit) -> None:
        self._setup, self._number, self._limit = setup, number, limit
        self._cores: tuple[int, ...] = ()
        remove_stale_folders()
        self._process: WorkerProcess | None = None

    def node(self) -> str:
        """Return the id of the node that it runs on."""
        import ray

        return ray.get_runtime_context().get_node_id()

    def start(self, slot: int) -> WorkerInfo:
        """Load the models and return what the worker says.

        Args:
            slot: number of the worker on its node, which chooses its cores.

        Raises:
            InputError: the models cannot be loaded here.
        """
        self._cores = Room.here().cores_of(slot, self._setup.num_threads)
        return self._ready().info or _never()

    def do(self, task: Task) -> Outcome:
        """Do a task; a process that dies of it is replaced at the next one."""
        process = self._ready()
        process.give(task)
        while True:
            wait([process.connection], TICK_SEC)
            try:
                outcome = process.receive()
                if outcome is not None:
                    return outcome
                is_lost = process.is_late
            except EOFError:
                is_lost = True
            if is_lost:
                self._process = None
                return process.give_up() or _never()

    def _ready(self) -> WorkerProcess:
        """Return the process with its models loaded."""
        if self._process is None:
            self._process = WorkerProcess(
                self._setup, number=self._number, limit=self._limit, cores=self._cores
            )
        process = self._process
        while process.info is None:
            wait([process.connection], TICK_SEC)
            try:
                process.receive()
                is_lost = process.is_late
            except EOFError:
                is_lost = True
            if is_lost:
                self._process = None
                process.give_up()
        return process


def _never() -> Any:
    raise AssertionError("a worker that is ready has its info, and a task its outcome")
