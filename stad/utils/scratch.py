"""A file without a name for what is needed until a run is over: gone however the run ends."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path

from stad.errors import InputError


class ScratchFile:
    """Bytes that are appended and read again.

    Args:
        folder: where there is room, such as that of the outputs.

    Raises:
        InputError: here and in ``append``: the folder cannot be written or the disk is full.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)
        try:
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - open as long as this lives
        except OSError as error:
            raise self._failure(error) from error
        weakref.finalize(self, self._file.close)

    def append(self, content: bytes | memoryview) -> int:
        """Add bytes; give the place where they begin."""
        try:
            place = self._file.seek(0, 2)
            self._file.write(content)
            self._file.flush()
        except OSError as error:
            raise self._failure(error) from error
        return place

    def overwrite(self, place: int, content: bytes | memoryview) -> None:
        """Replace the bytes from a place on."""
        try:
            self._file.seek(place)
            self._file.write(content)
            self._file.flush()
        except OSError as error:
            raise self._failure(error) from error

    def read(self, place: int, size: int) -> bytes:
        """The ``size`` bytes from a place on."""
        self._file.seek(place)
        return self._file.read(size)

    def read_into(self, place: int, buffer: memoryview) -> None:
        """Fill a buffer with the bytes from a place on."""
        self._file.seek(place)
        self._file.readinto(buffer)

    def lines(self) -> Iterator[bytes]:
        """All of it, line by line."""
        self._file.seek(0)
        yield from self._file

    def close(self) -> None:
        """Give the disk its room back."""
        self._file.close()

    def _failure(self, error: OSError) -> InputError:
        return InputError(
            f"cannot keep what is needed until the end in {self._folder} "
            f"({error.strerror or error}): make room there, or write to another folder"
        )
