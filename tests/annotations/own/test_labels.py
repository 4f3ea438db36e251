"""The labels of one video: JSON and back, and what cannot be right."""

import copy
import json

import numpy as np
import pytest

from stad.annotations.own.labels import (
    ActorTrack,
    LabelSpan,
    VideoLabels,
    labels_from_json,
    labels_to_json,
)
from stad.errors import InputError


def example() -> VideoLabels:
    track = ActorTrack(3, np.array([0.0, 0.2]), np.array([[1, 2, 30, 40], [2, 2, 31, 40]], "f4"))
    drawn = ActorTrack(4, np.array([1.5]), np.array([[0, 0, 9.5, 9]], "f4"), "drawn")
    spans = (
        LabelSpan(3, "fighting", 0.0, 0.15),
        LabelSpan(4, "phoning", 1.0, 2.0, is_positive=False),
        LabelSpan(None, "", 2.0, 4.0),
    )
    return VideoLabels("a/b.mp4", 640, 360, 4.5, "ab12", (track, drawn), spans, True, 7)


def test_labels_come_back_from_json():
    content = json.loads(json.dumps(labels_to_json(example())))
    assert content["tracks"][0]["boxes"] == [[0.0, 1, 2, 30, 40], [0.2, 2, 2, 31, 40]]
    found = labels_from_json(content, origin="x.json")
    assert labels_to_json(found) == labels_to_json(example())
    assert found.spans == example().spans
    assert found.tracks[1].boxes.dtype == np.float32
    assert found.track(4).origin == "drawn"
    assert found.spans_of(None)[0].end_sec == 4.0


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("format",), "other", 'expected a JSON object with "format": "stad-labels"'),
        (("version",), 9, "expected version 1"),
        (("spans", 0, "end_sec"), 0, "must be 0 or more, and before the end"),
        (("spans", 0, "start_sec"), -1, "must be 0 or more"),
        (("spans", 0, "start_sec"), float("nan"), "not finite"),
        (("spans", 0, "track"), 8, "of the track 8, and there is none"),
        (("spans", 0, "start_sec"), None, "x.json: "),
        (("tracks", 0, "id"), 4, "the track 4 is there twice"),
        (("tracks", 0, "id"), -2, "an id of 0 or more"),
        (("tracks", 0, "origin"), "dream", "Use tracker, drawn, imported"),
        (("tracks", 0, "boxes"), [], "rows of time_sec"),
        (("tracks", 0, "boxes", 1, 0), 0, "do not ascend"),
        (("tracks", 0, "boxes", 0, 3), 1, "without area"),
        (("tracks", 0, "boxes", 0, 3), float("inf"), "not finite"),
        (("width",), "wide", "x.json: "),
    ],
)
def test_what_cannot_be_right_is_said(path, value, message):
    content = copy.deepcopy(labels_to_json(example()))
    place = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(InputError) as caught:
        labels_from_json(content, origin="x.json")
    assert message in str(caught.value)


def test_a_missing_value_is_named():
    content = labels_to_json(example())
    del content["tracks"]
    with pytest.raises(InputError, match=r"x\.json: 'tracks' is missing"):
        labels_from_json(content, origin="x.json")
