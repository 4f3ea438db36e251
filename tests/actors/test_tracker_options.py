"""Parameters of trackers from text, and errors that list what there is."""

import pytest
from trackers import BaseIoU, GIoU
from trackers.utils.state_representations import XCYCSRStateEstimator

from stad.actors.tracker_options import (
    MEMORY_SEC,
    TrackerChoice,
    choose_tracker,
    parse_tracker_options,
)
from stad.actors.trackers import DEFAULT_TRACKER, build_tracker
from stad.errors import InputError

USUAL = {"rate": 5.0, "memory_sec": 2.0, "start_score": 0.6}


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
        ("deepsort", None, r"no tracker 'deepsort'. Use one of botsort, bytetrack, "),
        ("", None, "Use one of botsort"),
        ("sort", "min_iou=0.2", r"sort has no parameter 'min_iou'. It has .*minimum_iou_threshold"),
        ("bytetrack", "delta_t=2", "bytetrack has no parameter 'delta_t'"),
        ("ocsort", "delta_t=2.5", "delta_t must be a whole number, got '2.5'"),
        ("ocsort", "delta_t=0", "delta_t must be at least 1, got 0"),
        ("sort", "minimum_iou_threshold=high", "must be a number, got 'high'"),
        ("sort", "minimum_iou_threshold=1.5", "must be at least 0 and at most 1, got 1.5"),
        ("sort", "minimum_iou_threshold=nan", "must be at least 0 and at most 1, got nan"),
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
        ("bytetrack", "lost_track_buffer=-1", "lost_track_buffer must be at least 0"),
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
    with pytest.raises(InputError, match="set the same time"):
        choose_tracker(None, ["lost_track_buffer=45"], memory_sec=1.5)
