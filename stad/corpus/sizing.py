"""Choose how many workers a machine has room for."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from stad.corpus.tasks import WorkerInfo

# What a worker is assumed to take before one has said it.
FIRST_BYTES = 2 << 30
# Frames and clips of a large video come on top of the models.
FRAME_BYTES = 512 << 20
# So much of the free memory is used.
MEMORY_RATIO = 0.8
# More of them do not make a GPU faster, and each takes its memory.
WORKERS_PER_GPU = 4
LIMIT_FILE = Path("/sys/fs/cgroup/memory.max")
USED_FILE = Path("/sys/fs/cgroup/memory.current")


@dataclass(frozen=True)
class Room:
    """The cores and the memory that are free on a machine.

    Attributes:
        cores: numbers of the cores that this process may use.
        memory_bytes: that is free.
    """

    cores: tuple[int, ...]
    memory_bytes: int

    @classmethod
    def here(cls) -> Room:
        """Return those of this machine, or of the container that this process runs in."""
        return cls(tuple(sorted(os.sched_getaffinity(0))), free_memory_bytes())

    def first_guess(self, asked: int | None) -> int:
        """Return how many workers there will be, before the memory of one is known.

        Args:
            asked: number that the user wants; None for as many as there is room for.
        """
        return asked or self._fitting(FIRST_BYTES)

    def num_workers(self, first: WorkerInfo, asked: int | None, *, guessed: int) -> int:
        """Return how many workers there will be on the CPU, with the first, which is running.

        Args:
            first: what it says.
            asked: number that the user wants; None for as many as there is room for.
            guessed: what ``first_guess`` returned.
        """
        return asked or min(guessed, 1 + self._fitting(first.memory_bytes + FRAME_BYTES))

    def _fitting(self, worker_bytes: int) -> int:
        fitting = int(self.memory_bytes * MEMORY_RATIO) // max(worker_bytes, 1)
        return max(1, min(len(self.cores), fitting))

    def cores_of(self, slot: int, num_threads: int) -> tuple[int, ...]:
        """Return the cores of the worker in a slot, so that workers do not disturb each other."""
        begin = slot * num_threads
        return self.cores[begin : begin + num_threads]


def gpu_workers(first: WorkerInfo, asked: int | None, *, num_cores: int) -> int:
    """Return how many workers there will be on the GPUs.

    Args:
        first: what the first worker says.
        asked: number that the user wants; None for as many as there is room for.
        num_cores: of the machine; decoding needs them.
    """
    fitting = int(first.gpu_free_bytes * MEMORY_RATIO) // max(first.gpu_bytes, 1) + 1
    for_each = max(1, min(WORKERS_PER_GPU, fitting, num_cores // max(first.num_gpus, 1)))
    return asked or first.num_gpus * for_each


def free_memory_bytes() -> int:
    """Return the memory that new processes can use."""
    text = Path("/proc/meminfo").read_text(encoding="ascii")
    found = re.search(r"MemAvailable:\s+(\d+) kB", text)
    free = int(found[1]) * 1024 if found else 4 << 30
    try:
        limit = int(LIMIT_FILE.read_text(encoding="ascii"))
        used = int(USED_FILE.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return free
    return max(min(free, limit - used), 0)
