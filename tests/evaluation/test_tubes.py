"""Tube-mAP: by hand, and as plain transcriptions of the official rules compute it."""

from __future__ import annotations

import numpy as np
import pytest

from stad.errors import InputError
from stad.evaluation.items import Instances
from stad.evaluation.tubes import THRESHOLDS, evaluate_tubes
from tests.evaluation.plain_items import act_ap, multisports_ap

BOX = np.array([0.0, 0.0, 2.0, 2.0])


def tube(first: int, last: int, *, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    frames = np.arange(first, last + 1)
    return frames, np.tile(BOX + np.array([shift, 0, shift, 0]), (len(frames), 1))


def items(shapes, *, score=None, classes=None) -> Instances:
    number = len(shapes)
    return Instances(
        np.zeros(number, int),
        np.zeros(number, int) if classes is None else np.array(classes),
        shapes,
        None if score is None else np.array(score, float),
    )


def tube_ap(truth, found, *, num_classes: int, threshold: float, protocol: str) -> np.ndarray:
    """Return (C,) average precision at one tube IoU."""
    result = evaluate_tubes(
        truth, found, class_names=[""] * num_classes, protocol=protocol, thresholds=(threshold,)
    )
    return result.ap[0]


@pytest.mark.parametrize(("protocol", "overlap"), [("act", 3 / 5), ("multisports", 2 / 4)])
def test_time_by_hand(protocol, overlap):
    truth, found = items([tube(0, 3)]), items([tube(1, 4)], score=[0.5])
    options = {"num_classes": 1, "protocol": protocol}
    assert tube_ap(truth, found, threshold=overlap, **options).tolist() == [1.0]
    assert tube_ap(truth, found, threshold=overlap + 0.01, **options).tolist() == [0.0]


@pytest.mark.parametrize(("protocol", "overlap"), [("act", 6 / 12), ("multisports", 2 / 6)])
def test_boxes_by_hand(protocol, overlap):
    truth, found = items([tube(0, 3)]), items([tube(0, 3, shift=1.0)], score=[0.5])
    options = {"num_classes": 1, "protocol": protocol}
    assert tube_ap(truth, found, threshold=overlap, **options).tolist() == [1.0]
    assert tube_ap(truth, found, threshold=overlap + 0.01, **options).tolist() == [0.0]


def test_where_the_rules_differ():
    truth = items([tube(0, 9), tube(0, 9, shift=1.0)])
    found = items([tube(0, 9), tube(0, 9)], score=[0.9, 0.8])
    # The second detection takes what is left, or nothing.
    assert tube_ap(truth, found, num_classes=1, threshold=0.2, protocol="act").tolist() == [1.0]
    second = tube_ap(truth, found, num_classes=1, threshold=0.2, protocol="multisports")
    assert second.tolist() == [1 / 2]


def random_case(random):
    truth = []
    for first in random.integers(1, 40, 8):
        frames = np.arange(first, first + random.integers(2, 20))
        boxes = random.uniform(0, 20, 2)[None] + random.normal(0, 1, (len(frames), 2))
        truth.append((random.integers(3), frames, np.hstack((boxes, boxes + 15))))
    found = []
    for video, frames, boxes in truth * 3:
        first = max(frames[0] + random.integers(-3, 4), 1)
        longer = np.arange(first, first + max(len(frames) + random.integers(-3, 4), 1))
        moved = boxes[:1] + random.normal(0, 3, (len(longer), 4))
        found.append((video, longer, moved, random.random()))
    return truth, found


@pytest.mark.parametrize("seed", range(12))
def test_as_the_official_rules(seed):
    truth, found = random_case(np.random.default_rng(seed))
    plain_truth = [(video, np.column_stack((frames, boxes))) for video, frames, boxes in truth]
    plain_found = [(v, np.column_stack((f, b)), score) for v, f, b, score in found]
    sides = [
        Instances(
            np.array([row[0] for row in rows]),
            np.zeros(len(rows), int),
            [row[1:3] for row in rows],
            np.array([row[-1] for row in rows]) if len(rows[0]) == 4 else None,
        )
        for rows in (truth, found)
    ]
    thresholds = (0.05, 0.2, 0.4, 0.5, 0.6)
    for protocol, plain in (("act", act_ap), ("multisports", multisports_ap)):
        result = evaluate_tubes(*sides, class_names=["a"], protocol=protocol, thresholds=thresholds)
        expected = [plain(plain_truth, plain_found, value) for value in thresholds]
        np.testing.assert_allclose(result.ap[:, 0], expected)
        assert result.ap[0, 0] > 0


def test_the_mean_is_from_a_half_on():
    # Overlap 0.6 with 'act': right at 0.2, 0.5, 0.55 and 0.6.
    truth, found = items([tube(0, 3)]), items([tube(1, 4)], score=[0.5])
    result = evaluate_tubes(truth, found, class_names=["a"])
    assert result.thresholds.tolist() == list(THRESHOLDS)
    assert result.mean_ap.tolist() == [1.0] * 4 + [0.0] * 7
    assert result.average == pytest.approx(3 / 10)
    only = evaluate_tubes(truth, found, class_names=["a"], thresholds=(0.2,))
    assert only.average == 1.0


def test_labels_that_multisports_leaves_out():
    names = ["aerobic push up", "basketball save"]
    truth = items([tube(0, 3), tube(0, 3)], classes=[0, 1])
    found = items([tube(0, 3)], score=[0.9])
    result = evaluate_tubes(truth, found, class_names=names, protocol="multisports")
    assert np.isnan(result.ap[:, 1]).all()
    assert result.average == 1.0
    assert result.notes == ("1 classes are not evaluated by this protocol.",)
    assert evaluate_tubes(truth, found, class_names=names).average == 0.5


def test_what_cannot_be_evaluated():
    with pytest.raises(InputError, match="act, multisports; got 'ucf'"):
        evaluate_tubes(items([]), items([], score=[]), class_names=["a"], protocol="ucf")
