"""Trackers by name: their parameters from text, and errors that list what there is."""

import re

import numpy as np
import pytest
import supervision as sv
from trackers import BaseIoU, GIoU
from trackers.core.base import BaseTracker
from trackers.utils.state_representations import XCYCSRStateEstimator

from stad.actors.library_trackers import (
    DEFAULT_TRACKER,
    MEMORY_SEC,
    TrackerChoice,
    build_tracker,
    choose_tracker,
    parse_tracker_options,
    tracker_names,
    trackers_table,
)
from stad.errors import InputError

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


def test_values_are_read_by_the_type_of_the_parameter():
    found = parse_tracker_options(
        "ocsort",
        [
            *("minimum_consecutive_frames=4", "minimum_iou_threshold = 0.25", "iou=GIoU"),
            *("state_estimator_class=xcycsr", "delta_t=1", "delta_t=2"),
        ],
    )
    iou = found.pop("iou")
    assert isinstance(iou, GIoU)
    assert isinstance(iou, BaseIoU)
    assert found == {
        **{"minimum_consecutive_frames": 4, "minimum_iou_threshold": 0.25, "delta_t": 2},
        "state_estimator_class": XCYCSRStateEstimator,
    }
    assert isinstance(found["minimum_consecutive_frames"], int)
    tracker = build_tracker("ocsort", found, **USUAL)
    assert (tracker.minimum_consecutive_frames, tracker.delta_t) == (4, 2)
    assert parse_tracker_options("botsort", ["instant_first_frame_activation=no"]) == {
        "instant_first_frame_activation": False
    }
    assert parse_tracker_options("botsort", ["enable_cmc=false"]) == {"enable_cmc": False}


@pytest.mark.parametrize(
    ("name", "pair", "message"),
    [
        ("deepsort", None, r"no tracker 'deepsort'. There are botsort, bytetrack, "),
        ("", None, "There are botsort"),
        ("sort", "min_iou=0.2", r"sort has no parameter 'min_iou'. It has .*minimum_iou_threshold"),
        ("bytetrack", "delta_t=2", "bytetrack has no parameter 'delta_t'"),
        ("ocsort", "delta_t=2.5", "delta_t must be a whole number, got '2.5'"),
        ("ocsort", "delta_t=0", "delta_t must be 1 at least, got 0"),
        ("sort", "minimum_iou_threshold=high", "must be a number, got 'high'"),
        ("sort", "minimum_iou_threshold=1.5", "must be 0 at least and 1 at most, got 1.5"),
        ("sort", "minimum_iou_threshold=nan", "must be 0 at least and 1 at most, got nan"),
        ("sort", "frame_rate=inf", "frame_rate must be"),
        ("sort", "minimum_iou_threshold", "takes KEY=VALUE pairs, got 'minimum_iou_threshold'"),
        ("sort", "=3", "takes KEY=VALUE pairs"),
        ("sort", "input.mp4", "takes KEY=VALUE pairs, got 'input.mp4'"),
        ("sort", "iou=jaccard", "iou must be one of biou, ciou, diou, giou, iou, got 'jaccard'"),
        ("sort", "state_estimator_class=xy", "must be one of xcycsr, xcycwh, xyxy, got 'xy'"),
        ("botsort", "enable_cmc=true", "enable_cmc needs the frames of the video"),
        ("botsort", "cmc_method=orb", "cmc_method needs the frames"),
        ("botsort", "instant_first_frame_activation=7", "must be true or false, got '7'"),
        ("mcbyte", "enable_mask_manager=1", "enable_mask_manager needs the frames"),
        ("mcbyte", "mask_config=x", "mask_config needs the frames"),
        ("mcbyte", "high_conf_det_threshold=0.05", "--tracker mcbyte cannot be used with these"),
        ("bytetrack", "lost_track_buffer=-1", "lost_track_buffer must be 0 at least"),
    ],
)
def test_errors_say_what_there_is(name, pair, message):
    with pytest.raises(InputError, match=message):
        parse_tracker_options(name, [pair] if pair else [])


def test_the_memory_is_given_once():
    assert choose_tracker(None, [], memory_sec=None) == TrackerChoice(
        DEFAULT_TRACKER, {}, MEMORY_SEC
    )
    assert choose_tracker("sort", [], memory_sec=3.5).memory_sec == 3.5
    assert choose_tracker(None, ["lost_track_buffer=45"], memory_sec=None).memory_sec == 1.5
    with pytest.raises(InputError, match="say the same thing"):
        choose_tracker(None, ["lost_track_buffer=45"], memory_sec=1.5)


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
