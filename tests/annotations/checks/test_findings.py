"""The table of findings: when a file is refused, and what is told otherwise."""

import numpy as np
import pytest

from stad.annotations.checks.findings import Finding, settle
from stad.errors import InputError


def rows(*numbers):
    return np.array(numbers, np.int64)


def place(wanted):
    return [f"a.csv:{row + 1}" for row in wanted]


def test_few_wrong_rows_are_left_out_with_counts_and_the_first_three():
    findings = [
        Finding("boxes without area", rows(1, 3)),
        Finding("class ids outside of the label map", rows(3, 4, 5, 6), guess="Add 1."),
        Finding("nothing"),
    ]
    checked = settle(findings, name="a.csv", num_rows=12, locate=place)
    assert checked.left_out.tolist() == [1, 3, 4, 5, 6]
    assert checked.warning.splitlines() == [
        "5 of 12 rows of a.csv are left out:",
        "  4 rows: class ids outside of the label map",
        "    first: a.csv:4, a.csv:5, a.csv:6",
        "    Add 1.",
        "  2 rows: boxes without area",
        "    first: a.csv:2, a.csv:4",
    ]


def test_a_file_that_is_well_gives_nothing():
    checked = settle([Finding("nothing")], name="a.csv", num_rows=3)
    assert (len(checked.left_out), checked.warning) == (0, "")


@pytest.mark.parametrize(("num_wrong", "is_refused"), [(5, False), (6, True), (10, True)])
def test_more_than_half_of_the_rows_wrong_stop_the_run(num_wrong, is_refused):
    # Two findings that share rows: a row counts once.
    findings = [Finding("one", rows(*range(num_wrong))), Finding("other", rows(0))]
    if is_refused:
        with pytest.raises(InputError, match=rf"^a\.csv cannot be used, {num_wrong} of 10 rows"):
            settle(findings, name="a.csv", num_rows=10)
    else:
        settle(findings, name="a.csv", num_rows=10)


def test_a_finding_that_stops_does_so_with_few_rows_or_none():
    with pytest.raises(InputError, match="1 of 100 rows are wrong"):
        settle([Finding("ids from 0", rows(7), stops=True)], name="a.csv", num_rows=100)
    none = Finding("of 60 detections match", count=0, unit="", drops=False, stops=True)
    with pytest.raises(InputError, match="\n  0 of 60 detections match\n"):
        settle([none], name="a.csv", num_rows=60)


def test_rows_that_are_kept_are_told_and_not_left_out():
    kept = Finding("boxes that reach beyond the edge", rows(0, 1), drops=False, is_wrong=False)
    checked = settle([kept], name="a.csv", num_rows=3, locate=place)
    assert len(checked.left_out) == 0
    assert checked.warning.startswith("a.csv may contain mistakes:\n  2 rows: boxes that reach")
