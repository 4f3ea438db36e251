"""Keep the vectors of finished videos until their shard is written: one file a video."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from stad.tagging.kind import FeatureKind
from stad.tagging.table import PARTS
from stad.utils.files import make_folder, write_whole

SUFFIX = ".npy"


class VectorParts:
    """The vectors of videos, by the content of the file; what another network made is not read.

    Args:
        folder: of the records.
        kind: of the features.
    """

    def __init__(self, folder: Path, kind: FeatureKind) -> None:
        text = json.dumps(kind.to_json(), sort_keys=True)
        self._top = folder / PARTS
        self._folder = self._top / hashlib.sha256(text.encode()).hexdigest()[:16]

    def _path(self, mark: str) -> Path:
        return self._folder / f"{mark}{SUFFIX}"

    def num_frames(self, mark: str) -> int:
        """Return how many vectors are kept of a video, given its fingerprint; 0 for none."""
        found = self.read(mark, in_memory=False)
        return 0 if found is None else len(found)

    def read(self, mark: str, *, in_memory: bool = True) -> np.ndarray | None:
        """Return (T, C) float32 of a video; None if nothing is kept.

        Args:
            mark: its fingerprint.
            in_memory: False leaves the values in the file.
        """
        try:
            found = np.load(
                self._path(mark), mmap_mode=None if in_memory else "r", allow_pickle=False
            )
        except (OSError, ValueError, EOFError, zipfile.BadZipFile):
            # Missing or damaged: it is made again.
            return None
        return found if found.ndim == 2 and len(found) else None

    def write(self, mark: str, vectors: np.ndarray) -> None:
        """Keep (T, C) float32 of a video; the file appears whole or not at all.

        Raises:
            InputError: it cannot be written, as on a full disk.
        """
        make_folder(self._folder)

        def save(part: Path) -> None:
            with part.open("wb") as file:
                np.save(file, np.asarray(vectors, np.float32), allow_pickle=False)

        write_whole(self._path(mark), save)

    def delete(self, marks: Iterable[str]) -> None:
        """Delete what is kept of videos; their shard has it."""
        for mark in marks:
            self._path(mark).unlink(missing_ok=True)
        if self._folder.is_dir() and not any(self._folder.iterdir()):
            shutil.rmtree(self._top, ignore_errors=True)
