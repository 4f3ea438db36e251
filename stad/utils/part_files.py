"""Write a file under a name of its own until it is complete, then put it in its place.

The part file is new, so that a symbolic link under its name is never followed, and its writer
holds a lock on it: the part of a process that died is known by its free lock and is deleted.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import secrets
import shutil
import stat
import sys
import tempfile
from pathlib import Path
from typing import IO, Any, BinaryIO, TextIO

# What fcntl.flock raises on file systems without locks.
NO_LOCKS = frozenset((errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL))
MAX_TRIES = 100
# An open file of this process, by its number.
OPEN_FILES = re.compile(r"/proc/(\d+)/fd/(\d+)")
STANDARD = {"/dev/stdout": 1, "/dev/stderr": 2}


def part_path(path: str | Path) -> Path:
    """Return the name under which a file is written until it is complete: beside it, hidden.

    If another process uses it, or it is a symbolic link, a name with random letters is used.

    >>> part_path("results/a.json").name
    '.a.part.json'
    """
    path = Path(path)
    return path.with_name(f".{path.stem}.part{path.suffix}")


class PartFile:
    """A new file that takes its name when it is complete.

    What is written to a device or a pipe is kept in a temporary file and then copied into it.

    Args:
        path: the final name; its folder exists.

    Attributes:
        path: of the part.

    Raises:
        OSError: the file cannot be made.
    """

    def __init__(self, path: str | Path) -> None:
        self._target = Path(path)
        self._is_special = is_special(self._target)
        if self._is_special:
            handle, name = tempfile.mkstemp(prefix="stad-", suffix=self._target.suffix)
            self.path: Path = Path(name)
        else:
            self.path, handle = _new_part(self._target)
        # Open, and so locked, until it has its name.
        self._file = os.fdopen(handle, "r+b", buffering=0)

    def open_text(self) -> TextIO:
        r"""Return the part as an open text file: UTF-8, lines end in '\n'.

        File names on Linux are bytes: those that are not UTF-8 pass through unchanged.
        """
        handle = os.dup(self._file.fileno())
        return os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape", newline="\n")

    def open_bytes(self) -> BinaryIO:
        """Return the part as an open binary file."""
        return os.fdopen(os.dup(self._file.fileno()), "wb")

    def take_place(self) -> None:
        """Give the file its name, or copy it into the device.

        Raises:
            OSError: that failed; an old file stays as it was.
        """
        if self._is_special:
            with self.path.open("rb") as source, _open_special(self._target) as target:
                shutil.copyfileobj(source, target)
            self.path.unlink()
        else:
            self.path.replace(self._target)
        self._file.close()

    def remove(self) -> None:
        """Remove the part, if it is still there."""
        # While it is locked: no other process takes its name before that.
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
        self._file.close()


def _new_part(path: Path) -> tuple[Path, int]:
    """Make a new part file; return its path, and its open and locked handle."""
    part = part_path(path)
    for _ in range(MAX_TRIES):
        handle = _create(part)
        if handle is None and delete_dead(part):
            continue
        if handle is not None and _holds(part, handle):
            return part, handle
        if handle is not None:
            os.close(handle)
        part = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part{path.suffix}")
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(part))


def _create(part: Path) -> int | None:
    """Return the handle of a new file, None if the name is taken."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(part, flags, 0o666)
    except FileExistsError:
        return None


def _holds(part: Path, handle: int) -> bool:
    """Lock a file; return whether it is still the one under its name."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # Another process looks whether the file is alive, or there are no locks here.
        return error.errno in NO_LOCKS
    return is_same_file(part, handle)


def is_same_file(path: Path, handle: int) -> bool:
    """Return whether an open file is the one under a name, which is not a symbolic link."""
    try:
        found, held = path.stat(follow_symlinks=False), os.fstat(handle)
    except OSError:
        return False
    return (found.st_dev, found.st_ino) == (held.st_dev, held.st_ino)


def delete_dead(part: Path) -> bool:
    """Delete the part file of a process that died; return whether the name is free now."""
    try:
        # Not blocked by a pipe.
        handle = os.open(part, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return False
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if is_same_file(part, handle):
            part.unlink()
        return True
    except OSError:
        return False
    finally:
        os.close(handle)


def delete_dead_parts(path: str | Path) -> None:
    """Delete all part files of a file whose processes died, those with random letters, too."""
    path = Path(path)
    if is_special(path):
        return
    name = re.escape(f".{path.stem}.") + r"(?:[0-9a-f]{8}\.)?part" + re.escape(path.suffix)
    with contextlib.suppress(OSError):
        for one in path.parent.iterdir():
            if re.fullmatch(name, one.name):
                delete_dead(one)


def open_here(path: str | Path, mode: str, **options: Any) -> IO[Any]:
    """Open a file as ``open`` does, but fail where a symbolic link has its name.

    For files whose names can be guessed, such as those that let a run continue.
    """
    return open(path, mode, opener=_not_following, **options)


def _not_following(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)


def plain_path(path: str | Path) -> Path:
    """Return an absolute path in a folder without links; what has the last name may be a link."""
    path = Path(path)
    if path.name in ("", ".."):
        return path.resolve()
    return path.parent.resolve() / path.name


def is_special(path: str | Path) -> bool:
    """Return whether a path is of a device, a pipe or an open file, which is never replaced."""
    path = Path(path)
    for place in (plain_path(path), Path(os.path.realpath(path))):
        top = place.parts[1:3]
        if top[:1] == ("proc",) or (top[:1] == ("dev",) and top != ("dev", "shm")):
            return True
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def scratch_folder(path: str | Path) -> Path:
    """Return where to keep what is collected for an output: beside it, if that is a file."""
    return Path(tempfile.gettempdir()) if is_special(path) else Path(path).parent


def file_number(path: str | Path) -> int | None:
    """Return the number of the open file that a path such as /dev/stdout names, else None."""
    text = str(plain_path(path))
    found = OPEN_FILES.fullmatch(text)
    if found is not None and int(found[1]) == os.getpid():
        return int(found[2])
    return STANDARD.get(text)


def special_fault(path: str | Path) -> str | None:
    """Return why a device or pipe cannot be written to; None if it can be."""
    number = file_number(path)
    try:
        mode = os.fstat(number).st_mode if number is not None else Path(path).stat().st_mode
    except OSError as error:
        return error.strerror or str(error)
    if stat.S_ISBLK(mode):
        return "it is a disk"
    if stat.S_ISDIR(mode):
        return "it is a folder"
    if number is None and not os.access(path, os.W_OK):
        return "Permission denied"
    return None


def _open_special(path: Path) -> BinaryIO:
    number = file_number(path)
    if number is None:
        # Neither made nor cut; a pipe waits here for its reader.
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOCTTY), "wb")
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    # A second handle of the same open file keeps the place in it.
    return os.fdopen(os.dup(number), "wb")
