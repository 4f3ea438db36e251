"""Write files that appear complete or not at all, and check places before they are written."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Protocol

from stad.errors import InputError
from stad.utils.cache import cache_dir
from stad.utils.limits import GIB, TEXT_GB, check_text_size
from stad.utils.part_files import PartFile, file_number, is_special, special_fault

# No space, or no more of a user's quota.
FULL = frozenset((errno.ENOSPC, errno.EDQUOT))


def atomic_write(path: str | Path, content: str | bytes | Callable[[Path], object]) -> None:
    """Write a file that appears complete or not at all, even if the process is killed.

    It is written beside ``path``, brought to the disk and renamed.

    Args:
        path: the final name; its folder exists.
        content: text (as UTF-8), bytes, or a function that writes the file at the path it is given.

    Raises:
        OSError: the file cannot be written; an old one stays as it was.
    """
    with renamed_into_place(path) as part:
        if callable(content):
            content(part)
        else:
            part.write_bytes(content if isinstance(content, bytes) else _encode(content))
        with part.open("rb+") as file:
            os.fsync(file.fileno())


@contextlib.contextmanager
def renamed_into_place(path: str | Path) -> Iterator[Path]:
    """Give the name of a new part file; it is renamed to ``path`` if the block succeeds.

    Else it is removed. Devices and pipes are not replaced: its content is copied into them.

    Args:
        path: the final name; its folder exists.

    Raises:
        OSError: the file cannot be made or renamed; an old one stays as it was.
    """
    part = PartFile(path)
    try:
        yield part.path
        part.take_place()
    finally:
        part.remove()


def _encode(text: str) -> bytes:
    # File names on Linux are bytes: those that are not UTF-8 pass through unchanged.
    return text.encode("utf-8", errors="surrogateescape")


def write_whole(path: str | Path, content: str | bytes | Callable[[Path], object]) -> None:
    """Write a file that appears complete or not at all; ``content`` as in ``atomic_write``.

    Raises:
        InputError: the file cannot be written.
    """
    with writing(path):
        atomic_write(path, content)


@contextlib.contextmanager
def writing(path: str | Path) -> Iterator[None]:
    """Turn an OSError of the block, which writes to ``path``, into an InputError with advice."""
    try:
        yield
    except OSError as error:
        # The script ends as it does when the reader of its other text has ended.
        if isinstance(error, BrokenPipeError) and file_number(path) is not None:
            raise
        raise write_error(path, error) from error


class SystemFailure(Protocol):
    """An error with the number and the text of the system, as OSError and FFmpeg's have."""

    @property
    def errno(self) -> int | None:
        """The number; None for an unknown one."""
        ...

    @property
    def strerror(self) -> str | None:
        """The text; None for an unknown one."""
        ...


def write_error(path: str | Path, error: SystemFailure) -> InputError:
    """Return the error of a file that cannot be written: the reason, and what to do."""
    is_full = error.errno in FULL
    advice = "Free some space on that disk" if is_full else "Choose another file name or folder"
    return InputError(f"Cannot write {path}: {error.strerror or error}. {advice}.")


