from __future__ import annotations

import json
import random
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from stad.evaluation.tagging import (
    evaluate_tags,
    join_tops,
    mean_order_ap,
    tagging_figures,
    top_predictions,
)
from stad.evaluation.tagging_original import original_gap_and_ap
from tests.evaluation.plain_tagging import (
    best_and_worst_ap,
    plain_ap,
    plain_hit_at_1,
    plain_perr,
    top_pairs,
)

# Made by the challenge's own code, see ../shared/golden/nextvlad_README.md.
CASES = json.loads((Path(__file__).parents[1] / "data" / "youtube8m" / "metrics.json").read_text())


def arrays_of(case: dict) -> tuple[np.ndarray, np.ndarray]:
    labels = np.zeros((len(case["labels"]), case["num_classes"]), dtype=bool)
    for row, numbers in zip(labels, case["labels"], strict=True):
        row[numbers] = True
    return np.array(case["predictions"], dtype=np.float32), labels


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_figures_of_the_original_code(case):
    scores, labels = arrays_of(case)
    expected = case["expected"]
    figures = evaluate_tags(scores, labels, top_k=case["top_k"])
    assert figures.hit_at_1 == pytest.approx(expected["hit_at_one"], abs=1e-6)
    assert figures.perr == pytest.approx(expected["perr"], abs=1e-6)
    limits = case["tie_order_range"]
    assert limits["gap_worst"] - 1e-9 <= figures.gap <= limits["gap_best"] + 1e-9
    assert limits["map_worst"] - 1e-9 <= figures.map <= limits["map_best"] + 1e-9
    labelled = figures.num_labels > 0
    assert figures.map_labelled == pytest.approx(figures.map / labelled.mean())
    if case is CASES[-1]:
        # It has no ties.
        assert figures.gap == pytest.approx(expected["gap"], abs=1e-6)
        assert figures.map == pytest.approx(expected["map_all_classes"], abs=1e-6)
        assert figures.map_labelled == pytest.approx(expected["map_nonempty_classes"], abs=1e-6)


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_the_order_of_the_original_gives_its_very_figures(case):
    scores, labels = arrays_of(case)
    ends = np.cumsum(case["batches"])[:-1]
    batches = zip(np.split(scores, ends), np.split(labels, ends), strict=True)
    random.seed(5)
    before = random.getstate()
    gap, aps = original_gap_and_ap(batches, top_k=case["top_k"])
    assert random.getstate() == before
    assert gap == pytest.approx(case["expected"]["gap"], abs=1e-7)
    np.testing.assert_allclose(aps, case["expected"]["aps"], atol=1e-7)
    gap, aps = original_gap_and_ap([(scores, labels)], top_k=case["top_k"])
    assert gap == pytest.approx(case["one_batch"]["gap"], abs=1e-7)


def test_hand_worked_example():
    # Video 0: labels 0 and 2, of which the first is the best and the other the third prediction.
    # Video 1: label 3, the second prediction. Video 2: no label.
    scores = np.array([[0.9, 0.6, 0.5, 0.1], [0.2, 0.8, 0.05, 0.7], [0.4, 0.3, 0.0, 0.35]])
    labels = np.array([[1, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]])
    figures = evaluate_tags(scores, labels)
    assert figures.hit_at_1 == pytest.approx(1 / 3)
    # Video 0: of the first two one is a label. Video 1: the first is not.
    assert figures.perr == pytest.approx((1 / 2 + 0 + 0) / 3)
    # All in one list: 0.9 hit, 0.8, 0.7 hit, 0.6, 0.5 hit.
    assert figures.gap == pytest.approx((1 / 1 + 2 / 3 + 3 / 5) / 3)
    # Class 0: 0.9 is first. Class 2: 0.5 is first. Class 3: 0.7 is first. Class 1: no label.
    np.testing.assert_allclose(figures.class_ap, [1, 0, 1, 1])
    assert (figures.map, figures.map_labelled) == (0.75, 1.0)
    assert figures.num_labels.tolist() == [1, 0, 1, 1]
    # With two predictions a video the label of score 0.5 is not found, but counts.
    two = evaluate_tags(scores, labels, top_k=2)
    assert two.gap == pytest.approx((1 + 2 / 3) / 3)
    np.testing.assert_allclose(two.class_ap, [1, 0, 0, 1])
    assert two.perr == figures.perr


