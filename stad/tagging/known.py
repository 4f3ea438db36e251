"""Look up the features of videos that a tagger was trained on, by their content."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from stad.errors import InputError
from stad.tagging.shards import read_features
from stad.tagging.table import RecordsTable, is_records, read_table
from stad.tagging.tagger import Tagger


class KnownFeatures:
    """The features of a folder of records; one shard is in memory at a time.

    Args:
        folder: of the records.
        table: of it.
    """

    def __init__(self, folder: Path, table: RecordsTable) -> None:
        self._folder, self._table = folder, table
        self._rows = {one.fingerprint: one for one in table.videos}
        self._shard, self._features = "", {}

    @classmethod
    def beside(cls, tagger: Tagger) -> KnownFeatures | None:
        """Open the records that a tagger was trained on; None if they are not beside it any more.

        Args:
            tagger: of a folder.
        """
        if tagger.folder is None or not is_records(tagger.folder.parent):
            return None
        table = read_table(tagger.folder.parent)
        if table.pca_sha256 != tagger.pca_sha256:
            return None
        return cls(tagger.folder.parent, table)

    def read(self, mark: str) -> np.ndarray | None:
        """Return (T, K) uint8 of the video with that fingerprint; None if it is not there."""
        row = self._rows.get(mark)
        if row is None:
            return None
        if row.shard != self._shard:
            self._shard = row.shard
            try:
                self._features = read_features(
                    self._folder, self._table, lambda one: one.shard == row.shard
                )
            except InputError:
                # Damaged: the videos are described again.
                self._features = {}
        return self._features.get(row.id)
