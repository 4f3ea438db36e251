"""Keep the segments of a run with their tubes on disk until the run is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from stad.annotations.document import document_order
from stad.localization.tubes import tube_overlap
from stad.structures import Segment, Tube
from stad.utils.scratch import ScratchFile

# Two tracks that overlap more than this are one person, found twice.
MAX_OVERLAP = 0.7


class TubeStore:
    """Collects segments in any order; iterates by actor, then start, then class.

    The boxes are in a file without a name, so memory holds a few numbers per segment, and nothing
    is left behind however the run ends.

    Args:
        folder: where there is room on disk, such as that of the outputs.
    """

    def __init__(self, folder: str | Path) -> None:
        self._file = ScratchFile(folder)
        # Segment, place in the file, number of boxes.
        self._index: list[tuple[Segment, int, int]] = []

    def __len__(self) -> int:
        return len(self._index)

    def add(self, segment: Segment, tube: Tube) -> None:
        """Add one segment."""
        times = np.asarray(tube.times_sec, "<f8").tobytes()
        place = self._file.append(times + np.asarray(tube.boxes, "<f4").tobytes())
        self._index.append((segment, place, len(tube.times_sec)))

    def sort(self) -> None:
        """Sort the segments; iterate after that."""
        self._index.sort(key=lambda entry: document_order(entry[0]))

    def segments(self) -> list[Segment]:
        """Return the segments alone, in the order of iteration."""
        return [segment for segment, _, _ in self._index]

    def __iter__(self) -> Iterator[tuple[Segment, Tube]]:
        """Yield segments and tubes, one at a time in memory."""
        for entry in self._index:
            yield entry[0], self._tube(entry)

    def _tube(self, entry: tuple[Segment, int, int]) -> Tube:
        segment, place, count = entry
        content = self._file.read(place, 24 * count)
        times = np.frombuffer(content, "<f8", count)
        boxes = np.frombuffer(content, "<f4", offset=8 * count).reshape(-1, 4)
        return Tube(segment.actor_id, segment.class_index, segment.score, times, boxes)

    def suppress(self, *, max_overlap: float = MAX_OVERLAP) -> int:
        """Suppress the worse of two overlapping tubes of different actors and one class.

        Only tubes that overlap in time are read.

        Args:
            max_overlap: maximum ``tube_overlap`` with a better tube of the class, in [0, 1].

        Returns:
            The number of segments that were left out.
        """
        keep = np.ones(len(self._index), bool)
        classes = np.array([entry[0].class_index for entry in self._index])
        for class_index in np.unique(classes):
            self._suppress_class(np.flatnonzero(classes == class_index), keep, max_overlap)
        self._index = [entry for entry, stays in zip(self._index, keep, strict=True) if stays]
        return int((~keep).sum())

    def _suppress_class(self, places: np.ndarray, keep: np.ndarray, max_overlap: float) -> None:
        mine = [self._index[place] for place in places]
        spans = np.array([(s.start_sec, s.end_sec) for s, _, _ in mine]).reshape(-1, 2)
        actors = np.array([s.actor_id for s, _, _ in mine])
        # Unknown scores come last.
        scores = np.array([s.score for s, _, _ in mine], np.float64)
        is_kept = np.zeros(len(mine), bool)
        for row in np.argsort(-scores, kind="stable").tolist():
            start_sec, end_sec = spans[row]
            rivals = is_kept & (actors != actors[row]) & (actors >= 0)
            rivals &= _may_overlap(spans, start_sec, end_sec, max_overlap)
            is_kept[row] = actors[row] < 0 or not any(
                tube_overlap(self._tube(mine[row]), self._tube(mine[other])) > max_overlap
                for other in np.flatnonzero(rivals)
            )
        keep[places] = is_kept

    def close(self) -> None:
        """Free the disk space."""
        self._file.close()


def _may_overlap(
    spans: np.ndarray, start_sec: float, end_sec: float, max_overlap: float
) -> np.ndarray:
    """Return (N,) whether tubes over ``spans`` (N, 2) could overlap this one too much.

    Tubes overlap at most as much as their times; half of that leaves room for rounding to samples.
    """
    shared = np.minimum(spans[:, 1], end_sec) - np.maximum(spans[:, 0], start_sec)
    union = np.maximum(spans[:, 1], end_sec) - np.minimum(spans[:, 0], start_sec)
    return shared > max_overlap / 2 * union
