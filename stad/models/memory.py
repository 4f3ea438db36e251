"""Remember the actors of the last seconds of a video: what a head of long context attends to."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

# Closer to a keyframe than this is the keyframe itself.
SAME_TIME_SEC = 1e-6


class Memory(NamedTuple):
    """The earlier actors that a clip sees, the oldest first; M may be 0.

    Attributes:
        entries: (M, D) float32, what a head of long context keeps of each.
        ages_sec: (M,) float32, above 0, seconds from them to the clip.
        ids: (M,) int64 ids of the people, negative where they are not known.
    """

    entries: Tensor
    ages_sec: Tensor
    ids: Tensor


class PastActors(NamedTuple):
    """Earlier actors out of a bank of features, as numpy arrays.

    Attributes:
        features: (M, C) float32, of the head of the same network.
        ages_sec, ids: as in ``Memory``.
    """

    features: np.ndarray
    ages_sec: np.ndarray
    ids: np.ndarray


class FeatureBank(Protocol):
    """Features of the actors of a whole data set, computed before."""

    def before(
        self, video_id: str, time_sec: float, *, span_sec: float, max_entries: int
    ) -> PastActors:
        """Return the actors of the seconds before a time, see ``span_before``."""
        ...


def span_before(
    times_sec: np.ndarray, time_sec: float, *, span_sec: float, max_entries: int
) -> slice:
    """Return which of ascending times lie before a time, but not more than ``span_sec`` before.

    Args:
        times_sec: (M,) float64, ascending.
        time_sec: of the clip; what is as old as the clip is not in its memory.
        span_sec: seconds.
        max_entries: of more than these, the newest.

    >>> span_before(np.array([0.0, 1, 2, 2, 3]), 3.0, span_sec=2, max_entries=9)
    slice(1, 4, None)
    """
    first = int(np.searchsorted(times_sec, time_sec - span_sec - SAME_TIME_SEC))
    last = int(np.searchsorted(times_sec, time_sec - SAME_TIME_SEC))
    return slice(max(first, last - max_entries), max(first, last))


class RecentActors:
    """The actors of the last seconds of one stream, in bounded memory.

    Args:
        span_sec: how long they are kept, seconds.
        max_entries: how many are kept, the newest.
    """

    def __init__(self, *, span_sec: float, max_entries: int) -> None:
        self._span_sec, self._max_entries = span_sec, max_entries
        self._kept: deque[tuple[float, Tensor, Tensor]] = deque()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def clear(self) -> None:
        """Forget all: another stream begins."""
        self._kept.clear()
        self._count = 0

    def add(self, time_sec: float, entries: Tensor, ids: Tensor) -> None:
        """Add the actors of a keyframe; keyframes come in order.

        Args:
            time_sec: seconds.
            entries: (K, D) float32.
            ids: (K,) int64, negative where they are not known.

        Raises:
            ValueError: the keyframe is before the last one.
        """
        if self._kept and time_sec < self._kept[-1][0]:
            raise ValueError(
                f"keyframes come in order, got {time_sec:g} s after {self._kept[-1][0]:g} s; "
                "call clear() before another stream"
            )
        self._kept.append((time_sec, entries, ids))
        self._count += len(ids)
        # The oldest keyframe is dropped once those after it suffice.
        while self._kept[0][0] < time_sec - self._span_sec - SAME_TIME_SEC or (
            self._count - len(self._kept[0][2]) >= self._max_entries
        ):
            self._count -= len(self._kept.popleft()[2])

    def before(self, time_sec: float, like: Tensor) -> Memory:
        """Return the memory of a clip at a time that is not before the last keyframe.

        Args:
            time_sec: seconds.
            like: (K, D), an array of entries, for the width and the device of an empty memory.
        """
        times_sec = np.repeat(
            [kept[0] for kept in self._kept], [len(kept[2]) for kept in self._kept]
        )
        seen = span_before(
            times_sec, time_sec, span_sec=self._span_sec, max_entries=self._max_entries
        )
        ages_sec = torch.from_numpy(time_sec - times_sec[seen]).to(like)
        entries = torch.cat([like[:0], *(kept[1] for kept in self._kept)])
        ids = torch.cat([torch.zeros(0, dtype=torch.int64), *(kept[2] for kept in self._kept)])
        return Memory(entries[seen], ages_sec, ids[seen])
