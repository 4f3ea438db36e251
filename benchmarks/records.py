"""Measure how fast training gets its records: beside a plain loop, and while a model trains."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mmengine.config import Config
from mmengine.optim import OptimWrapper
from torch.utils.data import DataLoader

from stad.datasets.records.dataset import RecordDataset, collate_records
from stad.datasets.records.features import FrameRecord, RecordWriter, decode
from stad.datasets.records.shard_sampler import ShardSampler
from stad.datasets.records.shards import find_shards
from stad.datasets.records.tfrecord import Fault, read_records
from stad.registry import MODELS

# Of YouTube-8M: 290 kB a record.
CHANNELS, NUM_CLASSES, FRAMES, LABELS = {"rgb": 1024, "audio": 128}, 3862, (120, 300), 3
SHARD_RECORDS = 100


def write_records(folder: Path, count: int) -> str:
    """Write shards of records of YouTube-8M's size; return their pattern."""
    rng = np.random.default_rng(0)
    for shard, begin in enumerate(range(0, count, SHARD_RECORDS)):
        with RecordWriter(folder / f"train{shard:04d}.tfrecord") as writer:
            for number in range(begin, min(count, begin + SHARD_RECORDS)):
                frames = int(rng.integers(FRAMES[0], FRAMES[1] + 1))
                features = {
                    name: rng.integers(0, 256, (frames, channels), dtype=np.uint8)
                    for name, channels in CHANNELS.items()
                }
                labels = tuple(rng.choice(NUM_CLASSES, LABELS, replace=False).tolist())
                writer.write(FrameRecord(f"{number:04d}", labels, features))
    return str(folder / "train*.tfrecord")


@dataclass(frozen=True)
class Speed:
    """The time that reading took.

    Attributes:
        records: how many.
        seconds: it took.
    """

    records: int
    seconds: float

    @property
    def per_sec(self) -> float:
        """Records per second."""
        return self.records / self.seconds


def time_plain_loop(pattern: str) -> Speed:
    """Time a loop over the files in order: checksums, messages, arrays; no batches."""
    begin, count = time.perf_counter(), 0
    for path in find_shards(pattern):
        for data in read_records(path):
            if not isinstance(data, Fault):
                decode(data)
                count += 1
    return Speed(count, time.perf_counter() - begin)


def open_loader(dataset: RecordDataset, *, batch: int, workers: int) -> DataLoader:
    """Return a loader as training has it."""
    return DataLoader(
        dataset,
        batch,
        sampler=ShardSampler(dataset),
        num_workers=workers,
        collate_fn=collate_records,
        persistent_workers=workers > 0,
    )


def time_loader(dataset: RecordDataset, *, batch: int, workers: int) -> Speed:
    """Time an epoch of a loader, whose processes have started."""
    loader = open_loader(dataset, batch=batch, workers=workers)
    # The first epoch starts the processes and opens the files.
    sum(len(one["inputs"]) for one in loader)
    begin = time.perf_counter()
    count = sum(len(one["inputs"]) for one in loader)
    return Speed(count, time.perf_counter() - begin)


@dataclass(frozen=True)
class StepTimes:
    """Seconds of a step of training.

    Attributes:
        alone: with a batch that is in memory.
        reading: with batches of a loader.
        waiting: of these, waiting for the loader.
    """

    alone: float
    reading: float
    waiting: float


def time_training(
    config: Config, dataset: RecordDataset, *, batch: int, workers: int, steps: int
) -> StepTimes:
    """Time steps of training with and without a loader beside them.

    Args:
        config: with 'model' and 'optim_wrapper'.
        dataset: to read from.
        batch: records of a step.
        workers: processes of the loader.
        steps: to time, after one to warm up.
    """
    model = MODELS.build(config.model).train()
    options = {key: value for key, value in config.optim_wrapper.optimizer.items() if key != "type"}
    wrapper = OptimWrapper(config.optim_wrapper.optimizer.type(model.parameters(), **options))
    batches = _endless(open_loader(dataset, batch=batch, workers=workers))
    kept = next(batches)
    model.train_step(kept, wrapper)
    waiting = 0.0
    begin = time.perf_counter()
    for _ in range(steps):
        asked = time.perf_counter()
        one = next(batches)
        waiting += time.perf_counter() - asked
        model.train_step(one, wrapper)
    reading = time.perf_counter() - begin
    batches.close()
    begin = time.perf_counter()
    for _ in range(steps):
        model.train_step(kept, wrapper)
    alone = time.perf_counter() - begin
    return StepTimes(alone / steps, reading / steps, waiting / steps)


def _endless(loader: DataLoader) -> Iterator[dict]:
    for _ in itertools.count():
        yield from loader
