"""Read shards through: count their records, frames and labels, and find the faulty ones."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tqdm import tqdm

from stad.datasets.records.features import FrameRecord, decode
from stad.datasets.records.modalities import (
    ALL_FRAMES,
    Modality,
    check_labels,
    join_modalities,
)
from stad.datasets.records.shards import read_stamp
from stad.datasets.records.tfrecord import Fault, RecordError, read_placed_records
from stad.errors import InputError
from stad.utils.cache import cache_dir
from stad.utils.files import make_folder, read_json, write_whole

SAVED_EVERY_SEC = 30


@dataclass(frozen=True)
class Counts:
    """The records of some shards.

    Attributes:
        records: that can be used.
        frames: of these.
        labels: of these.
        unlabelled: records without a label.
        segments: ratings of segments.
        faults: the records that cannot be used.
    """

    records: int = 0
    frames: int = 0
    labels: int = 0
    unlabelled: int = 0
    segments: int = 0
    faults: tuple[Fault, ...] = field(default=())

    @staticmethod
    def total(parts: Sequence[Counts]) -> Counts:
        """Return the sum of several."""
        keys = ("records", "frames", "labels", "unlabelled", "segments")
        sums = {key: sum(getattr(one, key) for one in parts) for key in keys}
        return Counts(**sums, faults=tuple(fault for one in parts for fault in one.faults))


@dataclass(frozen=True)
class Expected:
    """The content that records should have.

    Attributes:
        modalities: of the features.
        num_classes: of the labels.
    """

    modalities: tuple[Modality, ...]
    num_classes: int


def count_shard(path: str | Path, expected: Expected) -> Counts:
    """Return what is in a shard.

    Raises:
        InputError: it cannot be read.
    """
    records = enumerate(read_placed_records(path))
    return Counts.total([_count(path, number, one, expected) for number, one in records])


def _count(path: str | Path, number: int, found, expected: Expected) -> Counts:
    if isinstance(found, Fault):
        return Counts(faults=(found,))
    place, data = found
    try:
        record = decode(data)
        check_labels(record.labels, expected.num_classes)
        _, num_frames = join_modalities(record, expected.modalities, max_frames=ALL_FRAMES)
    except RecordError as error:
        return Counts(faults=(Fault(str(path), number, place.offset, str(error)),))
    has_frames = isinstance(record, FrameRecord)
    return Counts(
        records=1,
        frames=max(num_frames) if has_frames else 0,
        labels=len(record.labels),
        unlabelled=int(not record.labels),
        segments=len(record.segments) if has_frames else 0,
    )


def count_shards(
    paths: Sequence[Path], expected: Expected, *, processes: int | None = None
) -> dict[Path, Counts]:
    """Read shards through, with a progress bar; those that were read before are remembered.

    Args:
        paths: of the shards.
        expected: the content that their records should have.
        processes: that read; as many as processors if None.

    Raises:
        InputError: a file cannot be read.
    """
    store = _Store(expected)
    new = [path for path in paths if path not in store]
    bar = tqdm(
        total=sum(read_stamp(one)[0] for one in new),
        desc="reading shards",
        unit="B",
        unit_scale=True,
        disable=not new,
    )
    workers = min(processes or os.cpu_count() or 1, len(new))
    with store, bar:
        for path, counts in _results(new, expected, workers):
            store.add(path, counts)
            bar.update(read_stamp(path)[0])
    return {path: store[path] for path in paths}


def _results(paths: Sequence[Path], expected: Expected, workers: int):
    """Yield the counts of shards as they are completed, in any order."""
    if workers <= 1:
        yield from ((path, count_shard(path, expected)) for path in paths)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context) as pool:
        jobs = {pool.submit(count_shard, path, expected): path for path in paths}
        try:
            for job in as_completed(jobs):
                yield jobs[job], job.result()
        finally:
            pool.shutdown(cancel_futures=True)


class _Store:
    """The counts of shards, kept in the cache folder between runs."""

    def __init__(self, expected: Expected) -> None:
        key = hashlib.sha256(repr(expected).encode()).hexdigest()[:16]
        self._path = cache_dir() / "records" / f"counts_{key}.json"
        self._known: dict[str, dict] = {}
        self._saved = time.monotonic()
        # A damaged file is made again.
        with suppress(InputError):
            if self._path.is_file():
                self._known = read_json(self._path)

    def __contains__(self, path: Path) -> bool:
        entry = self._known.get(str(path.resolve()))
        return entry is not None and tuple(entry["stamp"]) == read_stamp(path)

    def __getitem__(self, path: Path) -> Counts:
        entry = self._known[str(path.resolve())]["counts"]
        return Counts(**{**entry, "faults": tuple(Fault(*one) for one in entry["faults"])})

    def add(self, path: Path, counts: Counts) -> None:
        """Keep the counts of a shard."""
        entry = {"stamp": read_stamp(path), "counts": asdict(counts)}
        self._known[str(path.resolve())] = entry
        if time.monotonic() - self._saved > SAVED_EVERY_SEC:
            self._save()

    def _save(self) -> None:
        # Where the cache cannot be written, the next run reads the shards again.
        with suppress(InputError):
            make_folder(self._path.parent)
            write_whole(self._path, json.dumps(self._known))
        self._saved = time.monotonic()

    def __enter__(self) -> _Store:
        return self

    def __exit__(self, *error: object) -> None:
        # Also after an interruption.
        self._save()
