"""Keep the vectors of videos, one file for the content of each."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from stad.errors import InputError
from stad.utils.files import make_folder, write_whole

SUFFIX = ".npy"
KEY_DIGITS = 16


class VectorFiles:
    """The vectors of videos by the fingerprint of the file; what another network made is not read.

    Args:
        top: folder of them all; it is deleted with the last of them.
        key: what the vectors depend on, as JSON values.
    """

    def __init__(self, top: Path, key: Mapping[str, Any]) -> None:
        text = json.dumps(key, sort_keys=True)
        self._top = top
        self._folder = top / hashlib.sha256(text.encode()).hexdigest()[:KEY_DIGITS]

    def _path(self, mark: str) -> Path:
        return self._folder / f"{mark}{SUFFIX}"

    def num_frames(self, mark: str) -> int:
        """Return how many vectors are kept of a video, given its fingerprint; 0 for none."""
        found = self.read(mark, in_memory=False)
        return 0 if found is None else len(found)

    def read(self, mark: str, *, in_memory: bool = True) -> np.ndarray | None:
        """Return (T, C) of a video; None if nothing is kept.

        Args:
            mark: its fingerprint.
            in_memory: False leaves the values in the file.
        """
        try:
            found = np.load(
                self._path(mark), mmap_mode=None if in_memory else "r", allow_pickle=False
            )
        except (OSError, ValueError, EOFError, MemoryError, SyntaxError):
            # Missing or damaged: it is made again.
            return None
        return found if found.ndim == 2 and len(found) else None

    def write(self, mark: str, vectors: np.ndarray) -> None:
        """Keep (T, C) of a video; the file appears whole or not at all.

        Raises:
            InputError: it cannot be written, as on a full disk.
        """
        make_folder(self._folder)

        def save(part: Path) -> None:
            with part.open("wb") as file:
                np.save(file, vectors, allow_pickle=False)

        write_whole(self._path(mark), save)

    def write_if_possible(self, mark: str, vectors: np.ndarray) -> None:
        """Keep (T, C) of a video; do nothing where the folder cannot be written."""
        try:
            self.write(mark, vectors)
        except InputError:
            # The next run computes them again.
            return

    def delete(self, marks: Iterable[str]) -> None:
        """Delete what is kept of videos."""
        for mark in marks:
            self._path(mark).unlink(missing_ok=True)
        if self._folder.is_dir() and not any(self._folder.iterdir()):
            shutil.rmtree(self._top, ignore_errors=True)
