"""Keep the features of a data set's actors in files, one a video, complete or not there."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from stad.models.memory import PastActors, span_before
from stad.utils.files import write_whole, writing

KEY, FEATURES, TIMES, IDS = "key", "features", "time_sec", "ids"


class VideoFeatures(NamedTuple):
    """The actors of the keyframes of a video, by time; M in all.

    Attributes:
        features: (M, C) float32.
        time_sec: (M,) float64 ascending times of their keyframes, seconds.
        ids: (M,) int64 person ids, negative where they are not known.
    """

    features: np.ndarray
    time_sec: np.ndarray
    ids: np.ndarray


class FeatureFiles:
    """The features of the actors of a data set, a safetensors file for each video.

    Args:
        folder: of the files.
        keys: of each video, what its features depend on; a file of another key does not count.
        width: number of features of an actor.
    """

    def __init__(self, folder: Path, keys: dict[str, str], *, width: int) -> None:
        self._folder, self._keys, self._width = folder, keys, width
        self._open: dict[str, tuple[safe_open, np.ndarray, np.ndarray]] = {}

    def path(self, video_id: str) -> Path:
        """Return the file of a video."""
        return self._folder / f"{video_id}.safetensors"

    def is_complete(self, video_id: str) -> bool:
        """Return whether the features of a video are there; a damaged file does not count."""
        try:
            with safe_open(self.path(video_id), framework="numpy") as file:
                return (file.metadata() or {}).get(KEY) == self._keys[video_id]
        except (OSError, SafetensorError):
            return False

    def write(self, video_id: str, content: VideoFeatures) -> None:
        """Write the features of a video.

        Raises:
            InputError: the file cannot be written, as on a full disk.
        """
        path = self.path(video_id)
        tensors = {FEATURES: content.features, TIMES: content.time_sec, IDS: content.ids}
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        metadata = {KEY: self._keys[video_id]}
        write_whole(path, lambda part: save_file(tensors, part, metadata))

    def before(
        self, video_id: str, time_sec: float, *, span_sec: float, max_entries: int
    ) -> PastActors:
        """Return the actors of the seconds before a time, see ``span_before``.

        Memory holds times and ids of the videos; features are read from the file. Videos without
        actors have none.
        """
        if video_id not in self._keys:
            empty = np.zeros(0, np.float32)
            return PastActors(np.zeros((0, self._width), np.float32), empty, empty.astype(int))
        if video_id not in self._open:
            file = safe_open(self.path(video_id), framework="numpy")
            self._open[video_id] = file, file.get_tensor(TIMES), file.get_tensor(IDS)
        file, times_sec, ids = self._open[video_id]
        seen = span_before(times_sec, time_sec, span_sec=span_sec, max_entries=max_entries)
        ages_sec = (time_sec - times_sec[seen]).astype(np.float32)
        return PastActors(file.get_slice(FEATURES)[seen], ages_sec, ids[seen])
