"""Index the records of shards: where each begins, kept in a file so that it is found once.

The index of a data set lies beside its shards, or in the cache folder where that cannot be
written. A shard of another size or time of modification is looked at again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from stad.datasets.records.shards import find_shards, missing_shards, read_stamp
from stad.datasets.records.tfrecord import Fault, Place, find_records
from stad.errors import InputError
from stad.utils.cache import cache_dir
from stad.utils.files import partial_file
from stad.utils.npz import open_npz

FILE_NAME = ".stad_record_index.npz"
VERSION = 1
# Disks and networks answer several requests at a time; what Python does between is little.
THREADS = 8
BAR_AFTER_SEC = 2
SAVED_EVERY_SEC = 30


class ShardIndex(NamedTuple):
    """The records of one shard.

    Attributes:
        stamp: size in bytes and time of modification in nanoseconds when it was read.
        numbers: (N,) int64, the number of each record that has a place, from 0.
        places: (N, 2) int64, its offset and the bytes of its data.
        faults: what is there in place of a record.
    """

    stamp: tuple[int, int]
    numbers: np.ndarray
    places: np.ndarray
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class RecordIndex:
    """The records of all shards of a data set.

    Attributes:
        shards: S paths.
        first: (S + 1,) int64, the first record of each shard, and the number of all.
        numbers: (N,) int64, the number of each record in its shard, from 0.
        places: (N, 2) int64, its offset and the bytes of its data.
        faults: what is there in place of a record.
    """

    shards: tuple[str, ...]
    first: np.ndarray
    numbers: np.ndarray
    places: np.ndarray
    faults: tuple[Fault, ...]

    def __len__(self) -> int:
        return len(self.places)

    def locate(self, index: int) -> tuple[str, int, Place]:
        """Return the path of a record's shard, its number in it, and its place."""
        shard = int(np.searchsorted(self.first, index, side="right")) - 1
        return self.shards[shard], int(self.numbers[index]), Place(*self.places[index].tolist())


def index_shard(path: str | Path) -> ShardIndex:
    """Return the records of a shard, from their headers.

    Raises:
        InputError: the file cannot be read.
    """
    stamp = read_stamp(path)
    numbers, places, faults = [], [], []
    for number, found in enumerate(find_records(path)):
        if isinstance(found, Fault):
            faults.append(found)
        else:
            numbers.append(number)
            places.append(found)
    return ShardIndex(
        stamp,
        np.array(numbers, dtype=np.int64),
        np.array(places, dtype=np.int64).reshape(-1, 2),
        tuple(faults),
    )


def build_index(records: str | Path) -> RecordIndex:
    """Return the index of a data set; shards that are not in its file yet are read.

    Args:
        records: a folder or a pattern, see ``find_shards``.

    Raises:
        InputError: there are no shards, or one cannot be read.
    """
    shards = find_shards(records)
    if not shards:
        raise missing_shards(records)
    known: dict[str, ShardIndex] = {}
    for folder in dict.fromkeys(one.parent for one in shards):
        known |= _index_folder(folder, [one for one in shards if one.parent == folder])
    return _join(shards, known)


def _join(shards: Sequence[Path], known: dict[str, ShardIndex]) -> RecordIndex:
    parts = [known[str(one)] for one in shards]
    counts = [len(one.places) for one in parts]
    return RecordIndex(
        tuple(map(str, shards)),
        np.concatenate(([0], np.cumsum(counts))),
        np.concatenate([one.numbers for one in parts]),
        np.concatenate([one.places for one in parts]),
        tuple(fault for one in parts for fault in one.faults),
    )


