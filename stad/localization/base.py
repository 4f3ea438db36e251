"""Define what every localizer offers, and what it is opened with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from stad.localization.options import LabelValues
from stad.structures import Keyframe, Segment


class LocalizerSettings(Protocol):
    """The options of a localizer, as the rest of a run reads them."""

    def of_label(self, name: str) -> LabelValues:
        """Return the values that apply to a label."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return the options as JSON values; a resumed run must have the same."""
        ...


class Localizer(Protocol):
    """Turns keyframes, in the order of time, into the segments of every actor and label."""

    @property
    def options(self) -> LocalizerSettings:
        """Return its options."""
        ...

    @property
    def delay_sec(self) -> float:
        """The longest time from the end of a segment to the keyframe that returns it, seconds."""
        ...

    def update(self, keyframe: Keyframe) -> list[Segment]:
        """Take the next keyframe and return the segments that nothing later can change."""
        ...

    def finish(self, end_sec: float = np.inf) -> list[Segment]:
        """Return the remaining segments, cut at ``end_sec``; later keyframes are a new video."""
        ...

    def ongoing(self) -> list[Segment]:
        """Return the segments that may still grow, as they are now; nothing changes."""
        ...

    def oldest_sec(self) -> float:
        """Return a time before which no later segment starts, seconds."""
        ...


@dataclass(frozen=True)
class LocalizerSetup:
    """Settings that a kind of localizer is opened with.

    Attributes:
        threshold: score at which segments start where there is no file, in [0, 1].
        window_sec: length of the model's clips, for files that do not say it, seconds.
        stride_sec: usual time between keyframes, seconds.
        class_names: names of the model's classes.
        num_exclusive: how many of them, the first ones, are postures that exclude each other.
        values: the options of its file, by name; None where there is no file.
        allowed: class indices to keep; None for all.
    """

    threshold: float
    window_sec: float
    stride_sec: float
    class_names: Sequence[str]
    values: Mapping[str, Any] | None = None
    allowed: frozenset[int] | None = None
    num_exclusive: int = 0
