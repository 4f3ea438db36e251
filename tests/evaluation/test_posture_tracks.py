"""Tracks of people, of two people, and phantoms."""

import numpy as np

from stad.evaluation.posture_keyframes import NOT_SURE, judge_keyframes
from stad.evaluation.posture_tracks import find_phantoms, ids_per_person, owners
from tests.evaluation.posture_cases import LEFT, RIGHT, clip_of, people_of

MIDDLE = (0.4, 0.1, 0.5, 0.4)


def test_phantoms_are_found():
    clip = clip_of((0, 1, 1, LEFT), (0, 2, 1, LEFT))
    frames = {
        time: [(1, LEFT, 1, 0.9), (2, MIDDLE, 0 if time < 1 else NOT_SURE, 0.9)]
        for time in (0.0, 0.5, 1.0, 1.5)
    }
    frames |= {time: [] for time in (2.0, 2.5, 3.0, 3.5)}
    # Overlaps the person once, 2 seconds after the last annotation.
    frames[4.0] = [(3, LEFT, 1, 0.9)]
    # 3 seconds after, it overlaps no person near an annotation; the last frame lasts 0.5 s.
    frames |= {4.5: [], 5.0: [(4, LEFT, 1, 0.9)]}
    found = find_phantoms(clip.keyframes.time_sec, clip.keyframes.boxes, people_of(frames))
    # Tracks 2 and 4, in frames that are 0.5 s apart.
    assert found.seconds.tolist() == [2.0, 0.5]
    assert found.with_posture.tolist() == [1.0, 0.5]


def test_ids_are_counted_for_those_who_were_found():
    clip = clip_of(*((0, t, 1, LEFT) for t in range(3)), *((1, t, 1, RIGHT) for t in range(3)))
    frames = {0: [(1, LEFT, 1, 1)], 1: [(2, LEFT, 1, 1)], 2: [(1, LEFT, 1, 1)]}
    judged = judge_keyframes(*clip.keyframes, found=people_of(frames))
    assert ids_per_person(judged).tolist() == [2]


def test_a_segment_is_of_whom_its_track_matches_then():
    clip = clip_of(*((0, t, 1, LEFT) for t in range(6)), *((1, t, 1, RIGHT) for t in range(6)))
    # The track goes over to the other person after 3 s.
    frames = {t: [(5, LEFT if t < 3 else RIGHT, 1, 1)] for t in range(6)}
    judged = judge_keyframes(*clip.keyframes, found=people_of(frames))
    spans = np.array([[0.0, 1], [4, 5], [30, 31], [0, 1]])
    found = owners(judged, clip.keyframes.time_sec, actor_id=np.array([5, 5, 5, 6]), spans=spans)
    assert found.tolist() == [0, 1, 0, -1]
