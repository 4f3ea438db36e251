"""Segments that grow and end, and the events that are told of them."""

import json
from datetime import UTC, datetime

from stad.inference.live.events import EventTracker
from stad.localization.options import LabelOptions, LocalizerOptions
from stad.structures import Segment

EPOCH_SEC = datetime(2024, 2, 29, 12, 0, 0, tzinfo=UTC).timestamp()


def tracker(**options) -> EventTracker:
    return EventTracker(
        ("walk", "fall"),
        LocalizerOptions(min_length_sec=0.5, **options),
        source="camera 0",
        moment_of=lambda time_sec: EPOCH_SEC + time_sec,
    )


def segment(start_sec, end_sec, *, actor_id=1, class_index=0, score=0.8) -> Segment:
    return Segment(actor_id, class_index, start_sec, end_sec, score)


def told(events) -> list[tuple]:
    return [(e.kind, e.segment.actor_id, e.label, e.segment.end_sec) for e in events]


def test_a_segment_begins_once_and_ends_once():
    one = tracker()
    assert told(one.update([], [segment(1.0, 1.4)])) == []
    assert told(one.update([], [segment(1.0, 1.5)])) == [("start", 1, "walk", 1.5)]
    assert told(one.update([], [segment(1.0, 2.5)])) == []
    assert told(one.update([segment(1.0, 3.0)], [])) == [("end", 1, "walk", 3.0)]
    assert told(one.update([], [])) == []


def test_one_that_ends_before_it_was_told_has_both():
    assert told(tracker().update([segment(1.0, 2.0)], [])) == [
        ("start", 1, "walk", 2.0),
        ("end", 1, "walk", 2.0),
    ]


def test_the_next_one_of_the_same_actor_and_label():
    one = tracker()
    one.update([], [segment(1.0, 2.0)])
    assert told(one.update([segment(1.0, 2.5)], [segment(4.0, 5.0)])) == [
        ("end", 1, "walk", 2.5),
        ("start", 1, "walk", 5.0),
    ]


def test_one_that_turns_out_too_short_ends_too():
    one = tracker()
    one.update([], [segment(1.0, 1.6)])
    assert told(one.update([], [])) == [("end", 1, "walk", 1.6)]


def test_actors_and_labels_are_apart_and_labels_have_their_own_length():
    one = tracker(labels={"fall": LabelOptions(min_length_sec=2.0)})
    growing = [
        segment(0, 1, actor_id=1),
        segment(0, 1, actor_id=2),
        segment(0, 1, class_index=1),
    ]
    assert told(one.update([], growing)) == [("start", 1, "walk", 1), ("start", 2, "walk", 1)]
    ended = one.update([segment(0, 2, actor_id=2)], [growing[0], segment(0, 2, class_index=1)])
    assert told(ended) == [("end", 2, "walk", 2), ("start", 1, "fall", 2)]


def test_as_json():
    started, ended = tracker().update([segment(1.25, 2.0, class_index=1, score=0.87654)], [])
    plain = json.loads(json.dumps(ended.to_dict()))
    assert plain == {
        "event": "end",
        "label": "fall",
        "actor": 1,
        "start_sec": 1.25,
        "end_sec": 2.0,
        "score": 0.8765,
        "began_at": "2024-02-29T12:00:01.250+00:00",
        "source": "camera 0",
    }
    assert "end_sec" not in started.to_dict()
