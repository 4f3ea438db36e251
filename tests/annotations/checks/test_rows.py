"""Class ids, repeats and proposals that cannot be meant, and what they look like."""

import numpy as np
import pytest

from stad.annotations.checks.rows import (
    check_class_ids,
    check_examples,
    check_proposals,
    check_repeats,
    check_scores,
    find_repeats,
)

TEN = range(1, 11)


def ids(*values, known=TEN, **options):
    return check_class_ids(np.array(values), known, label_map="map.txt", **options)


def test_ids_of_the_label_map_are_well():
    assert ids(1, 5, 10) == []
    # The 60 of AVA's 80: the others are there, and not evaluated.
    sixty = [number for number in range(1, 81) if number % 4]
    assert ids(4, 8, 80, 79, known=[*sixty, 80], highest=80) == []


def test_ids_from_0_stop_a_run_with_a_single_row():
    (finding,) = ids(*[5] * 50, 0, 9)
    assert finding.rows.tolist() == [50]
    assert finding.stops
    assert "They look like ids that count from 0" in finding.guess


def test_a_class_0_beside_the_highest_is_no_shift():
    (finding,) = ids(*[10] * 50, 0)
    assert not finding.stops
    assert finding.rows.tolist() == [50]


def test_ids_that_are_all_too_high():
    (finding,) = ids(*range(5, 15))
    assert finding.stops
    assert "too high by 4: they run from 5 to 14" in finding.guess
    assert finding.rows.tolist() == [6, 7, 8, 9]


@pytest.mark.parametrize(("num_wrong", "stops"), [(5, False), (20, True)])
def test_ids_beyond_the_label_map(num_wrong, stops):
    (finding,) = ids(*[1] * (100 - num_wrong), *[99] * num_wrong)
    assert (len(finding.rows), finding.stops) == (num_wrong, stops)
    assert "(99); the 10 of label map map.txt are 1 to 10" in finding.what
    # A model's detections may be of many more classes.
    (finding,) = ids(*[1] * (100 - num_wrong), *[99] * num_wrong, may_be_many=True)
    assert not finding.stops


def test_a_label_map_with_gaps_selects_classes_and_says_so():
    (finding,) = ids(11, 12, 13, 80, known=[11, 12, 14])
    assert (finding.number, finding.drops, finding.stops) == (2, False, False)
    assert "does not name (13, 80)" in finding.what
    (finding, _) = ids(0, 11, 13, known=[11, 12, 14])
    assert (finding.rows.tolist(), finding.stops) == ([0], True)


def test_repeats_are_rows_that_agree_in_every_column():
    video = np.array([0, 0, 0, 1, 0, 0])
    boxes = np.array([[0.0, 1], [0.0, 1], [0, 2], [0, 1], [-0.0, 1], [0, 2]])
    assert find_repeats((video, boxes)).tolist() == [1, 4, 5]
    (finding,) = check_repeats((video, boxes), effect="each counts once")
    assert (finding.number, finding.drops) == (3, False)
    assert check_repeats((np.arange(4), np.arange(4)), effect="") == []
    random = np.random.default_rng(0).integers(0, 40, (3000, 3)).astype(float)
    expected = len(random) - len(np.unique(random, axis=0))
    assert len(find_repeats(tuple(random.T))) == expected
    assert find_repeats((np.zeros(0), np.zeros((0, 4)))).tolist() == []


def test_classes_without_examples():
    assert check_examples(np.array([1, 2]), ["a", "b"], of="training") == []
    (finding,) = check_examples(np.array([0, 2, 0]), ["a", "b", "c"], of="training")
    assert (finding.number, finding.unit) == (2, "of 3 classes")
    assert finding.what == "without an example for training: a, c"
    assert "All examples are of one class" in finding.guess


def test_scores():
    assert check_scores(np.array([0, 0.5, 1.0])) == []
    (finding,) = check_scores(np.array([0, 50.5, 99.0]))
    assert "percent" in finding.guess
    assert finding.rows.tolist() == [1, 2]


BOX = np.array([[0.1, 0.1, 0.3, 0.6]])


def test_proposals_that_are_where_the_actors_are():
    truth = {("a", index): BOX for index in range(20)}
    assert check_proposals(truth, dict.fromkeys(truth, BOX + 0.01)) == []


def test_proposals_of_other_keyframes_stop_a_run():
    truth = {("a", index * 1_000_000): BOX for index in range(20)}
    (finding,) = check_proposals(truth, {("a.mp4", 0): BOX})
    assert finding.stops
    assert finding.examples == ("annotated a at 0 s", "proposals a.mp4 at 0 s")
    (few,) = check_proposals(truth, {("a", 0): BOX})
    assert (few.stops, few.number) == (False, 19)


@pytest.mark.parametrize(("num_good", "stops"), [(0, True), (8, False), (19, None)])
def test_proposals_that_miss_the_actors(num_good, stops):
    truth = {("a", index): BOX for index in range(20)}
    found = {key: BOX if key[1] < num_good else BOX + 0.5 for key in truth}
    findings = check_proposals(truth, found)
    assert [one.stops for one in findings] == ([] if stops is None else [stops])
    assert all(one.number == 20 - num_good for one in findings)
