"""Overlaps of boxes, segments and tubes, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from stad.evaluation.overlap import box_iou, paired_box_iou, paired_segment_iou, tube_iou


def test_paired_boxes_are_the_diagonal_of_all_pairs():
    random = np.random.default_rng(0)
    corners = random.random((2, 50, 2))
    first, second = np.concatenate([corners, corners + random.random((2, 50, 2))], axis=-1)
    np.testing.assert_array_equal(paired_box_iou(first, second), np.diag(box_iou(first, second)))


def test_empty_boxes_overlap_nothing():
    empty, whole = np.array([[0.5, 0.5, 0.5, 0.9]]), np.array([[0.0, 0.0, 1.0, 1.0]])
    assert paired_box_iou(empty, whole).tolist() == [0.0]
    assert paired_box_iou(empty, empty).tolist() == [0.0]


@pytest.mark.parametrize(
    ("second", "expected"),
    [([0.0, 4.0], 1.0), ([2.0, 6.0], 1 / 3), ([1.0, 2.0], 1 / 4), ([4.0, 5.0], 0.0)],
)
def test_segments(second, expected):
    result = paired_segment_iou(np.array([[0.0, 4.0]]), np.array([second]))
    assert result[0] == pytest.approx(expected)


def test_tube_is_time_overlap_times_mean_box_overlap():
    first = np.tile([0.0, 0.0, 2.0, 2.0], (4, 1))
    second = np.array([[0.0, 0.0, 2.0, 2.0], [1.0, 0.0, 3.0, 2.0], [9.0, 9.0, 10.0, 10.0]])
    # Frames 2 and 3 are shared, of 0 .. 4; boxes overlap by 1 and by 1/3.
    result = tube_iou(np.arange(4), first, np.array([2, 3, 4]), second)
    assert result == pytest.approx(2 / 5 * (1 + 1 / 3) / 2)
    assert tube_iou(np.arange(4), first, np.array([7, 8, 9]), second) == 0.0
