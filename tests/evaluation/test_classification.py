"""Top-k and mean class accuracy: tables by hand, a plain loop, and odd input."""

import math

import numpy as np
import pytest

from stad.evaluation.classification import (
    average_views,
    class_accuracies,
    confusion_matrix,
    label_ranks,
    mean_class_accuracy,
    top_k_accuracy,
    two_way_accuracy,
)

SCORES = np.array(
    [
        [0.7, 0.2, 0.1],
        [0.1, 0.6, 0.3],
        [0.2, 0.3, 0.5],
        [0.4, 0.5, 0.1],
        [0.3, 0.1, 0.6],
    ]
)
LABELS = np.array([0, 1, 1, 0, 1])


def test_by_hand():
    # Places of the right class: 0, 0, 1, 1, 2.
    assert label_ranks(SCORES, LABELS).tolist() == [0, 0, 1, 1, 2]
    assert [top_k_accuracy(SCORES, LABELS, k) for k in (1, 2, 3, 9)] == [0.4, 0.8, 1.0, 1.0]
    # One of two, one of three, and a class without rows.
    np.testing.assert_allclose(class_accuracies(SCORES, LABELS), [1 / 2, 1 / 3, np.nan])
    assert mean_class_accuracy(SCORES, LABELS) == pytest.approx((1 / 2 + 1 / 3) / 2)
    assert confusion_matrix(SCORES, LABELS).tolist() == [[1, 1, 0], [0, 1, 2], [0, 0, 0]]


@pytest.mark.parametrize(
    ("scores", "label", "place"),
    [
        ([0.5, 0.5, 0.5], 0, 0),
        ([0.5, 0.5, 0.5], 2, 2),
        ([0.5, 0.9, 0.5], 2, 2),
        ([np.nan, 0.1, 0.2], 0, 2),
        ([np.nan, 0.1, 0.2], 1, 1),
        ([np.nan, np.nan, np.nan], 1, 1),
        ([-np.inf, np.inf, 0.0], 1, 0),
    ],
)
def test_ties_and_scores_that_are_no_numbers(scores, label, place):
    assert label_ranks(np.array([scores]), np.array([label])).tolist() == [place]


def test_against_a_plain_loop():
    rng = np.random.default_rng(0)
    for _ in range(50):
        classes, rows = rng.integers(1, 8), rng.integers(1, 30)
        # Few values, so that many are equal.
        scores = rng.integers(0, 4, (rows, classes)) / 4
        labels = rng.integers(0, classes, rows)
        k = int(rng.integers(1, 9))
        hits = [
            labels[i] in sorted(range(classes), key=lambda c, i=i: (-scores[i, c], c))[:k]
            for i in range(rows)
        ]
        assert top_k_accuracy(scores, labels, k) == pytest.approx(np.mean(hits))
        per_class = [
            np.mean([scores[i].argmax() == c for i in range(rows) if labels[i] == c])
            for c in sorted(set(labels.tolist()))
        ]
        assert mean_class_accuracy(scores, labels) == pytest.approx(np.mean(per_class))
        assert np.trace(confusion_matrix(scores, labels)) == np.sum(scores.argmax(1) == labels)


def test_views_are_averaged():
    videos = np.array(["b", "a", "b", "b"])
    scores = np.array([[0.6, 0.4], [0.1, 0.9], [0.0, 1.0], [0.3, 0.7]], dtype=np.float32)
    names, means = average_views(videos, scores)
    assert names.tolist() == ["a", "b"]
    np.testing.assert_allclose(means, [[0.1, 0.9], [0.3, 0.7]], atol=1e-7)


def test_two_ways():
    scores = np.array([[0.6, 0.4, 0.0], [0.6, 0.4, 0.0], [0.2, 0.2, 0.6]])
    assert two_way_accuracy(scores, np.array([0, 1, 0]), np.array([1, 0, 1])) == 0.5


def test_nothing_to_count_is_not_a_number():
    empty, none = np.zeros((0, 3)), np.zeros(0, dtype=int)
    assert math.isnan(top_k_accuracy(empty, none, 1))
    assert math.isnan(mean_class_accuracy(empty, none))
    assert math.isnan(two_way_accuracy(empty, none, none))
    assert confusion_matrix(empty, none).tolist() == [[0, 0, 0]] * 3


@pytest.mark.parametrize(
    ("scores", "labels", "said"),
    [
        (np.zeros(3), np.zeros(3, dtype=int), r"\(N, C\)"),
        (np.zeros((2, 3)), np.zeros(3, dtype=int), r"labels \(N,\)"),
        (np.zeros((2, 3)), np.array([0, 3]), "from 0 to 2, got 0 to 3"),
        (np.zeros((2, 3)), np.array([-1, 0]), "got -1 to 0"),
    ],
)
def test_shapes_that_do_not_fit(scores, labels, said):
    with pytest.raises(ValueError, match=said):
        label_ranks(scores, labels)


def test_k_is_one_or_more():
    with pytest.raises(ValueError, match="k must be 1 or more"):
        top_k_accuracy(SCORES, LABELS, 0)
