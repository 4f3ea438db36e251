"""Write folders that appear complete or not at all."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from stad.utils.files import writing
from stad.utils.locks import only_writer

# Of Linux, see renameat2(2).
AT_FDCWD, RENAME_EXCHANGE = -100, 2


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder beside ``path`` to fill, which then takes its place.

    An interruption leaves the old folder as it was; where the file system can exchange two names,
    there is a whole one under the name at every moment.

    Args:
        path: the final name; the folder that it is in exists.

    Raises:
        InputError: it cannot be written, as on a full disk, or another run is writing it.
    """
    part, old = path.with_name(f".{path.name}.part"), path.with_name(f".{path.name}.old")
    with only_writer(path), writing(path):
        _recover(path, old)
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        try:
            yield part
            if not _exchange(part, path):
                if path.exists():
                    path.rename(old)
                part.rename(path)
        except BaseException:
            _recover(path, old)
            raise
        finally:
            shutil.rmtree(part, ignore_errors=True)
            # It is the only one if it could not be put back.
            if path.exists():
                shutil.rmtree(old, ignore_errors=True)


def _recover(path: Path, old: Path) -> None:
    """Put the old folder back if a process died before the new one was in its place."""
    if old.is_dir() and not path.exists():
        old.rename(path)


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders take each other's name at once; return whether that is possible."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is None or not other.is_dir():
        return False
    names = os.fsencode(one), os.fsencode(other)
    return rename(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE) == 0
