"""Read and write TFRecord files: byte strings, each with a checksum of its length and of itself.

A record is a little-endian uint64 length, the masked CRC-32C of these 8 bytes, the data, and the
masked CRC-32C of the data. A file has no header and no padding.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple

import google_crc32c
import numpy as np

from stad.errors import InputError
from stad.utils.files import writing
from stad.utils.part_files import PartFile

_LENGTH = struct.Struct("<Q")
_CRC = struct.Struct("<I")
LENGTH_BYTES = _LENGTH.size
HEADER_BYTES = LENGTH_BYTES + _CRC.size
# What a record takes beside its data.
FRAME_BYTES = HEADER_BYTES + _CRC.size
MASK_DELTA = 0xA282EAD8
# How far the next record is searched for after a length that is wrong.
SEARCHED_BYTES, SEARCH_STEP = 64 << 20, 1 << 20
# What a file that is not of records begins with, after a download that went wrong.
_OTHER_FILES = {
    b"\x1f\x8b": "the file is compressed with gzip: unpack it",
    b"<": "the file is a web page: fetch it again",
}


class Place(NamedTuple):
    """The place of a record's data in a file.

    Attributes:
        offset: of the record, its header included, bytes.
        num_bytes: of its data.
    """

    offset: int
    num_bytes: int

    @property
    def end(self) -> int:
        """The offset of what follows the record, bytes."""
        return self.offset + FRAME_BYTES + self.num_bytes


class Fault(NamedTuple):
    """A record that cannot be used.

    Attributes:
        file: the path of the shard.
        number: of the record in it, from 0, counting those that cannot be used.
        offset: of the record, bytes.
        reason: why, without a period at its end.
    """

    file: str
    number: int
    offset: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, record {self.number} at byte {self.offset}: {self.reason}"


class RecordError(Exception):
    """A record that cannot be used; the message is the reason."""


def masked_crc(data: bytes) -> int:
    """Return the checksum that a TFRecord stores for some bytes.

    >>> hex(masked_crc(bytes(8)))
    '0x7980329'
    """
    crc = google_crc32c.value(data)
    return ((crc >> 15 | crc << 17) + MASK_DELTA) & 0xFFFFFFFF


def frame(data: bytes) -> bytes:
    """Return a record: its data with the length and both checksums."""
    length = _LENGTH.pack(len(data))
    crcs = _CRC.pack(masked_crc(length)), _CRC.pack(masked_crc(data))
    return b"".join((length, crcs[0], data, crcs[1]))


def length_in(header: bytes) -> int | None:
    """Return the number of bytes of data that a header states; None if its checksum is wrong.

    Args:
        header: the first 12 bytes of a record.
    """
    length = header[:LENGTH_BYTES]
    if _CRC.unpack_from(header, LENGTH_BYTES)[0] != masked_crc(length):
        return None
    return _LENGTH.unpack(length)[0]


def unframe(record: bytes) -> bytes:
    """Return the data of a whole record.

    Args:
        record: its header, data and last checksum.

    Raises:
        RecordError: it is too short, or a checksum or the length is wrong.
    """
    if len(record) < FRAME_BYTES:
        raise RecordError(f"it is cut off: {len(record)} bytes are left")
    length = length_in(record[:HEADER_BYTES])
    if length is None:
        raise RecordError("the checksum of its length is wrong")
    if length != len(record) - FRAME_BYTES:
        raise RecordError(
            f"it has {length} bytes of data, but {len(record) - FRAME_BYTES} were expected"
        )
    data = record[HEADER_BYTES:-4]
    if _CRC.unpack_from(record, len(record) - 4)[0] != masked_crc(data):
        raise RecordError("the checksum of its data is wrong")
    return data


def find_records(path: str | Path) -> Iterator[Place | Fault]:
    """Yield the place of each record of a file, or the fault in place of a record.

    Headers are read and checked; the data is skipped. Where a length is wrong, the search for the
    next record that is whole goes on behind it.

    Args:
        path: of the file.

    Raises:
        InputError: the file cannot be read.
    """
    path = Path(path)
    try:
        with path.open("rb", buffering=0) as file:
            yield from _find_in(file, str(path), path.stat().st_size)
    except OSError as error:
        raise read_error(path, error) from error


def _find_in(file: BinaryIO, name: str, size: int) -> Iterator[Place | Fault]:
    offset = number = 0
    while offset < size:
        place, reason = _place_at(file, offset, size)
        if place is not None:
            yield place
            offset = place.end
        else:
            following = _next_offset(file, offset + 1, size)
            is_last = following == size and not reason.startswith("the file")
            end = ", and no whole record follows" if is_last else ""
            yield Fault(name, number, offset, reason + end)
            offset = following
        number += 1


def _place_at(file: BinaryIO, offset: int, size: int) -> tuple[Place | None, str]:
    """Return the place of the record at an offset, or None and why there is none."""
    file.seek(offset)
    header = _read_exactly(file, min(HEADER_BYTES, size - offset))
    if len(header) < HEADER_BYTES:
        return None, f"the file ends in its header, {size - offset} bytes behind its start"
    length = length_in(header)
    if length is None:
        kinds = (text for start, text in _OTHER_FILES.items() if header.startswith(start))
        other = next(kinds, None) if offset == 0 else None
        return None, other or "the checksum of its length is wrong"
    place = Place(offset, length)
    if place.end > size:
        return None, f"the file ends {place.end - size} bytes before its end"
    return place, ""


def _next_offset(file: BinaryIO, begin: int, size: int) -> int:
    """Return the offset of the first whole record behind a fault; the file's size if none is."""
    for start in range(begin, min(begin + SEARCHED_BYTES, size), SEARCH_STEP):
        file.seek(start)
        # Blocks overlap by a header.
        block = _read_exactly(file, min(SEARCH_STEP + HEADER_BYTES, size - start))
        for found in _possible_headers(block, size - start):
            if length_in(block[found : found + HEADER_BYTES]) is None:
                continue
            place, _ = _place_at(file, start + found, size)
            if place is not None and _is_whole(file, place):
                return place.offset
    return size


