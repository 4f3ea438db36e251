"""Pairs of detections and ground truth; see also tests/evaluation/test_compare_ava_checks.py."""

import numpy as np

from stad.annotations.checks.matches import pairs_of_rows


def test_pairs_are_all_of_one_keyframe_best_scores_first():
    rows, mate = pairs_of_rows(
        np.array([5, 3, 5]), np.array([3, 4, 5]), score=np.array([0.1, 0.9, 0.5])
    )
    assert list(zip(rows.tolist(), mate.tolist(), strict=True)) == [(2, 0), (2, 2), (0, 1)]
