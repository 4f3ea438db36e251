"""Overlaps of boxes, segments and tubes, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from stad.utils.boxes import box_iou, paired_box_iou, paired_segment_iou, tube_iou


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


def test_tubes_of_whole_pixels_and_of_time_spans():
    first = np.tile([0.0, 0.0, 1.0, 1.0], (4, 1))
    second = np.tile([1.0, 0.0, 2.0, 1.0], (3, 1))
    frames = np.arange(4), np.array([2, 3, 4])
    # Boxes of 2 x 2 pixels share a column of 2: 2 of 6. Without the pixel they touch.
    assert tube_iou(frames[0], first, frames[1], second, added_px=1.0) == pytest.approx(2 / 5 / 3)
    assert tube_iou(frames[0], first, frames[1], second) == 0.0
    # From 2 to 3 is one frame, from 0 to 4 are four.
    span = tube_iou(frames[0], first, frames[1], first[:3], added_frames=0)
    assert span == pytest.approx(1 / 4)
    one = np.array([3])
    assert tube_iou(one, first[:1], one, first[:1], added_frames=0) == 0.0
    assert tube_iou(one, first[:1], one, first[:1]) == 1.0
