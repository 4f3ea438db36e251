"""Keep bytes in a file without a name, which is gone however the run ends."""

from __future__ import annotations

import contextlib
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from stad.errors import InputError


class ScratchFile:
    """A temporary file of bytes that are appended, overwritten and read.

    Args:
        folder: where there is room on disk, such as that of the outputs.

    Raises:
        InputError: also from ``append`` and ``overwrite``: the folder cannot be written or the
            disk is full.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)
        try:
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - open as long as this lives
        except OSError as error:
            raise self._failure(error) from error
        weakref.finalize(self, _close, self._file)

    def append(self, content: bytes | memoryview) -> int:
        """Add bytes and return the place where they begin."""
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
        """Return ``size`` bytes from a place on."""
        self._file.seek(place)
        return self._file.read(size)

    def read_into(self, place: int, buffer: memoryview) -> None:
        """Fill a buffer with the bytes from a place on."""
        self._file.seek(place)
        self._file.readinto(buffer)

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of the file."""
        self._file.seek(0)
        yield from self._file

    def close(self) -> None:
        """Free the disk space."""
        _close(self._file)

    def _failure(self, error: OSError) -> InputError:
        return InputError(
            f"Cannot keep temporary data in {self._folder} ({error.strerror or error}). Free some "
            "space there, or write to another folder."
        )


def _close(file: IO[bytes]) -> None:
    # On a full disk it still holds what could not be written.
    with contextlib.suppress(OSError):
        file.close()
