"""Cross-validation: each row is tested once, by a head that has not seen its source."""

import numpy as np
import pytest

from stad.errors import InputError
from stad.own_classes.cross_validation import (
    choose_num_folds,
    cross_validate,
    part_of_sources,
)

from .examples_made import GivenScores, example_set


def made(count=12, per_source=3):
    labels = [[n % 2, 1 - n % 2] for n in range(count)]
    sources = [f"s{n // per_source}" for n in range(count)]
    return example_set(labels, [[n / count, 0.5] for n in range(count)], sources=sources)


def test_each_row_is_tested_once_by_a_head_that_has_not_seen_its_source():
    examples, trained = made(), []

    def fit(given, rows):
        trained.append({str(one) for one in given.sources[rows]})
        return GivenScores(np.array([0.1 * len(trained), 0.5]))

    calls = []
    tested = cross_validate(examples, fit, num_folds=4, on_fold=lambda: calls.append(1))
    assert sorted(tested.rows.tolist()) == list(range(12))
    assert len(calls) == 4
    for row, fold, scores, line in zip(
        tested.rows, tested.folds, tested.scores, tested.thresholds, strict=True
    ):
        assert examples.sources[row] not in trained[fold]
        assert len(trained[fold]) == 3
        assert scores.tolist() == pytest.approx([row / 12, 0.5])
        assert line.tolist() == pytest.approx([0.1 * (fold + 1), 0.5])
    assert (tested.decided == (tested.scores >= tested.thresholds)).all()


def test_variants_are_trained_on_and_not_tested():
    examples = example_set(
        [[1, 0], [1, 0], [0, 1], [0, 1]],
        np.zeros((4, 2)),
        sources=["x", "x", "y", "y"],
        variants=[0, 1, 0, 1],
    )
    seen = []

    def fit(_, rows):
        seen.append(sorted(rows.tolist()))
        return GivenScores(np.ones(2))

    tested = cross_validate(examples, fit, num_folds=2)
    assert sorted(seen) == [[0, 1], [2, 3]]
    assert sorted(tested.rows.tolist()) == [0, 2]


def test_smaller_parts_are_within_larger_ones_and_have_every_class():
    labels = [[0, 1]] * 15 + [[1, 0]]
    examples = example_set(labels, np.zeros((16, 2)))
    sources = sorted(set(examples.sources.tolist()))
    quarter, half, all_of_them = (
        part_of_sources(examples, sources, fraction=part) for part in (0.25, 0.5, 1.0)
    )
    assert (len(quarter), len(half), len(all_of_them)) == (4, 8, 16)
    assert set(quarter) <= set(half)
    assert "15.mp4" in quarter


def test_there_are_not_more_folds_than_sources():
    assert choose_num_folds(made()) == 4
    assert choose_num_folds(made(), 3) == 3
    with pytest.raises(InputError, match=r"All labels are of one source \(s0\)"):
        choose_num_folds(made(count=3))
