"""Measure how well people are tracked in a video at several detection rates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stad.actors.detectors.base import PersonDetector
from stad.actors.tracker import ActorTracker
from stad.actors.tracker_options import TrackerChoice
from stad.inference.pipeline import TIME_EPSILON_SEC, next_time
from stad.structures import Actors, Frame
from stad.utils.boxes import box_iou
from stad.utils.markdown import markdown_table

# Minimum overlap at which the boxes of two runs are of one person.
SAME_IOU = 0.5
COLUMNS = (
    "detections per second",
    "above the threshold",
    "with an id",
    "not followed",
    "ids",
    "median track, detections",
    "broken",
    "mixed",
)


class Look(NamedTuple):
    """The people that the detector found in a frame, and its time in seconds."""

    time_sec: float
    people: Actors


@dataclass(frozen=True)
class TrackingFigures:
    """Counts what the tracker made of the detections at one rate.

    Attributes:
        rate: requested detections per second.
        num_sure: number of boxes with a score that starts a track.
        num_with_id: number of these that had an id at once.
        num_alone: number of these that were matched to no other detection.
        num_ids: number of different ids.
        median_track: median number of detections of an id.
        num_broken: how often a person gets another id; None without a reference.
        num_mixed: how often an id moves to another person; None without a reference.
    """

    rate: float
    num_sure: int
    num_with_id: int
    num_alone: int
    num_ids: int
    median_track: float
    num_broken: int | None = None
    num_mixed: int | None = None

    def cells(self) -> tuple[str, ...]:
        """Return the row of a table, in the order of ``COLUMNS``."""
        part = f"{self.num_with_id} ({self.num_with_id / max(self.num_sure, 1):.1%})"
        switches = ["-" if n is None else f"{n}" for n in (self.num_broken, self.num_mixed)]
        return (
            *(f"{self.rate:g}", f"{self.num_sure}", part, f"{self.num_alone}", f"{self.num_ids}"),
            *(f"{self.median_track:g}", *switches),
        )


def look_at(frames: Iterable[Frame], detector: PersonDetector, *, rate: float) -> list[Look]:
    """Detect people as often as a run with ``--detect-every 1/rate`` does.

    Args:
        frames: of a video, ascending in time.
        detector: newly opened, as it may keep state.
        rate: detections per second.
    """
    looks, next_sec = [], -np.inf
    for frame in frames:
        if frame.time_sec >= next_sec - TIME_EPSILON_SEC:
            next_sec = next_time(next_sec, frame.time_sec, 1 / rate)
            people = detector.detect(frame)
            if people is not None:
                looks.append(Look(frame.time_sec, people))
    return looks


def follow(
    looks: Sequence[Look], choice: TrackerChoice, *, rate: float, threshold: float
) -> tuple[list[Look], int]:
    """Track the people, which gives them ids.

    Args:
        looks: of the detector, ascending in time.
        choice: of the tracker.
        rate: detections per second.
        threshold: minimum score that starts a track, in [0, 1].

    Returns:
        The people with an id at each time, and the number of detections that were not tracked.
    """
    tracker = ActorTracker(
        rate=rate,
        max_gap_sec=choice.memory_sec,
        start_score=threshold,
        name=choice.name,
        options=choice.options,
    )
    found = [
        Look(look.time_sec, tracker.update(look.time_sec, look.people)[-1][1]) for look in looks
    ]
    return found, tracker.counts.num_alone


def figures(
    looks: Sequence[Look],
    choice: TrackerChoice,
    *,
    rate: float,
    threshold: float,
    reference: Sequence[Look] | None = None,
) -> TrackingFigures:
    """Track people at one rate and count.

    Args:
        looks: as in ``follow``.
        choice: as in ``follow``.
        rate: as in ``follow``.
        threshold: as in ``follow``.
        reference: people with ids at a rate that is high enough for nearly no mistakes.
    """
    found, num_alone = follow(looks, choice, rate=rate, threshold=threshold)
    score = np.float32(threshold)
    lengths: dict[int, int] = defaultdict(int)
    for look in found:
        for actor_id in look.people.ids.tolist():
            lengths[actor_id] += 1
    switches = (None, None) if reference is None else count_switches(found, reference)
    return TrackingFigures(
        rate=rate,
        num_sure=sum(int((look.people.scores >= score).sum()) for look in looks),
        num_with_id=sum(int((look.people.scores >= score).sum()) for look in found),
        num_alone=num_alone,
        num_ids=len(lengths),
        median_track=float(np.median(list(lengths.values()))) if lengths else 0.0,
        num_broken=switches[0],
        num_mixed=switches[1],
    )


def count_switches(found: Sequence[Look], reference: Sequence[Look]) -> tuple[int, int]:
    """Count how often ids change between people.

    Args:
        found: people with ids.
        reference: the same people with correct ids, at the same times and others.

    Returns:
        How often a person gets another id, and how often an id moves to another person. Boxes
        that overlap no box of the reference are left out.
    """
    known = {round(look.time_sec, 3): look.people for look in reference}
    id_of: dict[int, int] = {}
    person_of: dict[int, int] = {}
    num_broken = num_mixed = 0
    for look in found:
        people = known.get(round(look.time_sec, 3), Actors.from_arrays())
        if not len(people) or not len(look.people):
            continue
        overlap = box_iou(look.people.boxes, people.boxes)
        for row, actor_id in zip(overlap, look.people.ids.tolist(), strict=True):
            if row.max() < SAME_IOU:
                continue
            person = int(people.ids[row.argmax()])
            num_broken += id_of.get(person, actor_id) != actor_id
            num_mixed += person_of.get(actor_id, person) != person
            id_of[person], person_of[actor_id] = actor_id, person
    return num_broken, num_mixed


def as_markdown(rows: Iterable[TrackingFigures]) -> str:
    """Return a table with a row for each rate."""
    return markdown_table(COLUMNS, [row.cells() for row in rows])
