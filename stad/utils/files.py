"""Write files that appear complete or not at all, and check places before they are written."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from stad.errors import InputError
from stad.utils.cache import cache_dir
from stad.utils.limits import GIB, TEXT_GB, check_text_size


def part_path(path: str | Path) -> Path:
    """Return the name under which a file is written until it is complete: beside it, hidden.

    >>> part_path("results/a.json").name
    '.a.part.json'
    """
    path = Path(path)
    return path.with_name(f".{path.stem}.part{path.suffix}")


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
def renamed_into_place(path: str | Path, part: Path | None = None) -> Iterator[Path]:
    """Give the name of a part file; it is renamed to ``path`` if the block succeeds, else removed.

    Args:
        path: the final name; its folder exists.
        part: the name of the part, in the same folder; None for ``part_path``.

    Raises:
        OSError: the file cannot be renamed; an old one stays as it was.
    """
    part = part or part_path(path)
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


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
    is_full = error.errno == errno.ENOSPC
    advice = "Free some space on that disk" if is_full else "Choose another file name or folder"
    return InputError(f"Cannot write {path}: {error.strerror or error}. {advice}.")


class AtomicFile:
    r"""A text file under a temporary name until ``close()``.

    A file that was there before stays as it was until then. UTF-8, lines end in '\n'.

    Args:
        path: the final name; its folder exists.

    Raises:
        InputError: the file cannot be opened or written.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._part = part_path(self.path)
        with writing(self.path):
            # As in ``_encode``.
            self._file = self._part.open(
                "w", encoding="utf-8", errors="surrogateescape", newline="\n"
            )
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
                self._part.replace(self.path)
            self._is_pending = False

    def abort(self) -> None:
        """Remove what was written; does nothing after ``close()``."""
        if self._is_pending:
            self._is_pending = False
            # On a full disk the last write fails here again; the file is removed anyway.
            with contextlib.suppress(OSError):
                self._file.close()
            self._part.unlink(missing_ok=True)


def check_output(flag: str, path: str | Path) -> None:
    """Raise InputError unless a file can be written; for runs that write it at their end.

    Args:
        flag: the option that names the file, for the message.
        path: of the file; an existing file is left unchanged.
    """
    path = Path(path)
    try:
        _check_place(flag, path)
        # Permission bits do not tell whether a file can be made, making one does. Its name is
        # as long as the longest temporary name of an output.
        tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", suffix=".part"
        ).close()
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
    place = path.absolute().parts[1:3]
    is_system = place[:1] == ("proc",) or (place[:1] == ("dev",) and place[1:] != ("shm",))
    if is_system or (path.exists() and not path.is_file()):
        # The finished file is renamed over the old one: that would replace the device.
        raise InputError(f"{flag}: {path} is a device or a pipe. Give the name of a file.")


@contextlib.contextmanager
def partial_file(path: Path) -> Iterator[Path]:
    """Give a new file beside ``path`` to write to; it takes that name if the block succeeds.

    Two processes never share it, and a reader never sees half a file.

    Raises:
        InputError: the folder cannot be written, or its disk is full.
    """
    make_folder(path.parent)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    try:
        with renamed_into_place(path, Path(name)) as part:
            yield part
            # A file of mkstemp can only be read by its owner; this one gets what the umask grants.
            part.chmod(0o666 & ~_umask())
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise InputError(
                f"The disk of {path.parent} is full. Free some space there and try again."
            ) from error
        raise


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
        is_cache = folder.absolute().is_relative_to(cache_dir())
        advice = "Set STAD_HOME to a folder that can be" if is_cache else "Choose another folder"
        raise InputError(
            f"The folder {folder} cannot be written ({error.strerror or error}). {advice}."
        ) from error


def _umask() -> int:
    # It can only be read by setting it.
    mask = os.umask(0)
    os.umask(mask)
    return mask


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
