"""Run tasks on a Ray cluster.

Ray's actors are used, not Ray Data: an actor keeps its models loaded, takes one task at a time, and
says at once what came of it, so that the driver decides about retries, parts of long videos and
claims as it does on one machine. Ray Data moves rows through stages and restarts a stage's block
as a whole where a row kills its process.

An actor is thin: it holds a ``WorkerProcess``, so that a decoder that crashes or hangs costs a task
and not the actor. Only a node that goes away ends an actor.
"""

from __future__ import annotations

import logging
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from stad.corpus.ray_worker import RayWorker
from stad.corpus.sizing import FIRST_BYTES, FRAME_BYTES, WORKERS_PER_GPU
from stad.corpus.tasks import (
    Outcome,
    Progress,
    Task,
    TaskFailure,
    TaskQueue,
    WorkerInfo,
    WorkerSetup,
)
from stad.corpus.worker_process import TimeLimit
from stad.errors import InputError
from stad.utils.text import first_line

try:
    import ray
    from ray.exceptions import GetTimeoutError, RayActorError, RayError, RayTaskError
except ImportError as error:
    raise InputError(
        "--ray needs the package ray on this machine and on those of the cluster: "
        "pip install 'stad[ray]'."
    ) from error

TICK_SEC = 0.5
MAX_FAILED_STARTS = 3
# Clusters that grow by themselves start a machine in minutes.
PLACE_SEC = 300.0
CONNECT_SEC = 10.0


@dataclass
class _Member:
    """An actor as the driver knows it.

    Attributes:
        actor: its handle.
        call: what it was asked last; None while it is idle.
        node: where it runs; '' before it was placed.
        slot: its number on the node.
        is_ready: whether its models are loaded.
        task: what it is doing.
    """

    actor: Any
    call: Any
    node: str = ""
    slot: int = 0
    is_ready: bool = False
    task: Task | None = None


