"""``stad evaluate DATA``: its tables and its errors; the whole run is in tests/own_classes."""

import pytest

from stad.cli.evaluate_own import own_main
from stad.cli.evaluate_own_tables import own_tables
from stad.errors import InputError

DATA = {
    "num_folds": 3,
    "num_examples": 40,
    "num_videos": 9,
    "num_sources": 4,
    "mAP": 0.5,
    "F1": None,
    "calibration_error": 0.0625,
    "clips": {"number": 9, "accuracy": 0.75, "deviation": 0.1, "folds": [], "majority": 0.5},
    "classes": [
        {
            "name": "a",
            "AP": 0.5,
            "F1": None,
            "precision": None,
            "recall": 0.0,
            "positive": 3,
            "negative": 37,
            "events": 2,
            "events_found": 1,
            "events_false": 4,
            "quiet_sec": 600.0,
            "false_per_hour": 24.0,
        }
    ],
    "names": ["a", "none of them"],
    "confusions": [[1, 2], [3, 4]],
    "curve": [{"fraction": 0.5, "mAP": 0.4, "F1": None, "clip_accuracy": 0.7}],
    "advice": "",
}


def test_the_tables_hold_the_figures():
    figures, classes, events, confusions, curve = own_tables(DATA)
    assert ("clip accuracy", "0.750 ± 0.100 over the parts") in figures.rows
    assert ("most frequent label", "0.500") in figures.rows
    assert ("mean F1", "-") in figures.rows
    assert ("tested in", "3 parts of 4 sources") in figures.rows
    assert classes.rows == [("a", "0.500", "-", "-", "0.000", "3", "37")]
    assert events.rows == [("a", "1 of 2", "4", "24.0", "10.0 min")]
    assert confusions.rows == [("a", "1", "2"), ("none of them", "3", "4")]
    assert curve.rows == [("50%", "0.400", "-", "0.700")]


def test_without_clips_events_and_curve_their_tables_are_left_out():
    untimed = [{key: one for key, one in DATA["classes"][0].items() if "event" not in key}]
    tables = own_tables(DATA | {"clips": None, "classes": untimed, "curve": []})
    assert [table.title for table in tables] == [
        "figures",
        "classes",
        "rows are labels, columns what is shown",
    ]


def test_too_few_folds_are_refused(tmp_path):
    with pytest.raises(InputError, match="--folds must be 2 or more, got 1"):
        own_main([str(tmp_path), "--folds", "1"])


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(InputError, match="There is no folder"):
        own_main([str(tmp_path / "no")])
