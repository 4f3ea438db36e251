"""Postures at single times: right, wrong, unsure and missed; and calibration."""

import numpy as np
import pytest

from stad.evaluation.posture_keyframes import (
    NO_BOX,
    NOT_SURE,
    calibration_error,
    judge_keyframes,
    posture_confusion,
)
from tests.evaluation.posture_cases import LEFT, RIGHT, clip_of, people_of


def test_each_keyframe_is_judged():
    clip = clip_of((0, 0, 1, LEFT), (0, 1, 1, LEFT), (0, 2, 2, LEFT), (1, 1, 0, RIGHT))
    found = people_of(
        {
            0.1: [(7, LEFT, 1, 0.9)],
            1.0: [(7, RIGHT, 2, 0.6), (8, LEFT, NOT_SURE, 0.4)],
            2.0: [],
        }
    )
    judged = judge_keyframes(*clip.keyframes, found=found)
    assert judged.annotated.tolist() == [1, 1, 2, 0]
    assert judged.predicted.tolist() == [1, NOT_SURE, NO_BOX, 2]
    assert judged.best.tolist() == [1, 0, NO_BOX, 2]
    assert judged.actor_id.tolist() == [7, 8, -1, 7]
    np.testing.assert_allclose(judged.score, [0.9, 0.4, np.nan, 0.6])
    assert posture_confusion(judged, num_postures=3).tolist() == [
        [0, 0, 1, 0, 0],
        [0, 1, 0, 1, 0],
        [0, 0, 0, 0, 1],
    ]


def test_one_of_two_postures_is_enough():
    clip = clip_of((0, 0, 1, LEFT), (0, 1, 1, LEFT))
    clip.keyframes.postures[:, 2] = True
    found = people_of({0: [(7, LEFT, 2, 0.9)], 1: [(7, LEFT, 0, 0.9)]})
    judged = judge_keyframes(*clip.keyframes, found=found)
    # The second one is predicted, which is right, then neither; both count for the first.
    assert judged.annotated.tolist() == [1, 1]
    assert judged.predicted.tolist() == judged.best.tolist() == [1, 0]


def test_people_without_scores_have_no_best_posture():
    found = people_of({0: [(7, LEFT, NOT_SURE, 0.0)]})
    found.scores[:] = np.nan
    judged = judge_keyframes(*clip_of((0, 0, 1, LEFT)).keyframes, found=found)
    assert (judged.best.tolist(), judged.predicted.tolist()) == ([NO_BOX], [NOT_SURE])


@pytest.mark.parametrize(
    ("scores", "right", "expected"),
    [
        ([0.95] * 20, [True] * 19 + [False], 0.0),
        ([1.0, 1.0], [False, False], 1.0),
        # In one bin they even out, in two they do not.
        ([0.55, 0.57], [True, False], abs(0.56 - 0.5)),
        ([0.55, 0.65], [True, False], (0.45 + 0.65) / 2),
    ],
)
def test_calibration_error(scores, right, expected):
    assert calibration_error(np.array(scores), np.array(right)) == pytest.approx(expected)


def test_nothing_has_no_calibration():
    assert np.isnan(calibration_error(np.empty(0), np.empty(0)))