class AtomicFile:
    r"""A text file under a temporary name until ``close()``.

    A file that was there before stays as it was until then. UTF-8, lines end in '\n'.

    Args:
        path: the final name; its folder exists. What is for a device or a pipe is copied into it
            on ``close()``.

    Raises:
        InputError: the file cannot be opened or written.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        with writing(self.path):
            self._part = PartFile(self.path)
        self._file = self._part.open_text()
        self._is_pending = True

    def write(self, text: str) -> None:
        """Add text."""
        with writing(self.path):
            self._file.write(text)

    def close(self) -> None:
        """Give the file its name; further calls do nothing."""
        if self._is_pending:
            with writing(self.path):
                self._file.close()
                self._part.take_place()
            self._is_pending = False

    def abort(self) -> None:
        """Remove what was written; does nothing after ``close()``."""
        if self._is_pending:
            self._is_pending = False
            # On a full disk the last write fails here again; the file is removed anyway.
            with contextlib.suppress(OSError):
                self._file.close()
            self._part.remove()


def last_bytes(file: IO[bytes], count: int) -> bytes:
    """Return the last bytes of an open file; all of them where it has fewer."""
    file.seek(max(0, file.seek(0, os.SEEK_END) - count))
    return file.read()


def check_output(flag: str, path: str | Path) -> None:
    """Raise InputError unless a file can be written; for runs that write it at their end.

    Args:
        flag: the option that names the file, for the message.
        path: of the file; an existing file is left unchanged.
    """
    path = Path(path)
    if is_special(path):
        if fault := special_fault(path):
            raise InputError(
                f"{flag}: {path} cannot be written to ({fault}). Give the name of a file."
            )
        return
    try:
        _check_place(flag, path)
        # Permission bits do not tell whether a file can be made, making one does. Its name is
        # as long as the longest temporary name of an output, and the next check removes one of a
        # process that died just now.
        PartFile(path.with_name(f"{path.name}.checking")).remove()
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            size = len(os.fsencode(path.name))
            raise InputError(
                f"{flag}: the file name {path.name[:24]}... is too long ({size} bytes). "
                "Choose a shorter one."
            ) from error
        raise InputError(
            f"{flag}: cannot write to the folder {path.parent} ({error.strerror or error}). "
            "Choose another one."
        ) from error


def _check_place(flag: str, path: Path) -> None:
    if not path.parent.is_dir():
        raise InputError(
            f"{flag}: the folder {path.parent} does not exist. Create it first, or choose another."
        )
    if path.is_dir():
        raise InputError(f"{flag}: {path} is a folder. Give the name of a file in it.")


@contextlib.contextmanager
def partial_file(path: Path) -> Iterator[Path]:
    """Give a new file beside ``path`` to write to; it takes that name if the block succeeds.

    Two processes never share it, and a reader never sees half a file.

    Raises:
        InputError: the folder cannot be written, or its disk is full.
    """
    make_folder(path.parent)
    with explained_full_disk(path.parent), renamed_into_place(path) as part:
        yield part


@contextlib.contextmanager
def explained_full_disk(folder: Path) -> Iterator[None]:
    """Turn the error of a full disk in the block, which writes to a folder, into an InputError."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise full_disk(folder) from error
        raise


def full_disk(folder: Path) -> InputError:
    """Return the error of a folder whose disk is full."""
    other = ", or set STAD_HOME to a folder on another disk" if _is_cache(folder) else ""
    return InputError(f"The disk of {folder} is full. Free some space there{other}, and try again.")


def _is_cache(folder: Path) -> bool:
    return folder.absolute().is_relative_to(cache_dir())


def make_folder(folder: Path) -> None:
    """Create a folder if it does not exist yet.

    Raises:
        InputError: it cannot be created, or files cannot be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Only a file in it tells whether files can be made there.
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        advice = "Choose another folder"
        if _is_cache(folder):
            advice = "Set STAD_HOME to a folder that can be"
        raise InputError(
            f"The folder {folder} cannot be written ({error.strerror or error}). {advice}."
        ) from error


def existing_file(path: str) -> Path:
    """Return the path of a file.

    Raises:
        InputError: there is no such file.
    """
    if not Path(path).is_file():
        raise missing_file(path)
    return Path(path)


def missing_file(path: str | Path) -> InputError:
    """Return the error of a file that does not exist."""
    return InputError(f"No such file: {path}. Check the name and the folder.")


def read_text(path: str | Path, *, encoding: str = "utf-8") -> str:
    """Read a text file that is not larger than the limit, see ``stad.utils.limits``.

    Raises:
        InputError: it is larger.
        OSError, ValueError: it cannot be read, or is of another encoding.
    """
    with Path(path).open(encoding=encoding) as file:
        check_text_size(path, os.fstat(file.fileno()).st_size)
        # A pipe or device states no size.
        text = file.read(int(TEXT_GB.value * GIB) + 1)
    check_text_size(path, len(text))
    return text


def read_json(path: str | Path) -> Any:
    """Read a JSON file.

    Raises:
        InputError: there is no such file, it cannot be read, or it is not JSON.
    """
    try:
        return json.loads(read_text(path))
    except FileNotFoundError as error:
        raise missing_file(path) from error
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror or error}). Check its permissions."
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path} is not JSON ({error}). Check the file, or write it again."
        ) from error
