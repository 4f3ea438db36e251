"""Segment-mAP: by hand, and as plain transcriptions of the official rules compute it."""

from __future__ import annotations

import numpy as np
import pytest

from stad.errors import InputError
from stad.evaluation.items import Instances
from stad.evaluation.items_summary import as_json, as_table
from stad.evaluation.segments import evaluate_segments, segment_ap
from tests.evaluation.plain_items import activitynet_ap, thumos_ap


def items(rows, *, scored: bool = False) -> Instances:
    """Rows (video, class, start, end) and a score."""
    table = np.array(rows, float).reshape(-1, 5 if scored else 4)
    score = table[:, 4] if scored else None
    return Instances(table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2:4], score)


TRUTH = items([(0, 0, 0, 10), (0, 0, 20, 30), (1, 1, 0, 4)])
FOUND = items(
    [
        (0, 0, 1, 10, 0.9),
        (0, 0, 0, 9, 0.8),
        (0, 0, 22, 30, 0.7),
        (1, 1, 2, 6, 0.6),
        (0, 2, 0, 1, 0.5),
    ],
    scored=True,
)


@pytest.mark.parametrize("protocol", ["activitynet", "thumos14"])
def test_by_hand(protocol):
    result = segment_ap(TRUTH, FOUND, num_classes=3, threshold=0.5, protocol=protocol)
    # Class 0: right, wrong (taken), right. Class 1: overlap 2 of 6. Class 2: no ground truth.
    np.testing.assert_allclose(result, [1 / 2 + 1 / 2 * 2 / 3, 0.0, np.nan])
    assert segment_ap(TRUTH, FOUND, num_classes=3, threshold=0.3, protocol=protocol)[1] == 1.0


def test_where_the_rules_differ():
    # Both overlap the first ground truth by at least a half, the worse one more.
    truth = items([(0, 0, 0, 10), (0, 0, 10, 20)])
    found = items([(0, 0, 0, 6, 0.9), (0, 0, 0, 10, 0.8)], scored=True)
    # The first to come takes it; the second has no other: precision 1 to recall 1/2.
    assert segment_ap(truth, found, num_classes=1).tolist() == [1 / 2]
    # The ground truth takes the second: precision 1/2 at recall 1/2.
    assert segment_ap(truth, found, num_classes=1, protocol="thumos14").tolist() == [1 / 4]
    # A detection that lies between two may take the one that is left.
    both = items([(0, 0, 0, 10, 0.9), (0, 0, 3, 15, 0.8)], scored=True)
    assert segment_ap(truth, both, num_classes=1, threshold=0.25).tolist() == [1.0]
    # An overlap of exactly a half counts for one and not for the other.
    half = items([(0, 0, 0, 5, 0.9)], scored=True)
    assert segment_ap(truth, half, num_classes=1).tolist() == [1 / 2]
    assert segment_ap(truth, half, num_classes=1, protocol="thumos14").tolist() == [0.0]


def test_ambiguous_time_does_not_count_against():
    found = items(
        [(0, 0, 40, 50, 0.99), (0, 0, 60, 70, 0.95), (0, 0, 0, 10, 0.9), (1, 0, 40, 50, 0.5)],
        scored=True,
    )
    truth = items([(0, 0, 0, 10)])
    unsure = items([(0, 0, 45, 46), (0, 0, 5, 60), (1, 0, 50, 60)])
    options = {"class_names": ["a"], "thresholds": (0.5,), "ambiguous": unsure}
    # The first is not counted; the second only touches ambiguous time, as does the last.
    result = evaluate_segments(truth, found, protocol="thumos14", **options)
    assert result.ap.tolist() == [[1 / 2]]
    assert evaluate_segments(truth, found, protocol="activitynet", **options).ap.item() == 1 / 3


def random_case(random):
    """Segments of three videos around common places, and more of them than fit."""
    truth, found = [], []
    for start in random.uniform(0, 60, 12):
        truth.append((random.integers(3), (start, start + random.uniform(2, 12))))
    for video, (start, end) in truth * 3:
        shift = random.normal(0, 2, 2)
        span = (start + shift[0], max(end + shift[1], start + shift[0] + 0.5))
        found.append((video, span, random.random()))
    found += [(random.integers(4), (0, 5 + random.random()), random.random()) for _ in range(5)]
    unsure = [(random.integers(3), (start, start + 4)) for start in random.uniform(0, 60, 3)]
    return truth, found, unsure


def as_items(rows) -> Instances:
    spans = np.array([row[1] for row in rows])
    score = np.array([row[2] for row in rows]) if len(rows[0]) == 3 else None
    return Instances(np.array([row[0] for row in rows]), np.zeros(len(rows), int), spans, score)


@pytest.mark.parametrize("seed", range(20))
def test_as_the_official_rules(seed):
    truth, found, unsure = random_case(np.random.default_rng(seed))
    thresholds = (0.1, 0.3, 0.5, 0.7, 0.9)
    options = {"class_names": ["a"], "thresholds": thresholds, "ambiguous": as_items(unsure)}
    sides = as_items(truth), as_items(found)
    result = evaluate_segments(*sides, protocol="activitynet", **options)
    expected = [activitynet_ap(truth, found, value) for value in thresholds]
    np.testing.assert_allclose(result.ap[:, 0], expected)
    result = evaluate_segments(*sides, protocol="thumos14", **options)
    expected = [thumos_ap(truth, found, value, unsure) for value in thresholds]
    np.testing.assert_allclose(result.ap[:, 0], expected)
    assert 0 < result.average < 1


def test_summary():
    result = evaluate_segments(TRUTH, FOUND, class_names=["a", "b", "c"], protocol="thumos14")
    plain = as_json(result)
    assert list(plain["mAP"]) == ["0.30", "0.40", "0.50", "0.60", "0.70"]
    assert plain["mAP"]["0.30"] == pytest.approx((5 / 6 + 1) / 2)
    assert plain["average_mAP"] == pytest.approx((5 / 6 * 5 + 1) / 2 / 5)
    assert plain["per_class"]["c"]["0.50"] is None
    lines = as_table(result).splitlines()
    assert [line.split()[0] for line in lines] == ["class", "a", "b", "c", "mAP", "thumos14:"]
    assert lines[1].split()[1:] == ["0.8333"] * 6 + ["2", "3"]
    assert lines[4].split()[1:] == ["0.9167"] + ["0.4167"] * 4 + ["0.5167"]


def test_nothing_to_find_and_nothing_found():
    empty = items([], scored=True)
    assert np.isnan(evaluate_segments(empty, FOUND, class_names=["a", "b", "c"]).average)
    assert evaluate_segments(TRUTH, empty, class_names=["a", "b"]).average == 0.0


def test_what_cannot_be_evaluated():
    with pytest.raises(InputError, match="thumos14, activitynet; got 'voc'"):
        evaluate_segments(TRUTH, FOUND, class_names=["a"], protocol="voc")
    with pytest.raises(InputError, match="above 0 and at most 1"):
        evaluate_segments(TRUTH, FOUND, class_names=["a"], thresholds=(0.0,))
