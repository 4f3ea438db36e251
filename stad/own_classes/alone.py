"""Let one process at a time do the long work on a video."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from stad.annotations.own.folder import OwnFolder
from stad.utils.files import writing

LOCKS = "locks"
POLL_SEC = 0.3


class Stopped(Exception):
    """The caller asked to stop before the work was finished."""


@contextmanager
def alone_with(folder: OwnFolder, video: str, *, should_stop: Callable[[], bool]) -> Iterator[None]:
    """Hold the lock of a video; wait while another process or thread holds it.

    Args:
        folder: of the video.
        video: its name.
        should_stop: asked while waiting.

    Raises:
        Stopped: ``should_stop`` said so.
        InputError: the cache of the folder cannot be written.
    """
    path = folder.cache_path(LOCKS) / f"{video}.lock"
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w")
    with file:
        while not _take(file.fileno()):
            if should_stop():
                raise Stopped
            time.sleep(POLL_SEC)
        yield


def _take(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
