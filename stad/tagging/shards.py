"""Write and read the shards of one's own records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from stad.datasets.records.features import FrameRecord, RecordWriter, decode
from stad.datasets.records.tfrecord import Fault, RecordError, read_records
from stad.errors import InputError
from stad.tagging.table import RGB, SHARD, RecordsTable, VideoRow


def write_shard(path: Path, records: Iterable[FrameRecord]) -> None:
    """Write a shard; it appears whole or not at all.

    Raises:
        InputError: it cannot be written, as on a full disk.
    """
    with RecordWriter(path) as writer:
        for one in records:
            writer.write(one)


def read_shard(path: Path) -> Iterator[FrameRecord]:
    """Yield the records of a shard.

    Raises:
        InputError: it is missing, or one of them is damaged.
    """
    for number, data in enumerate(read_records(path)):
        reason = str(data) if isinstance(data, Fault) else ""
        try:
            record = None if isinstance(data, Fault) else decode(data)
        except RecordError as error:
            record, reason = None, f"{path}, record {number}: {error}"
        if not isinstance(record, FrameRecord):
            raise InputError(
                f"{reason or f'{path}, record {number}: it has no frames'}. Delete the file and "
                "run stad features again."
            )
        yield record


def read_features(
    folder: Path, table: RecordsTable, wanted: Callable[[VideoRow], bool]
) -> dict[str, np.ndarray]:
    """Return the features of videos by id, (T, K) uint8 each.

    Args:
        folder: of the records.
        table: of that folder.
        wanted: which of the videos.

    Raises:
        InputError: a shard is missing or damaged.
    """
    rows = {one.id: one for one in table.videos if wanted(one)}
    found = {}
    for shard in sorted({one.shard for one in rows.values()}):
        for record in read_shard(folder / shard):
            if record.record_id in rows:
                found[record.record_id] = _frames(record, table, folder / shard)
    if missing := [one for one in rows if one not in found]:
        raise InputError(
            f"{folder / rows[missing[0]].shard} has no record of {missing[0]}, which the table "
            "names. Delete the file and run stad features again."
        )
    return {one: found[one] for one in rows}


def _frames(record: FrameRecord, table: RecordsTable, path: Path) -> np.ndarray:
    frames = record.features.get(RGB)
    if frames is None or frames.shape[1:] != (table.num_channels,):
        raise InputError(
            f"{path} has no features {RGB!r} of {table.num_channels} values for "
            f"{record.record_id}. It belongs to another folder: run stad features again."
        )
    return frames


def next_shard(folder: Path, table: RecordsTable) -> str:
    """Return the name of a shard that is not there yet."""
    taken = {one.shard for one in table.videos}
    number = len(taken)
    while SHARD.format(number) in taken or (folder / SHARD.format(number)).exists():
        number += 1
    return SHARD.format(number)


def rewrite_shard(folder: Path, shard: str, table: RecordsTable, rows: Sequence[VideoRow]) -> None:
    """Write a shard again, with the records of some rows only and with their labels.

    Raises:
        InputError: it cannot be read or written.
    """
    by_id = {one.id: one for one in rows}
    records = [
        FrameRecord(one.record_id, table.numbers(by_id[one.record_id].labels), one.features)
        for one in read_shard(folder / shard)
        if one.record_id in by_id
    ]
    if records:
        write_shard(folder / shard, records)
    else:
        (folder / shard).unlink(missing_ok=True)
