"""Trackers by name: those of the library, and one that a test adds."""

import re

import numpy as np
import pytest
import supervision as sv
from trackers.core.base import BaseTracker

from stad.actors import trackers
from stad.actors.tracker_options import parse_tracker_options
from stad.actors.trackers import DEFAULT_TRACKER, build_tracker, tracker_names, trackers_table

USUAL = {"rate": 5.0, "memory_sec": 2.0, "start_score": 0.6}


def test_names_are_those_that_the_library_registers():
    names = tracker_names()
    assert {"botsort", "bytetrack", "ocsort", "sort"} <= set(names)
    assert set(names) == set(BaseTracker._registry)
    assert DEFAULT_TRACKER in names


@pytest.mark.parametrize("name", tracker_names())
def test_each_tracker_is_built_for_the_run(name):
    tracker = build_tracker(name, {}, **USUAL)
    assert tracker.maximum_time_without_update == pytest.approx(2.0)
    for key in ("track_activation_threshold", "high_conf_det_threshold"):
        assert getattr(tracker, key, 0.6) == 0.6
    for key in ("enable_cmc", "mask_manager"):
        assert not getattr(tracker, key, None)


def test_the_table_names_every_parameter_that_can_be_given():
    table = trackers_table()
    name = ""
    for line in table.splitlines():
        if not line.startswith(" "):
            name = line.split()[0]
            continue
        key, value = line.split(maxsplit=1)
        if not value.startswith("(from"):
            assert set(parse_tracker_options(name, [f"{key}={value}"])) == {key}
    assert re.findall(r"^\w+", table, flags=re.M) == list(tracker_names())
    assert "bytetrack (default)" in table
    assert "mask" not in table


def test_trackers_keep_what_belongs_to_a_box():
    """Their order differs from the input's: the places of boxes have to come along."""
    rng = np.random.default_rng(0)
    boxes = rng.uniform(0, 300, (6, 2)).repeat(2, axis=0).reshape(6, 4)
    boxes[:, 2:] += 50
    for name in tracker_names():
        tracker = build_tracker(name, {}, **USUAL)
        for number in range(4):
            order = rng.permutation(6)
            given = sv.Detections(
                xyxy=boxes[order],
                confidence=np.linspace(0.2, 0.9, 6)[order],
                data={"place": order},
            )
            found = tracker.update(given, timestamp=number / 5)
            np.testing.assert_array_equal(found.xyxy, boxes[found.data["place"]])


def test_another_tracker_is_one_file_and_one_line(tmp_path, monkeypatch):
    (tmp_path / "own_tracker_of_a_test.py").write_text(
        "from trackers import SORTTracker\n\n\n"
        "class OwnTracker(SORTTracker):\n"
        "    tracker_id = 'own'\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(trackers, "MODULES", ["own_tracker_of_a_test"])
    # The library keeps what was registered.
    monkeypatch.setattr(BaseTracker, "_registry", dict(BaseTracker._registry))
    assert "own" in tracker_names()
    assert type(build_tracker("own", {}, **USUAL)).__name__ == "OwnTracker"
    assert parse_tracker_options("own", ["lost_track_buffer=3"]) == {"lost_track_buffer": 3}
