"""Figures of several labels per example, against hand-worked tables."""

import math

import numpy as np
import pytest

from stad.evaluation.multilabel import best_class, class_figures, confusions, mean_of

SCORES = np.array([[0.9, 0.1], [0.8, 0.7], [0.6, 0.2], [0.3, 0.9]])
LABELS = np.array([[1, 0], [0, 1], [1, -1], [-1, 0]])


def test_figures_by_hand():
    first, second = class_figures(("a", "b"), SCORES, LABELS, decided=SCORES >= 0.65)
    # Class a, by score: right, wrong, right; unknown is left out. Envelope 1 and 2/3.
    assert first.name == "a"
    assert first.ap == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert first.counts == (1, 1, 1, 1)
    assert (first.counts.precision, first.counts.recall, first.counts.f1) == (0.5, 0.5, 0.5)
    # Class b: 0.9 is wrong, 0.7 is right, 0.1 is negative and not shown.
    assert second.ap == 0.5
    assert second.counts == (1, 0, 1, 2)
    assert second.counts.f1 == pytest.approx(2 / 3)


def test_a_class_without_examples_has_no_figures():
    (one,) = class_figures(("a",), SCORES[:, :1], np.full((4, 1), -1), decided=SCORES[:, :1] > 2)
    assert math.isnan(one.ap)
    assert math.isnan(one.counts.f1)
    assert math.isnan(one.counts.precision)
    assert one.counts.num_positive == one.counts.num_negative == 0
    assert math.isnan(mean_of([one.ap]))
    assert mean_of([one.ap, 0.5, 1.0]) == 0.75


def test_confusions_of_several_labels():
    labels = np.array([[1, 1, 0], [1, 1, 0], [1, 0, 0], [0, 0, 0], [-1, 1, -1]])
    decided = np.array([[1, 1, 0], [1, 0, 1], [1, 0, 1], [0, 1, 0], [1, 0, 0]], bool)
    assert confusions(labels, decided).tolist() == [
        [3, 0, 0, 0],
        # Missed for class 2 once; missed for nothing where what is shown is unknown.
        [0, 1, 1, 1],
        [0, 0, 0, 0],
        [0, 1, 1, 0],
    ]


def test_the_best_class_is_the_one_farthest_above_its_own_threshold():
    thresholds = np.array([[0.5, 0.5], [0.2, 0.9], [0.95, 0.95], [0.2, 0.95]])
    assert best_class(SCORES, thresholds).tolist() == [0, 0, 2, 0]
