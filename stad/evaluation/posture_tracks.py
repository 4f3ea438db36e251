"""Judge tracks: whose they are, and which are phantoms."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stad.evaluation.people_matching import affinities
from stad.evaluation.posture_keyframes import NOT_SURE, FoundPeople, JudgedKeyframes

# A track that overlaps a person within this time of an annotation is not a phantom.
NEAR_SEC = 2.0
# A segment belongs to the person whom its track matches within this time of it.
AROUND_SEC = 1.0


class Phantoms(NamedTuple):
    """The N tracks that overlap no annotated person.

    Attributes:
        seconds: (N,) float64 how long each was shown.
        with_posture: (N,) float64 how long with a posture, seconds.
    """

    seconds: np.ndarray
    with_posture: np.ndarray


def find_phantoms(time_sec: np.ndarray, boxes: np.ndarray, found: FoundPeople) -> Phantoms:
    """Find the tracks that overlap no annotated person near the time of an annotation.

    Args:
        time_sec: (K,) float64 times of the annotated people of a clip.
        boxes: (K, 4) where they are, as in ``match_people``.
        found: in the same clip.
    """
    frame = np.repeat(np.arange(len(found.time_sec)), np.diff(found.first))
    is_person = np.zeros(len(found.ids), bool)
    for time in np.unique(time_sec):
        near = np.flatnonzero(np.abs(found.time_sec - time) <= NEAR_SEC)
        if not len(near):
            continue
        rows = slice(found.first[near[0]], found.first[near[-1] + 1])
        fits = affinities(boxes[time_sec == time], found.boxes[rows])
        is_person[rows] |= (fits > 0).any(axis=0)
    phantoms = np.setdiff1d(found.ids, found.ids[is_person])
    steps = np.diff(found.time_sec)
    # A frame is shown up to the next one.
    lasts = np.append(steps, np.median(steps) if len(steps) else 0.0)
    seconds, with_posture = [], []
    for track in phantoms.tolist():
        rows = found.ids == track
        seconds.append(lasts[frame[rows]].sum())
        with_posture.append(lasts[frame[rows & (found.posture != NOT_SURE)]].sum())
    return Phantoms(np.array(seconds), np.array(with_posture))


def ids_per_person(judged: JudgedKeyframes) -> np.ndarray:
    """Return how many tracks each person who was found at all has, (N,) int64."""
    seen = judged.actor_id >= 0
    pairs = np.unique(np.column_stack((judged.person[seen], judged.actor_id[seen])), axis=0)
    return np.unique(pairs[:, 0], return_counts=True)[1]


def owners(
    judged: JudgedKeyframes, time_sec: np.ndarray, *, actor_id: np.ndarray, spans: np.ndarray
) -> np.ndarray:
    """Return whose each detected segment is, (S,) int64 person; -1 for a phantom.

    It is the person whom the track matches most often during the segment and a second around it,
    else during the whole clip.

    Args:
        judged: the K annotated people of the clip.
        time_sec: (K,) float64 their times.
        actor_id: (S,) int64 track of each segment.
        spans: (S, 2) start and end, seconds.
    """
    result = np.full(len(actor_id), -1, np.int64)
    for row, (track, (start, end)) in enumerate(zip(actor_id, spans, strict=True)):
        mine = judged.actor_id == track
        near = mine & (time_sec >= start - AROUND_SEC) & (time_sec <= end + AROUND_SEC)
        people = judged.person[near if near.any() else mine]
        if len(people):
            result[row] = np.bincount(people).argmax()
    return result
