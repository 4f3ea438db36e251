"""Text files that appear whole or not at all: written beside, then renamed."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from stad.errors import InputError


def part_path(path: str | Path) -> Path:
    """Return the name under which a file is written until it is complete: beside it, hidden.

    >>> part_path("results/a.json").name
    '.a.part.json'
    """
    path = Path(path)
    return path.with_name(f".{path.stem}.part{path.suffix}")


class AtomicFile:
    """A text file under a temporary name until ``close()``.

    A file that was there before stays as it was until then. UTF-8, lines end in '\\n'.

    Args:
        path: the final name; its folder is there.

    Raises:
        InputError: the file cannot be opened or written.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._part = part_path(self.path)
        # File names on Linux are bytes: those that are no UTF-8 pass through as they are.
        self._file = self._try(
            lambda: self._part.open("w", encoding="utf-8", errors="surrogateescape", newline="\n")
        )
        self._is_pending = True

    def write(self, text: str) -> None:
        """Add text."""
        self._try(lambda: self._file.write(text))

    def close(self) -> None:
        """Give the file its name; nothing happens the second time."""
        if self._is_pending:
            self._try(self._file.close)
            self._try(lambda: self._part.replace(self.path))
            self._is_pending = False

    def abort(self) -> None:
        """Remove what was written; nothing happens after ``close()``."""
        if self._is_pending:
            self._is_pending = False
            # A full disk fails the last write here once more; the file goes anyway.
            with contextlib.suppress(OSError):
                self._file.close()
            self._part.unlink(missing_ok=True)

    def _try(self, action: Callable):
        try:
            return action()
        except OSError as error:
            raise InputError(f"cannot write {self.path}: {error.strerror or error}") from error


def write_whole(path: str | Path, text: str) -> None:
    """Write a text file; it appears whole or not at all.

    Raises:
        InputError: it cannot be written.
    """
    file = AtomicFile(path)
    try:
        file.write(text)
        file.close()
    except BaseException:
        file.abort()
        raise


def check_output(flag: str, path: str | Path) -> None:
    """Raise InputError unless a file can be written there; for runs that write it at their end.

    Args:
        flag: the option that names the file, for the message.
        path: of the file; what is there stays.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise InputError(f"{flag}: the folder {path.parent} does not exist: make it first")
    if path.is_dir():
        raise InputError(f"{flag}: {path} is a folder: give a file name in it")
    place = path.absolute().parts[1:3]
    is_system = place[:1] == ("proc",) or (place[:1] == ("dev",) and place[1:] != ("shm",))
    if is_system or (path.exists() and not path.is_file()):
        # The finished file is renamed over what is there: that would replace the device.
        raise InputError(f"{flag}: {path} is a device or a pipe: give the name of a file")
    try:
        # Only a file made there tells; permission bits do not.
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise InputError(
            f"{flag}: the folder {path.parent} cannot be written ({error.strerror}): "
            "choose another one"
        ) from error


@contextlib.contextmanager
def partial_file(path: Path) -> Iterator[Path]:
    """A new file beside ``path`` to write to; it takes that name if the block succeeds.

    Two processes never share it, and a reader never sees half a file.
    """
    make_folder(path.parent)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        # mkstemp's files are the owner's alone; this one gets what the umask grants.
        part.chmod(0o666 & ~_umask())
        part.replace(path)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise InputError(f"the disk of {path.parent} is full: make room there") from error
        raise
    finally:
        part.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Only a file in it tells whether files can be made there.
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(
            f"the cache folder {folder} cannot be written ({error.strerror}): "
            "set STAD_HOME to one that can"
        ) from error


def _umask() -> int:
    # It can only be read by setting it.
    mask = os.umask(0)
    os.umask(mask)
    return mask


def existing_file(path: str) -> Path:
    """The path if a file is there, else InputError."""
    if not Path(path).is_file():
        raise InputError(f"no such file: {path}; check the name and the folder")
    return Path(path)


def read_json(path: str | Path) -> Any:
    """Read a JSON file.

    Raises:
        InputError: there is no such file, it cannot be read, or it is not JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error}).") from error
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path} is not JSON ({error}). Check the file, or write it again."
        ) from error
