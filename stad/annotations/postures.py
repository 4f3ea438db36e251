"""Hold who has which posture when and where in a set of clips; ``posture_folder`` reads it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

# Postures of a person are read off the intervals this often where nothing else gives the times.
SAMPLE_SEC = 0.25
# A keyframe says something about at most this long before and after it.
REACH_SEC = 0.5
# Keyframes with one posture that are further apart are two segments.
MAX_GAP_SEC = 1.0
TIME_EPSILON_SEC = 1e-6


class PostureKeyframes(NamedTuple):
    """K annotated postures at single times, by person, then time.

    Attributes:
        time_sec: (K,) float64.
        person: (K,) int64 index of the person in the clip.
        postures: (K, P) bool; a person who bends forward on a chair may be in two.
        boxes: (K, 4) float64 xyxy as fractions of the frame; a point has x1 = x2 and y1 = y2,
            and NaN means that the place is not known.
    """

    time_sec: np.ndarray
    person: np.ndarray
    postures: np.ndarray
    boxes: np.ndarray


class PostureSegments(NamedTuple):
    """S annotated postures from a start to an end, by person, then start.

    Attributes:
        person: (S,) int64 index of the person in the clip.
        posture: (S,) int64 class from 0.
        spans: (S, 2) float64 start and end, seconds.
    """

    person: np.ndarray
    posture: np.ndarray
    spans: np.ndarray


@dataclass(frozen=True)
class PostureClip:
    """The annotations of one clip.

    Attributes:
        video: its name, without the ending.
        people: the ids of its people, as in the files.
        subjects: who each of them is, over all clips; '' where it is not known.
        keyframes: postures at single times.
        segments: postures over time; times outside of all of them are not judged.
        is_complete: whether everybody who is visible is annotated.
    """

    video: str
    people: tuple[str, ...]
    subjects: tuple[str, ...]
    keyframes: PostureKeyframes
    segments: PostureSegments
    is_complete: bool = False


def segments_of(keyframes: PostureKeyframes) -> PostureSegments:
    """Join keyframes to segments.

    A keyframe covers the time up to the middle between it and its neighbours of the same
    person, at most ``REACH_SEC`` on either side; the first and the last reach as far as their one
    neighbour lets them. Runs with one posture are joined across at most ``MAX_GAP_SEC``.

    Args:
        keyframes: by person, then time.

    >>> postures = np.array([[True, False], [True, False], [False, True]])
    >>> times = np.array([0.0, 0.5, 1.0])
    >>> keyframes = PostureKeyframes(times, np.zeros(3, int), postures, np.zeros((3, 4)))
    >>> segments_of(keyframes).spans.tolist()
    [[0.0, 0.75], [0.75, 1.25]]
    """
    found: list[tuple[int, float, float, int]] = []
    for person in np.unique(keyframes.person).tolist():
        mine = np.flatnonzero(keyframes.person == person)
        times, reach = keyframes.time_sec[mine], _reach(keyframes.time_sec[mine])
        starts, ends = np.maximum(times - reach[0], 0.0), times + reach[1]
        for posture in np.flatnonzero(keyframes.postures[mine].any(axis=0)).tolist():
            rows = np.flatnonzero(keyframes.postures[mine, posture])
            # A run ends where another posture or a long pause comes between.
            is_cut = (np.diff(rows) > 1) | (np.diff(times[rows]) > MAX_GAP_SEC + TIME_EPSILON_SEC)
            for run in np.split(rows, np.flatnonzero(is_cut) + 1):
                found.append((person, float(starts[run[0]]), float(ends[run[-1]]), posture))
    found.sort()
    return PostureSegments(
        np.array([one[0] for one in found], np.int64),
        np.array([one[3] for one in found], np.int64),
        np.array([one[1:3] for one in found], np.float64).reshape(-1, 2),
    )


def _reach(times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far each of the ascending times reaches back and ahead, seconds."""
    half = np.diff(times) / 2
    if not len(half):
        return np.array([REACH_SEC]), np.array([REACH_SEC])
    before, after = np.append(half[0], half), np.append(half, half[-1])
    return np.minimum(before, REACH_SEC), np.minimum(after, REACH_SEC)


def only_people(clip: PostureClip, people: Collection[int]) -> PostureClip:
    """Return the clip with the annotations of these people alone.

    Args:
        clip: the annotations.
        people: indices in ``clip.people``, which stay as they are.
    """
    if set(people) == set(range(len(clip.people))):
        return clip
    rows = np.isin(clip.keyframes.person, list(people))
    spans = np.isin(clip.segments.person, list(people))
    return replace(
        clip,
        keyframes=PostureKeyframes(*(column[rows] for column in clip.keyframes)),
        segments=PostureSegments(*(column[spans] for column in clip.segments)),
        is_complete=False,
    )
