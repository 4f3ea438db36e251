"""AVA frame-mAP: against the plainly written rules, and against tables worked by hand."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from stad.annotations.ava_csv import read_ava_csv
from stad.annotations.ava_table import labelled_boxes
from stad.errors import InputError
from stad.evaluation.ava import InvalidBoxError, LabelledBoxes, evaluate_ava
from tests.evaluation.ava_cases import make_case
from tests.evaluation.plain_ava import plain_ava

PROTOCOLS = ("official", "mmaction2", "pyslowfast")
LEFT, RIGHT = (0.0, 0.0, 0.4, 0.8), (0.5, 0.0, 0.9, 0.8)


def evaluate_rows(folder, case, protocol, **options):
    """The case through files, reader and evaluation."""
    tables = []
    for name in ("ground_truth", "detections", "excluded"):
        path = folder / f"{name}.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(getattr(case, name))
        tables.append(read_ava_csv(path))
    truth, found, excluded = labelled_boxes(*tables)
    return evaluate_ava(
        truth,
        found,
        classes=case.classes,
        excluded=excluded.empty_keyframes,
        protocol=protocol,
        **options,
    )


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("kind", ["distinct", "ties", "crowd"])
def test_equals_the_plainly_written_rules(tmp_path, protocol, kind):
    for seed in range(70):
        case = make_case(seed, kind=kind, reversed_boxes=protocol != "mmaction2")
        result = evaluate_rows(tmp_path, case, protocol)
        per_class, mean = plain_ava(
            case.ground_truth,
            case.detections,
            classes=case.classes,
            excluded=case.excluded,
            protocol=protocol,
        )
        expected = [per_class[number] for number in result.class_ids]
        np.testing.assert_allclose(result.ap, expected, rtol=0, atol=1e-12, err_msg=f"seed {seed}")
        np.testing.assert_allclose(result.mean_ap, mean, rtol=0, atol=1e-12)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_equals_the_public_order_of_ties(tmp_path, protocol):
    for seed in range(40):
        case = make_case(seed, kind="ties", reversed_boxes=False)
        result = evaluate_rows(tmp_path, case, protocol, tie_order="numpy")
        per_class, _ = plain_ava(
            case.ground_truth,
            case.detections,
            classes=case.classes,
            excluded=case.excluded,
            protocol=protocol,
            sort=None,
        )
        expected = [per_class[number] for number in result.class_ids]
        np.testing.assert_allclose(result.ap, expected, rtol=0, atol=1e-12, err_msg=f"seed {seed}")


def test_tie_orders_agree_without_equal_scores(tmp_path):
    for seed in range(20):
        case = make_case(seed, kind="distinct")
        stable = evaluate_rows(tmp_path, case, "official")
        numpy = evaluate_rows(tmp_path, case, "official", tie_order="numpy")
        np.testing.assert_array_equal(stable.ap, numpy.ap)


def boxes(*rows):
    """LabelledBoxes of (keyframe, box, class id, score) rows."""
    keyframe, box, class_id, score = zip(*rows, strict=True) if rows else ([], [], [], [])
    return LabelledBoxes(
        keyframe=np.array(keyframe, np.int64),
        boxes=np.array(box, np.float64).reshape(-1, 4),
        class_id=np.array(class_id, np.int64),
        score=np.array(score, np.float64),
    )


def ap(truth, found, protocol="official", classes=None, **options):
    """The average precision per class."""
    classes = classes or {1: "walk"}
    return evaluate_ava(truth, found, classes=classes, protocol=protocol, **options).ap.tolist()


def test_precision_recall_by_hand():
    truth = boxes((1, LEFT, 1, 1), (1, RIGHT, 1, 1), (2, LEFT, 1, 1))
    found = boxes((1, LEFT, 1, 0.9), (1, LEFT, 1, 0.8), (1, RIGHT, 1, 0.7), (2, RIGHT, 1, 0.6))
    result = evaluate_ava(truth, found, classes={1: "walk"})
    # right, wrong (taken), right, wrong (elsewhere); envelope 1 and 2/3 over thirds of recall
    assert result.ap[0] == pytest.approx(1 / 3 + 2 / 9, abs=1e-15)
    curve = result.curve(1)
    np.testing.assert_allclose(curve.precision, [1, 1 / 2, 2 / 3, 1 / 2])
    np.testing.assert_allclose(curve.recall, [1 / 3, 1 / 3, 2 / 3, 2 / 3])
    assert curve.score.tolist() == [0.9, 0.8, 0.7, 0.6]
    assert result.detection_row.tolist() == [0, 1, 2, 3]
    assert result.ground_truth_row.tolist() == [0, -1, 1, -1]
    assert result.evaluated_rows.tolist() == [0, 1, 2]


def test_no_second_choice():
    near_left = (0.0, 0.0, 0.42, 0.8)
    truth = boxes((1, LEFT, 1, 1), (1, near_left, 1, 1))
    found = boxes((1, LEFT, 1, 0.9), (1, LEFT, 1, 0.8))
    assert ap(truth, found) == [0.5]


def test_half_of_the_union_is_enough():
    truth = boxes((1, (0.0, 0.0, 0.5, 1.0), 1, 1))
    assert ap(truth, boxes((1, (0.0, 0.0, 1.0, 1.0), 1, 0.5))) == [1.0]
    assert ap(truth, boxes((1, (0.0, 0.0, 1.0, 1.0000001), 1, 0.5))) == [0.0]


def test_classes_without_ground_truth_or_detections():
    truth = boxes((1, LEFT, 1, 1), (1, LEFT, 2, 1))
    found = boxes((1, LEFT, 1, 0.9), (1, LEFT, 3, 0.9))
    classes = {1: "walk", 2: "sit", 3: "swim"}
    result = evaluate_ava(truth, found, classes=classes)
    np.testing.assert_array_equal(result.ap, [1.0, 0.0, np.nan])
    assert result.mean_ap == 0.5
    assert result.num_ground_truth.tolist() == [1, 1, 0]
    assert result.num_detections.tolist() == [1, 0, 1]
    np.testing.assert_array_equal(ap(truth, found, "mmaction2", classes), [1.0, np.nan, np.nan])


def test_keyframe_of_other_classes_counts():
    truth = boxes((1, LEFT, 1, 1), (2, LEFT, 77, 1))
    found = boxes((2, LEFT, 1, 0.9), (1, LEFT, 1, 0.8), (3, LEFT, 1, 0.95))
    result = evaluate_ava(truth, found, classes={1: "walk"})
    assert result.ap.tolist() == [0.5]
    assert result.lost["unknown_keyframe"] == 1
    assert any("1 detections on keyframes" in note for note in result.notes)
    assert ap(truth, found, "mmaction2") == [1.0]
    assert ap(truth, found, "pyslowfast") == [pytest.approx(1 / 3)]


def test_only_fifty_entries_over_all_classes():
    truth = boxes((1, LEFT, 1, 1), (1, RIGHT, 2, 1))
    crowd = [(1, LEFT, 1, 0.9 - index / 1000) for index in range(50)]
    found = boxes((1, RIGHT, 2, 0.1), *crowd)
    classes = {1: "walk", 2: "sit"}
    assert ap(truth, found, classes=classes) == [1.0, 0.0]
    assert ap(truth, found, "mmaction2", classes) == [1.0, 1.0]
    # The list of classes comes first: without class 1 there is no crowd.
    assert ap(truth, found, classes={2: "sit"}) == [1.0]


def test_equal_scores_do_not_enter_a_full_heap():
    crowd = [(1, RIGHT, 1, 0.5)] * 50
    truth = boxes((1, LEFT, 1, 1))
    late, early = boxes(*crowd, (1, LEFT, 1, 0.5)), boxes((1, LEFT, 1, 0.5), *crowd)
    assert ap(truth, late) == [0.0]
    assert ap(truth, early)[0] > 0


def test_degenerate_boxes_are_dropped_after_the_limit():
    flat = (0.2, 0.2, 0.2, 0.8)
    truth = boxes((1, LEFT, 1, 1))
    few = boxes(*[(1, flat, 1, 0.9)] * 10, (1, LEFT, 1, 0.5))
    assert ap(truth, few) == [1.0]
    many = boxes(*[(1, flat, 1, 0.9)] * 50, (1, LEFT, 1, 0.5))
    assert ap(truth, many) == [0.0]
    assert ap(truth, few, "mmaction2") == [pytest.approx(1 / 11)]


def test_excluded_keyframes():
    truth = boxes((1, LEFT, 1, 1), (2, LEFT, 1, 1))
    found = boxes((1, LEFT, 1, 0.9), (2, RIGHT, 1, 0.95))
    excluded = np.array([2])
    assert ap(truth, found, excluded=excluded) == [1.0]
    assert ap(truth, found, "pyslowfast", excluded=excluded) == [1.0]
    assert ap(truth, found, "mmaction2", excluded=excluded) == [0.5]


def test_mmaction2_drops_low_scores_and_rounds():
    truth = boxes((1, LEFT, 1, 1))
    assert np.isnan(ap(truth, boxes((1, LEFT, 1, 0.002)), "mmaction2")[0])
    assert ap(truth, boxes((1, LEFT, 1, 0.0021)), "mmaction2") == [1.0]
    # 0.50001 and 0.50004 are one score after 4 decimals: the last of equals comes first.
    found = boxes((1, LEFT, 1, 0.50004), (1, RIGHT, 1, 0.50001))
    assert ap(truth, found) == [1.0]
    assert ap(truth, found, "mmaction2") == [0.5]


def test_pyslowfast_matches_in_the_order_of_the_file():
    good, better = (0.0, 0.0, 0.4, 0.7), LEFT
    truth = boxes((1, LEFT, 1, 1), (2, LEFT, 1, 1))
    found = boxes((1, good, 1, 0.2), (1, better, 1, 0.9), (2, LEFT, 1, 0.5))
    assert ap(truth, found) == [1.0]
    # The 0.9 finds its box taken by the 0.2: wrong, right, right by descending score.
    assert ap(truth, found, "pyslowfast") == [pytest.approx(2 / 3)]


def test_ground_truth_without_boxes_and_no_detections():
    named = LabelledBoxes(
        np.empty(0, np.int64),
        np.empty((0, 4)),
        np.empty(0, np.int64),
        np.empty(0),
        empty_keyframes=np.array([1]),
    )
    result = evaluate_ava(named, boxes((1, LEFT, 1, 0.9)), classes={1: "walk"})
    assert np.isnan(result.mean_ap)
    assert result.num_detections.tolist() == [1]
    assert ap(boxes((1, LEFT, 1, 1)), boxes()) == [0.0]


def test_reversed_ground_truth_is_an_error():
    wrong = boxes((1, LEFT, 1, 1), (1, (0.4, 0.0, 0.0, 0.8), 1, 1))
    with pytest.raises(InvalidBoxError, match=r"Row 1 .* x1 <= x2") as error:
        evaluate_ava(wrong, boxes(), classes={1: "walk"})
    assert error.value.row == 1
    # Of classes that are not evaluated it is no matter.
    assert np.isnan(evaluate_ava(wrong, boxes(), classes={2: "sit"}).mean_ap)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"protocol": "coco"}, "'protocol' must be one of official, mmaction2, pyslowfast"),
        ({"tie_order": "random"}, "'tie_order' must be one of stable, numpy"),
        ({"classes": {}}, "at least one class"),
    ],
)
def test_unusable_options(options, message):
    with pytest.raises(InputError, match=message):
        evaluate_ava(boxes(), boxes(), **{"classes": {1: "walk"}, **options})


def test_columns_must_fit():
    with pytest.raises(InputError, match=r"boxes \(N, 4\)"):
        LabelledBoxes(np.array([1]), np.zeros((1, 5)), np.array([1]), np.ones(1))
    with pytest.raises(InputError, match="finite"):
        boxes((1, LEFT, 1, np.nan))