def _possible_headers(block: bytes, rest: int) -> list[int]:
    """Return the positions in a block where a header may begin.

    Args:
        block: bytes of a file.
        rest: bytes from its start to the end of the file.
    """
    count = len(block) - HEADER_BYTES + 1
    if count < 1:
        return []
    values = np.frombuffer(block, dtype=np.uint8)
    low = np.lib.stride_tricks.sliding_window_view(values, LENGTH_BYTES)[:count]
    # No record has 4 GiB, or more bytes than the file.
    lengths = low[:, :4].astype(np.uint32) @ np.array([1, 1 << 8, 1 << 16, 1 << 24], np.uint32)
    fits = (lengths > 0) & (lengths <= max(0, rest - FRAME_BYTES))
    return np.flatnonzero(fits & ~low[:, 4:].any(axis=1)).tolist()


def _is_whole(file: BinaryIO, place: Place) -> bool:
    file.seek(place.offset)
    try:
        unframe(_read_exactly(file, place.end - place.offset))
    except RecordError:
        return False
    return True


def _read_exactly(file: BinaryIO, num_bytes: int) -> bytes:
    """Read bytes; fewer only at the end of the file. An unbuffered read may return early."""
    parts = []
    while num_bytes > 0 and (part := file.read(num_bytes)):
        parts.append(part)
        num_bytes -= len(part)
    return b"".join(parts)


def read_records(path: str | Path) -> Iterator[bytes | Fault]:
    """Yield the data of each record of a file in order, or the fault in place of a record.

    Args:
        path: of the file.

    Raises:
        InputError: the file cannot be read.
    """
    for found in read_placed_records(path):
        yield found if isinstance(found, Fault) else found[1]


def read_placed_records(path: str | Path) -> Iterator[tuple[Place, bytes] | Fault]:
    """Yield the place and the data of each record, or the fault, as ``read_records``."""
    path = Path(path)
    try:
        with path.open("rb", buffering=0) as file:
            for number, found in enumerate(find_records(path)):
                if isinstance(found, Fault):
                    yield found
                    continue
                file.seek(found.offset)
                try:
                    yield found, unframe(_read_exactly(file, found.end - found.offset))
                except RecordError as error:
                    yield Fault(str(path), number, found.offset, str(error))
    except OSError as error:
        raise read_error(path, error) from error


def read_error(path: str | Path, error: OSError) -> InputError:
    """Return the error of a file of records that cannot be read."""
    return InputError(
        f"{path} cannot be read ({error.strerror or error}). Check the file and its permissions."
    )


class TFRecordWriter:
    """A TFRecord file under a temporary name until the block ends without an error.

    Args:
        path: the final name; its folder exists. An old file stays as it was until then.

    Attributes:
        num_records: written so far.

    Raises:
        InputError: the file cannot be opened or written.
    """

    def __init__(self, path: str | Path) -> None:
        self.path, self.num_records = Path(path), 0
        with writing(self.path):
            self._part = PartFile(self.path)
        self._file = self._part.open_bytes()

    def __enter__(self):
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        try:
            with writing(self.path):
                self._file.close()
                if kind is None:
                    self._part.take_place()
        finally:
            self._part.remove()

    def write_data(self, data: bytes) -> None:
        """Add a record of some bytes."""
        with writing(self.path):
            self._file.write(frame(data))
        self.num_records += 1
