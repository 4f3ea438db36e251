"""Find the shards of a data set, and read any record of them."""

from __future__ import annotations

import glob
import os
from collections import OrderedDict
from pathlib import Path

from stad.datasets.records.tfrecord import Place, RecordError, read_error, unframe
from stad.errors import InputError

SUFFIX = ".tfrecord"
# Open files of one process. A system lets a process have 1024 or more.
OPEN_SHARDS = 128


def find_shards(records: str | Path) -> list[Path]:
    """Return the shards that a folder or a pattern names, sorted by path; empty if there are none.

    Args:
        records: a folder of files '*.tfrecord', a file, or a pattern such as
            'data/frame/train*.tfrecord'.
    """
    path = Path(records)
    if path.is_dir():
        found = path.glob(f"*{SUFFIX}")
    else:
        # Path.glob takes no absolute pattern.
        names = glob.glob(str(records), recursive=True)  # noqa: PTH207
        found = [path] if path.is_file() else map(Path, names)
    return sorted(one for one in found if one.is_file() and not one.name.startswith("."))


def read_stamp(path: str | Path) -> tuple[int, int]:
    """Return the size of a file in bytes and its time of modification in nanoseconds.

    Raises:
        InputError: it cannot be read.
    """
    try:
        found = Path(path).stat()
    except OSError as error:
        raise read_error(path, error) from error
    return found.st_size, found.st_mtime_ns


class ShardReader:
    """Read records at given places; the processes of a loader may share one."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, int] = OrderedDict()

    def read(self, path: str, place: Place) -> bytes:
        """Return the data of the record at a place.

        Args:
            path: of the shard.
            place: of the record in it.

        Raises:
            RecordError: a checksum is wrong, or the file has become shorter.
            InputError: the file cannot be read.
        """
        try:
            # Unlike a read after a seek, this does not move a position that processes share.
            record = _read_at(self._descriptor(path), place)
        except OSError as error:
            raise read_error(path, error) from error
        return unframe(record)

    def _descriptor(self, path: str) -> int:
        if path in self._files:
            self._files.move_to_end(path)
            return self._files[path]
        if len(self._files) >= OPEN_SHARDS:
            os.close(self._files.popitem(last=False)[1])
        self._files[path] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        return self._files[path]

    def close(self) -> None:
        """Close the files; they are opened again when needed."""
        while self._files:
            os.close(self._files.popitem()[1])

    def __getstate__(self) -> dict:
        # A process that is spawned has none of the open files.
        return {"_files": OrderedDict()}

    def __del__(self) -> None:
        self.close()


def _read_at(descriptor: int, place: Place) -> bytes:
    """Return the bytes of a record; fewer if the file ends."""
    size = place.end - place.offset
    record = os.pread(descriptor, size, place.offset)
    while len(record) < size:
        more = os.pread(descriptor, size - len(record), place.offset + len(record))
        if not more:
            raise RecordError(f"the file ends {size - len(record)} bytes before its end")
        record += more
    return record


def missing_shards(records: str | Path) -> InputError:
    """Return the error of a data set without shards."""
    return InputError(
        f"There are no shards of records in {records}: expected files ending in {SUFFIX}. For "
        "YouTube-8M, 'python tools/prepare_youtube8m.py data/youtube8m' says how to get them and "
        "checks them. 'python tools/make_planted_records.py data/planted' makes made-up ones. For "
        "your own records, name their folder in the config."
    )
