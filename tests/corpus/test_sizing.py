"""How many workers a machine has room for."""

from __future__ import annotations

import pytest

from stad.corpus.sizing import Room, free_memory_bytes, gpu_workers
from stad.corpus.tasks import WorkerInfo

GIB = 1 << 30


@pytest.mark.parametrize(
    ("cores", "memory_gib", "worker_gib", "asked", "expected"),
    [
        (2, 20, 1.0, None, 2),
        (64, 128, 1.0, None, 51),
        (64, 512, 1.0, None, 64),
        (8, 4, 3.0, None, 1),
        (8, 64, 12.0, None, 5),
        (8, 4, 3.0, 6, 6),
    ],
)
def test_workers_by_cores_and_memory(cores, memory_gib, worker_gib, asked, expected):
    room = Room(tuple(range(cores)), int(memory_gib * GIB))
    guessed = room.first_guess(asked)
    first = WorkerInfo("m@0", "cpu", int(worker_gib * GIB))
    assert room.num_workers(first, asked, guessed=guessed) == expected


def test_each_worker_has_cores_of_its_own():
    room = Room((1, 2, 4, 5), GIB)
    assert [room.cores_of(slot, 2) for slot in range(3)] == [(1, 2), (4, 5), ()]


@pytest.mark.parametrize(
    ("num_gpus", "used_gib", "free_gib", "asked", "expected"),
    [
        (1, 3, 40, None, 4),
        (2, 3, 40, None, 8),
        (1, 20, 30, None, 2),
        (1, 20, 4, None, 1),
        (1, 3, 40, 2, 2),
    ],
)
def test_workers_by_gpus_and_their_memory(num_gpus, used_gib, free_gib, asked, expected):
    first = WorkerInfo("m@0", "cuda:0", GIB, used_gib * GIB, free_gib * GIB, num_gpus)
    assert gpu_workers(first, asked, num_cores=16) == expected


def test_free_memory():
    assert 1 << 20 < free_memory_bytes() < 1 << 50