class RayExecutor:
    """Runs tasks on a Ray cluster; see ``Executor``.

    Args:
        setup: of all workers.
        address: of the cluster; 'auto' for the one that runs on this machine.
        num_workers: at most; None for as many as the cluster has room for.
        limit: how long a task may take.

    Raises:
        InputError: there is no such cluster.
    """

    def __init__(
        self, setup: WorkerSetup, *, address: str, num_workers: int | None, limit: TimeLimit
    ) -> None:
        self._setup, self._asked, self._limit = setup, num_workers, limit
        self._members: dict[int, _Member] = {}
        self._count = self._num_failed = 0
        self._memory_bytes = FIRST_BYTES
        # It reports the death of a node with pages of that node's log; so do we, in a line.
        logging.getLogger("ray").setLevel(logging.CRITICAL)
        try:
            _check_reachable(address)
            # Its log lines would end in the middle of the progress bar.
            ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL)
        except (OSError, RayError, RuntimeError, ValueError) as error:
            raise InputError(
                f"--ray: cannot connect to a cluster at {address} ({first_line(error)}). Start one "
                "with 'ray start --head', and give --ray auto or its address."
            ) from error

    def start(self) -> WorkerInfo:
        """Start the first worker; see ``Executor``."""
        member = self._members[self._open()]
        limit_sec = time.monotonic() + PLACE_SEC
        while True:
            if not member.node and time.monotonic() > limit_sec:
                raise InputError(
                    f"--ray: within {PLACE_SEC:g} s there was no room for a worker, which needs "
                    f"{self._setup.num_threads} CPU and {self._memory_bytes / 2**30:.1f} GiB. Look "
                    "at 'ray status', and add machines."
                )
            found = self._take_answer(member)
            if isinstance(found, WorkerInfo):
                break
            if not self._members:
                member = self._members[self._open()]
        self._memory_bytes = found.memory_bytes + FRAME_BYTES
        where = f"up to {self._room}, {self._setup.num_threads} threads and "
        where += f"{found.memory_bytes / 2**30:.1f} GiB each, on {len(_nodes())} nodes"
        return replace(found, lines=(*found.lines, f"workers   {where}"))

    @property
    def _room(self) -> int:
        """The number of workers that the cluster has room for now."""
        total = ray.cluster_resources()
        room = int(total.get("CPU", 0)) // self._setup.num_threads
        room = min(room, int(total.get("memory", 0)) // self._memory_bytes)
        if self._num_gpus:
            room = min(room, int(total.get("GPU", 0) / self._num_gpus))
        return max(1, min(room, self._asked or room))

    @property
    def _num_gpus(self) -> float:
        """The part of a GPU that a worker gets; 0 where the work is for CPUs."""
        is_wanted = self._setup.options.device != "cpu" and ray.cluster_resources().get("GPU", 0)
        return 1 / WORKERS_PER_GPU if is_wanted else 0

    def _open(self) -> int:
        """Create an actor; it waits in Ray until there is room for it."""
        number, self._count = self._count, self._count + 1
        options = {
            "num_cpus": self._setup.num_threads,
            "num_gpus": self._num_gpus,
            "memory": self._memory_bytes,
            "max_restarts": 0,
        }
        actor = (
            ray.remote(RayWorker)
            .options(**options)
            .remote(self._setup, number=number, limit=self._limit)
        )
        self._members[number] = _Member(actor, actor.node.remote())
        return number

    def run(self, tasks: TaskQueue) -> Iterator[Outcome | Progress]:
        """Run tasks; see ``Executor``."""
        lines: list[str] = []
        ticked_sec = 0.0
        while True:
            self._fill(tasks)
            if not self._is_busy and tasks.is_over:
                return
            calls = [one.call for one in self._members.values() if one.call is not None]
            if calls:
                ray.wait(calls, timeout=TICK_SEC)
            else:
                time.sleep(TICK_SEC)
            for member in list(self._members.values()):
                found = self._take_answer(member, timeout_sec=0, lines=lines)
                if isinstance(found, Outcome):
                    yield found
            if lines or time.monotonic() - ticked_sec > TICK_SEC:
                ticked_sec = time.monotonic()
                ready = sum(one.is_ready for one in self._members.values())
                yield Progress(ready, lines=tuple(lines))
                lines = []

    @property
    def _is_busy(self) -> bool:
        return any(one.task is not None for one in self._members.values())

    def _fill(self, tasks: TaskQueue) -> None:
        """Give tasks to idle workers, and create workers while there is more to do and room."""
        for member in self._members.values():
            if member.is_ready and member.task is None:
                task = tasks.take()
                if task is None:
                    return
                member.task, member.call = task, member.actor.do.remote(task)
        loading = sum(not one.is_ready for one in self._members.values())
        missing = min(self._room - len(self._members), tasks.num_waiting - loading)
        for _ in range(missing):
            self._open()

    def _take_answer(
        self, member: _Member, *, timeout_sec: float = TICK_SEC, lines: list[str] | None = None
    ) -> WorkerInfo | Outcome | None:
        """Return what an actor said, if it said something; forget one that is gone.

        Raises:
            InputError: the models cannot be loaded, or the results not written.
        """
        if member.call is None:
            return None
        try:
            found: Any = ray.get(member.call, timeout=timeout_sec)
        except GetTimeoutError:
            return None
        except RayTaskError as error:
            if isinstance(error.cause, InputError):
                raise InputError(str(error.cause)) from error
            raise
        except RayActorError as error:
            return self._lose(member, error, [] if lines is None else lines)
        if isinstance(found, str):
            self._place(member, found)
            return None
        if not member.is_ready and lines is not None:
            ready = 1 + sum(one.is_ready for one in self._members.values())
            lines.append(f"worker    a worker is ready, {ready} in all, on {len(_nodes())} nodes")
        member.call, member.is_ready, member.task = None, True, None
        self._num_failed = 0
        return found

    def _place(self, member: _Member, node: str) -> None:
        """Load the models of an actor that has a node now."""
        used = {one.slot for one in self._members.values() if one.node == node}
        member.node = node
        member.slot = next(slot for slot in range(len(used) + 1) if slot not in used)
        member.call = member.actor.start.remote(member.slot)

    def _lose(self, member: _Member, error: Exception, lines: list[str]) -> Outcome | None:
        """Forget an actor that is gone; return the outcome of its task."""
        number = next(key for key, one in self._members.items() if one is member)
        del self._members[number]
        # It may be alive and only out of reach: what it does now would be done twice.
        ray.kill(member.actor)
        left = sum(one.is_ready for one in self._members.values())
        lines.append(f"worker    a worker is lost with its node, {left} are left")
        if not member.is_ready:
            self._num_failed += 1
            if self._num_failed >= MAX_FAILED_STARTS:
                raise InputError(
                    f"Workers of the cluster die while they load the models: {first_line(error)}. "
                    "Look into Ray's logs of that node."
                ) from error
        if member.task is None:
            return None
        message = f"The node of its worker went away: {first_line(error)}."
        failure = TaskFailure("node lost", message, is_from_outside=True)
        return Outcome(member.task, failure, worker=number)

    def close(self) -> None:
        """End all workers at once."""
        for member in self._members.values():
            ray.kill(member.actor)
        self._members.clear()
        ray.shutdown()


def _check_reachable(address: str) -> None:
    """Raise OSError where nothing answers at HOST:PORT; Ray itself would wait for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdigit() and "://" not in host:
        socket.create_connection((host, int(port)), CONNECT_SEC).close()


def _nodes() -> Counter[str]:
    """Return the nodes that are alive."""
    return Counter(node["NodeID"] for node in ray.nodes() if node["Alive"])
