"""Turn segments that begin and end into events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from stad.localization.base import LocalizerSettings
from stad.structures import Segment

TIME_DIGITS, SCORE_DIGITS = 3, 4


@dataclass(frozen=True)
class Event:
    """The start or the end of an action of one actor.

    Attributes:
        kind: 'start' or 'end'.
        segment: as far as it is known; at a start, its end is the time seen so far.
        label: name of its class.
        source: name of the camera, stream or file.
        began_at: date and time of the segment's start, UTC.
    """

    kind: Literal["start", "end"]
    segment: Segment
    label: str
    source: str
    began_at: datetime

    def to_dict(self) -> dict[str, Any]:
        """Return the event as JSON values; a start has no end."""
        segment = self.segment
        plain = {
            "event": self.kind,
            "label": self.label,
            "actor": segment.actor_id,
            "start_sec": round(segment.start_sec, TIME_DIGITS),
            "end_sec": round(segment.end_sec, TIME_DIGITS),
            "score": round(segment.score, SCORE_DIGITS),
            "began_at": self.began_at.isoformat(timespec="milliseconds"),
            "source": self.source,
        }
        if self.kind == "start":
            del plain["end_sec"]
        return plain


class EventTracker:
    """Finds the segments that have begun and ended since the last update.

    A segment's start becomes an event once it is as long as its label requires, its end once
    nothing can change it any more. Each start has one end, in this order.

    Args:
        class_names: of the model.
        options: of the localizer.
        source: name of the camera, stream or file.
        moment_of: converts a time of the stream to seconds since 1970.
    """

    def __init__(
        self,
        class_names: Sequence[str],
        options: LocalizerSettings,
        *,
        source: str,
        moment_of: Callable[[float], float],
    ) -> None:
        self._class_names, self._options = class_names, options
        self._source, self._moment_of = source, moment_of
        self._open: dict[tuple[int, int], Segment] = {}

    def update(self, ended: Sequence[Segment], ongoing: Sequence[Segment]) -> list[Event]:
        """Return the events that follow from the localizer's state.

        Args:
            ended: segments that have ended since the last update.
            ongoing: segments that may still grow.
        """
        events = []
        for segment in ended:
            if self._open.pop(_key(segment), None) is None:
                events.append(self._event("start", segment))
            events.append(self._event("end", segment))
        growing = {_key(segment): segment for segment in ongoing}
        # One whose start is known, but that then turned out to be shorter than allowed.
        for key in [key for key in self._open if key not in growing]:
            events.append(self._event("end", self._open.pop(key)))
        for key, segment in growing.items():
            if key not in self._open and self._is_long(segment):
                events.append(self._event("start", segment))
                self._open[key] = segment
            elif key in self._open:
                self._open[key] = segment
        return events

    def _is_long(self, segment: Segment) -> bool:
        options = self._options.of_label(self._class_names[segment.class_index])
        return segment.end_sec - segment.start_sec >= (options.min_length_sec or 0.0)

    def _event(self, kind: Literal["start", "end"], segment: Segment) -> Event:
        return Event(
            kind=kind,
            segment=segment,
            label=self._class_names[segment.class_index],
            source=self._source,
            began_at=datetime.fromtimestamp(self._moment_of(segment.start_sec), UTC),
        )


def _key(segment: Segment) -> tuple[int, int]:
    return segment.actor_id, segment.class_index
