"""Judge what was found in a clip: keyframes, falls, segments and tracks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stad.annotations.postures import PostureClip
from stad.errors import InputError
from stad.evaluation.posture_events import (
    MIN_JUDGED,
    TOLERANCE_SEC,
    EventCounts,
    count_events,
    covered_sec,
)
from stad.evaluation.posture_keyframes import FoundPeople, JudgedKeyframes, judge_keyframes
from stad.evaluation.posture_tracks import Phantoms, find_phantoms, ids_per_person, owners

# An annotation may be this much after the last frame.
AFTER_END_SEC = 0.5
NO_PERSON = -1


class FoundSegments(NamedTuple):
    """S segments of postures that were found.

    Attributes:
        actor_id: (S,) int64 track.
        posture: (S,) int64 class from 0.
        spans: (S, 2) float64 start and end, seconds.
        score: (S,) float64.
    """

    actor_id: np.ndarray
    posture: np.ndarray
    spans: np.ndarray
    score: np.ndarray


@dataclass(frozen=True)
class FoundPostures:
    """The people and segments that were found in one clip.

    Attributes:
        people: of every frame.
        segments: of all tracks.
        duration_sec: of the frames that were read, seconds.
        processor_sec: processor time that it took, seconds.
    """

    people: FoundPeople
    segments: FoundSegments
    duration_sec: float
    processor_sec: float = 0.0


class ComparedSegments(NamedTuple):
    """Annotated or detected segments, by whose they are.

    Attributes:
        person: (S,) int64 index of the person in the clip, or ``NO_PERSON``.
        posture: (S,) int64 class from 0.
        spans: (S, 2) float64 start and end, seconds.
        score: (S,) float64; 1 where they are annotated.
    """

    person: np.ndarray
    posture: np.ndarray
    spans: np.ndarray
    score: np.ndarray


@dataclass(frozen=True)
class JudgedClip:
    """The comparison of one clip; ``summarize`` adds clips up.

    Attributes:
        keyframes: annotated people and what was predicted.
        annotated, detected: segments, those of phantoms only where everybody is annotated, and
            only in time that is judged.
        falls: as events.
        num_ids: (N,) int64 tracks of each person who was found.
        phantoms: phantom tracks; None where not everybody is annotated.
        duration_sec, processor_sec: as in ``FoundPostures``.
    """

    keyframes: JudgedKeyframes
    annotated: ComparedSegments
    detected: ComparedSegments
    falls: EventCounts
    num_ids: np.ndarray
    phantoms: Phantoms | None
    duration_sec: float
    processor_sec: float


def judge_clip(clip: PostureClip, found: FoundPostures, *, fall: int | None = None) -> JudgedClip:
    """Compare what was found in a clip with its annotations.

    Args:
        clip: its annotations.
        found: in the same clip.
        fall: the posture whose segments are compared as events, too.

    Raises:
        InputError: an annotation is later than the end of the clip.
    """
    _check_times(clip, found.duration_sec)
    judged = judge_keyframes(*clip.keyframes, found=found.people)
    whose = owners(
        judged,
        clip.keyframes.time_sec,
        actor_id=found.segments.actor_id,
        spans=found.segments.spans,
    )
    detected = ComparedSegments(whose, *found.segments[1:])
    annotated = ComparedSegments(*clip.segments, score=np.ones(len(clip.segments.person)))
    times = _judged_times(clip)
    phantoms = None
    if clip.is_complete:
        phantoms = find_phantoms(clip.keyframes.time_sec, clip.keyframes.boxes, found.people)
    return JudgedClip(
        keyframes=judged,
        annotated=annotated,
        detected=_in_judged_time(detected, times),
        falls=_count_falls(clip, detected, times, fall),
        num_ids=ids_per_person(judged),
        phantoms=phantoms,
        duration_sec=found.duration_sec,
        processor_sec=found.processor_sec,
    )


def _check_times(clip: PostureClip, duration_sec: float) -> None:
    last = float(clip.keyframes.time_sec.max(initial=0.0))
    if last > duration_sec + AFTER_END_SEC:
        raise InputError(
            f"{clip.video!r} ends at {duration_sec:.2f} s, but there is an annotation at {last:g} "
            "s. Times are seconds from the first frame: check them, and the video."
        )


def _judged_times(clip: PostureClip) -> dict[int, np.ndarray]:
    """Return the spans in which a posture is annotated, by person."""
    people, spans = clip.segments.person, clip.segments.spans
    times = {number: spans[people == number] for number in range(len(clip.people))}
    # A track of no annotated person may be of a person who is not annotated.
    return times | {NO_PERSON: spans if clip.is_complete else np.empty((0, 2))}


def _in_judged_time(detected: ComparedSegments, times: dict[int, np.ndarray]) -> ComparedSegments:
    """Return the segments that lie in judged time of their person for the most part."""
    keep = np.zeros(len(detected.person), bool)
    for person, spans in times.items():
        mine = np.flatnonzero(detected.person == person)
        length = np.diff(detected.spans[mine])[:, 0]
        keep[mine] = covered_sec(detected.spans[mine], spans) > MIN_JUDGED * length
    return ComparedSegments(*(column[keep] for column in detected))


def _count_falls(
    clip: PostureClip,
    detected: ComparedSegments,
    times: dict[int, np.ndarray],
    fall: int | None,
) -> EventCounts:
    """Count falls and alarms; in a clip of one person who is alone, every alarm is of that one."""
    if fall is None:
        return EventCounts()
    is_fall, is_alarm = clip.segments.posture == fall, detected.posture == fall
    is_alone = clip.is_complete and len(clip.people) == 1
    whose = np.zeros_like(detected.person) if is_alone else detected.person
    total = EventCounts()
    for person, judged in times.items():
        total += count_events(
            clip.segments.spans[is_fall & (clip.segments.person == person)],
            detected.spans[is_alarm & (whose == person)],
            judged,
            tolerance_sec=TOLERANCE_SEC,
        )
    # Time of video, not of people.
    quiet = count_events(
        clip.segments.spans[is_fall],
        np.empty((0, 2)),
        clip.segments.spans,
        tolerance_sec=TOLERANCE_SEC,
    ).quiet_sec
    return total._replace(quiet_sec=quiet)
