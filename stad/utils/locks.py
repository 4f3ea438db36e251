"""Let one run at a time write a file or a folder."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from stad.errors import InputError
from stad.utils.files import writing
from stad.utils.part_files import NO_LOCKS, is_same_file, is_special, plain_path

BUSY = frozenset((errno.EACCES, errno.EAGAIN))
MAX_TRIES = 100

# The kernel keeps these locks by process: those of other threads are known by their lock files.
_held: set[tuple[int, int]] = set()
_guard = threading.Lock()


def print_nothing(text: str) -> None:
    """Drop a line."""


def lock_path(path: str | Path) -> Path:
    """Return the name of the lock of a file or folder: beside it, hidden.

    >>> lock_path("results/a.json").name
    '.a.json.lock'
    """
    path = Path(path)
    return path.with_name(f".{path.name}.lock")


@contextlib.contextmanager
def only_writer(
    *paths: str | Path | None, log: Callable[[str], None] = print_nothing
) -> Iterator[None]:
    """Hold the locks of files or folders that are written; the kernel releases them on death.

    Devices and pipes are not locked.

    Args:
        *paths: their folders exist; None is ignored.
        log: takes a line where the file system has no locks.

    Raises:
        InputError: another run writes one of them, or a lock file cannot be made.
    """
    wanted = {plain_path(one) for one in paths if one is not None and not is_special(one)}
    with contextlib.ExitStack() as stack:
        # In one order, so that of two runs one gets all of them.
        for path in sorted(wanted):
            stack.enter_context(_lock(path, lock_path(path), log))
        yield


@contextlib.contextmanager
def only_run_in(
    folder: str | Path, *, busy: str | None = None, log: Callable[[str], None] = print_nothing
) -> Iterator[None]:
    """Hold the lock of a folder that a run fills; as ``only_writer``, but the lock is inside.

    Of the processes of a distributed run, the first one holds it.

    Args:
        folder: exists.
        busy: the message if another run holds it; None for one that names the folder.
        log: takes a line where the file system has no locks.

    Raises:
        InputError: another run writes into it, or the lock file cannot be made.
    """
    if process_rank() > 0:
        yield
        return
    folder = Path(folder)
    with _lock(folder, folder / ".lock", log, busy=busy):
        yield


def process_rank() -> int:
    """Return the number of this process among those of a distributed run, from 0."""
    return int(os.environ.get("RANK") or os.environ.get("SLURM_PROCID") or 0)


def delete_dead_lock(lock: str | Path) -> None:
    """Delete the lock file of a process that died; one that is held stays."""
    lock = Path(lock)
    if lock.is_file():
        with contextlib.suppress(InputError), _lock(lock, lock, print_nothing):
            pass


@contextlib.contextmanager
def _lock(
    path: Path, lock: Path, log: Callable[[str], None], *, busy: str | None = None
) -> Iterator[None]:
    with writing(lock):
        handle = _take(lock, path, log, busy)
    place = os.fstat(handle)
    key = (place.st_dev, place.st_ino)
    try:
        yield
    finally:
        # Removed while it is held: a run that waits for it sees that it is gone.
        if is_same_file(lock, handle):
            with contextlib.suppress(OSError):
                lock.unlink()
        with _guard:
            _held.discard(key)
            os.close(handle)


def _take(lock: Path, path: Path, log: Callable[[str], None], busy: str | None) -> int:
    """Return the handle of the locked lock file."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    for _ in range(MAX_TRIES):
        # Closing a file frees its lock in the whole process: none is opened that is held here.
        with _guard:
            if _is_held(lock):
                raise _busy(path, busy)
            handle = os.open(lock, flags, 0o666)
            try:
                # By process, not by file: the processes that data loading starts do not hold it.
                fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno in BUSY:
                    os.close(handle)
                    raise _busy(path, busy) from error
                if error.errno not in NO_LOCKS:
                    os.close(handle)
                    raise
                log(
                    f"warning: the file system of {path.parent} has no locks: do not write {path} "
                    "from two runs at once"
                )
            if is_same_file(lock, handle):
                place = os.fstat(handle)
                _held.add((place.st_dev, place.st_ino))
                return handle
            os.close(handle)
    raise _busy(path, busy)


def _is_held(lock: Path) -> bool:
    try:
        found = lock.stat(follow_symlinks=False)
    except OSError:
        return False
    return (found.st_dev, found.st_ino) in _held


def _busy(path: Path, message: str | None) -> InputError:
    return InputError(
        message
        or f"Another run is writing {path}. Wait until it has ended, or choose another name."
    )
