"""Annotated and found people, matched by hand."""

import numpy as np
import pytest

from stad.evaluation.people_matching import affinities, match_people

LEFT, RIGHT = [0.1, 0.1, 0.3, 0.9], [0.6, 0.1, 0.9, 0.9]
UNKNOWN = [np.nan] * 4


@pytest.mark.parametrize(
    ("annotated", "found", "expected"),
    [
        ([LEFT, RIGHT], [RIGHT, LEFT], [1, 0]),
        ([LEFT], [], [-1]),
        ([], [LEFT], []),
        # Half as high is an overlap of 0.5; a quarter is 0.25, which is not enough.
        ([LEFT], [[0.1, 0.5, 0.3, 0.9]], [0]),
        ([LEFT], [[0.1, 0.7, 0.3, 0.9]], [-1]),
        # One box cannot be two people: the better one has it.
        ([[0.1, 0.1, 0.3, 0.6], LEFT], [LEFT], [-1, 0]),
        # A point takes the box that contains it, the one nearer to its centre.
        ([[0.2, 0.2, 0.2, 0.2]], [RIGHT, LEFT], [1]),
        ([[0.5, 0.5, 0.5, 0.5]], [LEFT, RIGHT], [-1]),
        ([[0.2, 0.5, 0.2, 0.5]], [[0, 0, 1, 1], LEFT], [1]),
        # Without a place, the largest.
        ([UNKNOWN], [LEFT, RIGHT], [1]),
        ([UNKNOWN], [], [-1]),
    ],
)
def test_people_are_matched(annotated, found, expected):
    assert match_people(np.array(annotated), np.array(found)).tolist() == expected


def test_a_point_in_the_corner_still_matches():
    point = np.array([[0.1, 0.1, 0.1, 0.1]])
    assert affinities(point, np.array([LEFT]))[0, 0] == pytest.approx(0.01)