def _index_folder(folder: Path, shards: Sequence[Path]) -> dict[str, ShardIndex]:
    """Return the index of the shards of a folder by path; its file has them afterwards."""
    known = _load(folder)
    new = [
        one for one in shards if str(one) not in known or known[str(one)].stamp != read_stamp(one)
    ]
    if not new:
        return known
    saved = time.monotonic()
    pool = ThreadPoolExecutor(THREADS)
    bar = tqdm(
        total=len(new), desc=f"index of {folder}", unit="shard", delay=BAR_AFTER_SEC, leave=False
    )
    try:
        for path, one in zip(new, _in_order(pool, new), strict=True):
            known[str(path)] = one
            bar.update()
            if time.monotonic() - saved > SAVED_EVERY_SEC:
                _save(folder, known)
                saved = time.monotonic()
    finally:
        pool.shutdown(cancel_futures=True)
        bar.close()
        # Also after an interruption, so that the next run begins where this one ended.
        _save(folder, known)
    return known


def _in_order(pool: ThreadPoolExecutor, paths: Iterable[Path]) -> Iterable[ShardIndex]:
    """Yield the index of each shard, a few of them ahead."""
    paths = iter(paths)
    waiting = [pool.submit(index_shard, one) for one in islice(paths, 2 * THREADS)]
    while waiting:
        yield waiting.pop(0).result()
        waiting += [pool.submit(index_shard, one) for one in islice(paths, 1)]


def _files(folder: Path) -> tuple[Path, Path]:
    """Return where the index of a folder may be: in it, else in the cache folder."""
    key = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    return folder / FILE_NAME, cache_dir() / "records" / f"{key}.npz"


def _load(folder: Path) -> dict[str, ShardIndex]:
    """Return what the file of a folder knows; nothing if there is none that can be read."""
    for path in _files(folder):
        if path.is_file():
            try:
                with open_npz(path) as arrays:
                    if int(arrays["version"]) == VERSION:
                        return _unpack(folder, {name: arrays[name] for name in arrays.files})
            # A damaged file is made again.
            except Exception:
                continue
    return {}


def _unpack(folder: Path, arrays: dict[str, np.ndarray]) -> dict[str, ShardIndex]:
    first, found = arrays["first"], {}
    names = arrays["names"].tolist()
    faults: list[list[Fault]] = [[] for _ in names]
    places = zip(arrays["fault_shards"].tolist(), arrays["fault_places"].tolist(), strict=True)
    for (shard, (number, offset)), reason in zip(places, arrays["reasons"].tolist(), strict=True):
        faults[shard].append(Fault(str(folder / names[shard]), number, offset, reason))
    for i, (name, stamp) in enumerate(zip(names, arrays["stamps"].tolist(), strict=True)):
        rows = slice(first[i], first[i + 1])
        found[str(folder / name)] = ShardIndex(
            tuple(stamp), arrays["numbers"][rows], arrays["places"][rows], tuple(faults[i])
        )
    return found


def _save(folder: Path, known: dict[str, ShardIndex]) -> None:
    """Write the file of a folder, or the one in the cache folder; neither must be possible."""
    kept = {Path(path): one for path, one in known.items() if Path(path).is_file()}
    if not kept:
        return
    joined = _join(list(kept), known)
    order = {str(path): number for number, path in enumerate(kept)}
    arrays = {
        "version": np.array(VERSION),
        "names": np.array([path.name for path in kept]),
        "stamps": np.array([one.stamp for one in kept.values()], dtype=np.int64).reshape(-1, 2),
        "first": joined.first,
        "numbers": joined.numbers,
        "places": joined.places,
        "fault_shards": np.array([order[one.file] for one in joined.faults], dtype=np.int64),
        "fault_places": np.array(
            [(one.number, one.offset) for one in joined.faults], dtype=np.int64
        ).reshape(-1, 2),
        "reasons": np.array([one.reason for one in joined.faults], dtype=np.str_),
    }
    for path in _files(folder):
        # A folder that cannot be written is an InputError, a full disk too.
        with contextlib.suppress(InputError, OSError):
            with partial_file(path) as part, part.open("wb") as file:
                np.savez(file, **arrays)
            return
