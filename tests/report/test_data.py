"""The figures and mistakes of the report, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from stad.errors import InputError
from stad.evaluation.ava import PROTOCOLS
from stad.evaluation.precision import Curve, average_precision, precision_recall
from stad.report.curves import MAX_POINTS, best_f1, downsample
from stad.report.data import NamedResult, name_results, report_data
from stad.report.mistakes import find_mistakes
from tests.report.evaluations import (
    CARRY,
    OTHER,
    SIT,
    SMALL,
    STAND,
    TALL,
    TRUTH,
    WALK,
    both,
    compared,
    figures,
)


def test_figures_by_hand(tmp_path):
    data = report_data(name_results([compared(tmp_path)]))
    result = data["results"][0]
    assert (result["name"], result["mAP"], result["num_detections"]) == ("found", 0.5, 6)
    # stand 1, sit 0.5, carry 0; nothing of the third group is there.
    assert [group["name"] for group in data["groups"]] == [
        "person movement",
        "object manipulation",
        "person interaction",
    ]
    assert result["group_mAP"] == [0.75, 0.0, None]
    stand, sit, carry = (figures(data, number) for number in (STAND, SIT, CARRY))
    assert (stand["ap"], stand["detections"], stand["best_f1"], stand["threshold"]) == (
        (1.0, 4, 1.0, 0.8)
    )
    assert (sit["ap"], sit["detections"], sit["threshold"]) == (0.5, 2, 0.5)
    assert sit["best_f1"] == pytest.approx(2 / 3)
    assert sit["best_point"] == [0.5, 1.0]
    assert (carry["ap"], carry["detections"], carry["best_f1"], carry["curve"]) == (0, 0, None, [])
    assert stand["curve"][:3] == [[0.5, 1.0, 0.9], [1.0, 1.0, 0.8], [1.0, 0.66667, 0.7]]
    assert figures(data, 4)["ap"] is None
    assert [c["ground_truth"] for c in data["classes"] if c["id"] in (SIT, STAND)] == [2, 2]


def test_classes_go_to_the_groups_of_the_label_map(tmp_path):
    data = report_data(name_results([compared(tmp_path)]))
    names = [group["label_type"] for group in data["groups"]]
    of_id = {one["id"]: names[one["group"]] for one in data["classes"]}
    assert {number: of_id[number] for number in (1, 14, 15, 63, 64, 80)} == {
        1: "PERSON_MOVEMENT",
        14: "PERSON_MOVEMENT",
        15: "OBJECT_MANIPULATION",
        63: "OBJECT_MANIPULATION",
        64: "PERSON_INTERACTION",
        80: "PERSON_INTERACTION",
    }


def test_classes_of_ones_own_have_no_groups(tmp_path):
    (tmp_path / "own.txt").write_text("\n".join(f"move {number}" for number in range(1, 21)))
    data = report_data(name_results([compared(tmp_path, label_map=tmp_path / "own.txt")]))
    assert data["groups"] == []
    assert {one["group"] for one in data["classes"]} == {None}


def test_heights_by_hand(tmp_path):
    data = report_data(name_results([compared(tmp_path)]))
    # TALL is 0.9 high, SMALL 0.3: the stand found on SMALL is wrong in a bin without its class.
    assert data["height_ground_truth"] == [0, 2, 0, 0, 3]
    assert figures(data, STAND)["height_ap"] == [None, None, None, None, 1.0]
    assert figures(data, SIT)["height_ap"] == [None, 0.5, None, None, None]
    assert data["results"][0]["height_mAP"] == [None, 0.5, None, None, 0.5]


def test_a_detection_goes_with_the_height_of_what_it_found(tmp_path):
    # Ground truth 0.42 high and 0.3 high; found at 0.38 (in the other's bin), and at 0.3.
    truth = [("a", 1, (0, 0, 0.4, 0.42), STAND), ("a", 2, (0, 0, 0.4, 0.3), STAND)]
    found = [("a", 1, (0, 0, 0.4, 0.38), STAND, 0.9), ("a", 2, (0, 0, 0.4, 0.3), STAND, 0.8)]
    found += [("a", 2, (0.5, 0, 0.9, 0.5), STAND, 0.95)]
    data = report_data(name_results([compared(tmp_path, found, truth=truth)]))
    # Were the box of 0.38 wrong among those of 0.2 to 0.4, that would have 0.5; the wrong one of
    # 0.5 is wrong in the next bin only.
    assert figures(data, STAND)["height_ap"] == [None, 1.0, 0.5, None, None]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_one_bin_that_holds_all_is_the_whole(tmp_path, protocol):
    random = np.random.default_rng(0)
    corner = random.random((60, 2)) * 0.1
    boxes = np.hstack([corner, corner + 0.85]).round(4).tolist()
    ids = random.integers(11, 13, 60).tolist()
    truth = [("a", time // 3, boxes[time], ids[time]) for time in range(60)]
    found = [
        ("a", time // 3, boxes[(time + 1) % 60], ids[time], round(score, 4))
        for time, score in enumerate(random.random(60).tolist())
    ]
    data = report_data(name_results([compared(tmp_path, found, truth=truth, protocol=protocol)]))
    for number in (SIT, STAND):
        assert 0 < figures(data, number)["ap"] < 1
        assert figures(data, number)["height_ap"][-1] == figures(data, number)["ap"]


def test_boxes_in_pixels_have_no_heights(tmp_path):
    box = (10, 10, 60, 90)
    one = compared(tmp_path, [("a", 1, box, STAND, 1)], truth=[("a", 1, box, STAND)])
    data = report_data(name_results([one]))
    assert (data["height_edges"], data["results"][0]["height_mAP"]) == ([], [])
    assert data["results"][0]["mAP"] == 1.0


def test_best_f1_keeps_equal_scores_together():
    # Between the two of 0.5, precision 1 and recall 1 would be had; no threshold gives that.
    curve = precision_recall(
        np.array([True, True, False]), np.array([0.9, 0.5, 0.5]), num_ground_truth=2
    )
    assert best_f1(curve) == pytest.approx((0.8, 2 / 3, 1.0, 0.5))
    assert best_f1(Curve(*np.zeros((3, 0)))) is None


def test_thinned_curves_keep_shape_and_ends():
    random = np.random.default_rng(1)
    right = random.random(30_000) < np.linspace(1, 0.05, 30_000)
    scores = np.linspace(1, 0, 30_000)
    curve = precision_recall(right, scores, num_ground_truth=20_000)
    points = np.array(downsample(curve, MAX_POINTS))
    assert 150 < len(points) <= MAX_POINTS
    last = [curve.recall[-1], curve.precision[-1], curve.score[-1]]
    np.testing.assert_allclose(points[[0, -1]], [[1 / 20_000, 1, 1], last], atol=1e-5)
    area = np.trapezoid(points[:, 1], points[:, 0])
    assert area == pytest.approx(average_precision(right, 20_000), abs=0.005)


def told(mistakes: list[dict], data) -> list[tuple]:
    """Of each mistake: class id, time, score, why, labels."""
    ids = data.result.class_ids
    return [(ids[m["class"]], m["time_sec"], m["score"], m["why"], m["labels"]) for m in mistakes]


def test_mistakes_by_hand(tmp_path):
    one = compared(tmp_path)
    mistakes = find_mistakes(one)
    assert told(mistakes["false_positives"], one) == [
        (STAND, 1, 0.7, "other_action", ["sit"]),
        (STAND, 1, 0.6, "duplicate", ["stand", "carry/hold (an object)"]),
        (SIT, 2, 0.4, "nobody", []),
    ]
    # Without a detection both; the larger box first.
    assert told(mistakes["misses"], one) == [
        (CARRY, 1, None, "other_action", ["stand 0.90"]),
        (SIT, 2, None, "nobody", []),
    ]
    assert mistakes["false_positives"][0]["other_box"] == list(SMALL)
    assert mistakes["misses"][0]["box"] == list(TALL)
    assert mistakes["misses"][0]["video"] == "a"


def test_a_low_score_is_a_miss_and_a_shifted_box_is_off(tmp_path):
    truth = [("a", time, TALL, WALK) for time in (1, 2)]
    shifted = (0.2, 0, 0.6, 0.9)
    found = [("a", 1, TALL, WALK, 0.9), ("a", 2, TALL, WALK, 0.1), ("a", 2, TALL, STAND, 0.3)]
    found += [("a", 2, shifted, WALK, 0.5), ("a", 2, shifted, WALK, 0.4)]
    found += [("a", 9, shifted, WALK, 0.45)]
    one = compared(tmp_path, found, truth=truth)
    mistakes = find_mistakes(one)
    # The best F1 is at 0.9: two thirds, against four sevenths at 0.1.
    assert told(mistakes["misses"], one) == [(WALK, 2, 0.1, "low_score", ["stand 0.30"])]
    assert told(mistakes["false_positives"], one) == [
        (WALK, 2, 0.5, "off", ["walk"]),
        (WALK, 2, 0.4, "off", ["walk"]),
        (STAND, 2, 0.3, "other_action", ["walk"]),
    ]


def test_under_pyslowfast_unknown_keyframes_are_shown_as_wrong(tmp_path):
    found = [("a", 9, TALL, STAND, 0.9), ("a", 1, TALL, STAND, 0.8)]
    one = compared(tmp_path, found, protocol="pyslowfast")
    assert told(find_mistakes(one)["false_positives"], one) == [(STAND, 9, 0.9, "nobody", [])]


def test_mistakes_come_from_several_videos(tmp_path):
    found = [("a", 1, SMALL, STAND, 0.9 - n / 100) for n in range(8)]
    truth = [*TRUTH, ("b", 1, TALL, SIT)]
    one = compared(tmp_path, [*found, ("b", 1, SMALL, STAND, 0.1)], truth=truth)
    shown = find_mistakes(one)["false_positives"]
    assert [(m["video"], m["score"]) for m in shown] == [("a", 0.9), ("a", 0.89), ("b", 0.1)]


def test_comparison_names_what_moved_most(tmp_path):
    data = report_data(both(tmp_path))
    (comparison,) = data["comparisons"]
    assert (comparison["baseline"], comparison["other"]) == ("found", "other")
    assert comparison["mAP_change"] == pytest.approx(1 / 3 - 0.5)
    assert comparison["changes"] == [
        {"class": "stand", "change": -1.0},
        {"class": "sit", "change": 0.5},
        {"class": "carry/hold (an object)", "change": 0.0},
    ]
    assert len({result["color"] for result in data["results"]}) == 2


def test_results_of_other_ground_truth_are_refused(tmp_path):
    one, other = compared(tmp_path), compared(tmp_path, truth=TRUTH[1:], name="other")
    with pytest.raises(InputError, match="differ in protocol, classes or ground truth"):
        report_data(name_results([one, other]))
    with pytest.raises(InputError, match="called 'x'"):
        report_data([NamedResult("x", one), NamedResult("x", one)])
    with pytest.raises(InputError, match="at least one"):
        report_data([])


def test_names_are_the_ends_of_paths_that_differ(tmp_path):
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
    x, y = (compared(tmp_path / folder) for folder in ("x", "y"))
    other = compared(tmp_path / "x", OTHER, name="other")
    assert [one.name for one in name_results([x, other])] == ["found", "other"]
    assert [one.name for one in name_results([x, y])] == ["x/found", "y/found"]
    assert len({one.name for one in name_results([x, x])}) == 2
