"""Figures of taggers, worked by hand."""

import numpy as np
import pytest

from stad.tagging.figures import decide, tag_figures


def test_one_class_each_is_the_best_one():
    scores = np.array([[0.2, 0.3], [0.4, 0.1]])
    labels = np.array([[1, 0], [1, 0]])
    decided = decide(scores, np.array([0.5, 0.5]), labels)
    assert decided.tolist() == [[False, True], [True, False]]
    assert tag_figures(scores, labels, decided=decided).accuracy == 0.5


def test_none_of_them_must_stay_below_the_thresholds():
    scores = np.array([[0.9], [0.4], [0.6], [0.1]])
    labels = np.array([[1], [1], [0], [0]])
    decided = decide(scores, np.array([0.5]), labels)
    assert decided[:, 0].tolist() == [True, False, True, False]
    found = tag_figures(scores, labels, decided=decided)
    assert found.accuracy == 0.5
    assert found.mean_f1 == 0.5
    # The positive ones are first and third: precision 1 and 2/3.
    assert found.mean_ap == pytest.approx((1 + 2 / 3) / 2)


def test_several_classes_have_no_accuracy():
    labels = np.array([[1, 1], [0, 1]])
    scores = np.array([[0.9, 0.2], [0.1, 0.8]])
    decided = decide(scores, np.array([0.5, 0.5]), labels)
    found = tag_figures(scores, labels, decided=decided)
    assert np.isnan(found.accuracy)
    assert found.mean_f1 == pytest.approx((1 + 2 / 3) / 2)
    assert found.to_json()["accuracy"] is None