def test_hand_worked_ties():
    # Argmax and the highest of equal scores take the first class.
    scores = np.array([[0.5, 0.5, 0.1]])
    assert evaluate_tags(scores, np.array([[0, 1, 0]])).hit_at_1 == 0
    assert evaluate_tags(scores, np.array([[1, 0, 0]])).hit_at_1 == 1
    assert evaluate_tags(scores, np.array([[0, 1, 0]])).perr == 0
    # The label is first or second of two: the mean of 1 and 1/2.
    assert evaluate_tags(scores, np.array([[0, 1, 0]])).gap == 0.75
    # Only one of the two is kept, and it is not the label.
    assert evaluate_tags(scores, np.array([[0, 1, 0]]), top_k=1).gap == 0
    # A score of 0 is no prediction for PERR, but one for GAP.
    nothing = evaluate_tags(np.zeros((1, 2)), np.array([[1, 0]]))
    assert (nothing.hit_at_1, nothing.perr, nothing.gap) == (1.0, 0.0, 0.75)


def test_equal_scores_count_with_the_mean_over_all_orders():
    rng = np.random.default_rng(0)
    for _ in range(20):
        scores = rng.integers(0, 3, 7) / 4
        is_right = rng.random(7) < 0.5
        values = []
        for order in permutations(range(7)):
            pairs = sorted(
                ((scores[i], is_right[i]) for i in order), key=lambda one: one[0], reverse=True
            )
            values.append(plain_ap(pairs, 4))
        assert mean_order_ap(scores, is_right, 4) == pytest.approx(np.mean(values), abs=1e-12)


@pytest.mark.parametrize("seed", range(30))
def test_random_cases_against_a_plain_transcription(seed):
    rng = np.random.default_rng(seed)
    count, classes = int(rng.integers(1, 12)), int(rng.choice([3, 19, 20, 21, 40]))
    # Two decimals give ties within and between videos; a tenth of the videos has no label.
    scores = rng.random((count, classes)).astype(np.float32)
    if seed % 2:
        scores = np.floor(scores * 20).astype(np.float32) / 20
    labels = rng.random((count, classes)) < rng.choice([0.05, 0.3])
    labels[rng.random(count) < 0.1] = False
    figures = evaluate_tags(scores, labels)
    rows, truth = scores.tolist(), labels.tolist()
    assert figures.hit_at_1 == pytest.approx(plain_hit_at_1(rows, truth))
    assert figures.perr == pytest.approx(plain_perr(rows, truth))
    pairs = top_pairs(rows, truth, 20)
    best, worst = best_and_worst_ap([(score, hit) for score, _, hit in pairs], labels.sum())
    assert worst - 1e-12 <= figures.gap <= best + 1e-12
    if not seed % 2:
        assert figures.gap == pytest.approx(best)
    for number in range(classes):
        own = [(score, hit) for score, k, hit in pairs if k == number]
        best, worst = best_and_worst_ap(own, labels[:, number].sum())
        assert worst - 1e-12 <= figures.class_ap[number] <= best + 1e-12
    assert figures.map == pytest.approx(figures.class_ap.mean())


def test_batches_and_their_order_change_nothing():
    rng = np.random.default_rng(3)
    scores = np.floor(rng.random((50, 30)) * 10) / 10
    labels = rng.random((50, 30)) < 0.1
    whole = evaluate_tags(scores, labels)
    for sizes in ([1] * 50, [20, 30], [50]):
        order = rng.permutation(50)
        ends = np.cumsum(sizes)[:-1]
        parts = [top_predictions(scores[i], labels[i]) for i in np.split(order, ends)]
        found = tagging_figures(join_tops(parts), 30)
        for name in ("hit_at_1", "perr", "gap", "map", "map_labelled", "num_videos"):
            assert getattr(found, name) == pytest.approx(getattr(whole, name), abs=1e-12)


def test_selected_videos_keep_their_labels():
    rng = np.random.default_rng(4)
    scores, labels = rng.random((9, 6)), rng.random((9, 6)) < 0.3
    rows = np.array([7, 0, 3, 3])
    found = top_predictions(scores, labels).select(rows)
    expected = top_predictions(scores[rows], labels[rows])
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_nothing_to_evaluate():
    empty = evaluate_tags(np.zeros((0, 4)), np.zeros((0, 4)))
    assert (empty.hit_at_1, empty.perr, empty.gap, empty.map) == (0, 0, 0, 0)
    unlabelled = evaluate_tags(np.ones((2, 4)), np.zeros((2, 4)))
    assert (unlabelled.gap, unlabelled.map_labelled, unlabelled.num_videos) == (0, 0, 2)


@pytest.mark.parametrize(
    ("scores", "labels", "message"),
    [
        (np.zeros((2, 3)), np.zeros((2, 4)), r"got \(2, 3\) and \(2, 4\)"),
        (np.zeros((2, 0)), np.zeros((2, 0)), r"C > 0"),
        (np.full((1, 2), np.nan), np.zeros((1, 2)), "NaN or infinity"),
    ],
)
def test_wrong_arrays(scores, labels, message):
    with pytest.raises(ValueError, match=message):
        evaluate_tags(scores, labels)
