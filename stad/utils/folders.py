"""Write folders that appear complete or not at all."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from stad.utils.files import writing


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder beside ``path`` to fill, which then takes its place.

    An interruption leaves the old folder as it was.

    Args:
        path: the final name; the folder that it is in exists.

    Raises:
        InputError: it cannot be written, as on a full disk.
    """
    part, old = path.with_name(f".{path.name}.part"), path.with_name(f".{path.name}.old")
    with writing(path):
        for one in (part, old):
            shutil.rmtree(one, ignore_errors=True)
        part.mkdir()
        try:
            yield part
            if path.exists():
                path.rename(old)
            part.rename(path)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            if old.exists() and not path.exists():
                old.rename(path)
            raise
        shutil.rmtree(old, ignore_errors=True)
