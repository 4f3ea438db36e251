"""Clips whose figures are worked out by hand."""

import numpy as np

from stad.annotations.postures import PostureClip, PostureKeyframes, segments_of
from stad.evaluation.posture_clips import FoundPostures, FoundSegments
from stad.evaluation.posture_keyframes import FoundPeople

LEFT, RIGHT = (0.1, 0.1, 0.3, 0.9), (0.6, 0.1, 0.9, 0.9)


def clip_of(*rows, num_postures=3, is_complete=True) -> PostureClip:
    """Rows of person, time, posture and box, by person, then time."""
    keyframes = PostureKeyframes(
        time_sec=np.array([row[1] for row in rows], float),
        person=np.array([row[0] for row in rows], int),
        postures=np.array([[k == row[2] for k in range(num_postures)] for row in rows]),
        boxes=np.array([row[3] for row in rows], float).reshape(-1, 4),
    )
    people = tuple(str(number) for number in range(max(row[0] for row in rows) + 1))
    return PostureClip(
        "clip", people, ("",) * len(people), keyframes, segments_of(keyframes), is_complete
    )


def people_of(frames, num_postures=3) -> FoundPeople:
    """Times of frames, with rows of id, box, posture that is shown and its score."""
    rows = [row for people in frames.values() for row in people]
    scores = np.zeros((len(rows), num_postures))
    for number, (_, _, posture, score) in enumerate(rows):
        scores[number, max(posture, 0)] = score
    return FoundPeople(
        time_sec=np.array(list(frames), float),
        first=np.append(0, np.cumsum([len(people) for people in frames.values()])),
        boxes=np.array([row[1] for row in rows], float).reshape(-1, 4),
        ids=np.array([row[0] for row in rows], int),
        posture=np.array([row[2] for row in rows], int),
        scores=scores,
    )


def found_in(frames, *segments, duration_sec=10.0) -> FoundPostures:
    """Frames as for ``people_of``, and rows of id, posture, start, end and score."""
    return FoundPostures(
        people=people_of(frames),
        segments=FoundSegments(
            actor_id=np.array([row[0] for row in segments], int),
            posture=np.array([row[1] for row in segments], int),
            spans=np.array([row[2:4] for row in segments], float).reshape(-1, 2),
            score=np.array([row[4] for row in segments], float),
        ),
        duration_sec=duration_sec,
        processor_sec=5.0,
    )
