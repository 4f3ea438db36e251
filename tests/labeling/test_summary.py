"""Counts of the labels of a video."""

import numpy as np

from stad.annotations.own.labels import ActorTrack, LabelSpan, VideoLabels
from stad.labeling.summary import covered_sec, summarize

TRACK = ActorTrack(3, np.array([0.0, 9.0]), np.array([[0, 0, 9, 9]] * 2, np.float32))


def test_labels_are_counted():
    spans = (
        LabelSpan(3, "walk", 1.0, 4.0),
        LabelSpan(3, "phone", 2.0, 5.0),
        LabelSpan(3, "", 8.0, 12.0),
        LabelSpan(None, "day", 0.0, 1e9),
        LabelSpan(None, "night", 0.0, 1e9, is_positive=False),
    )
    labels = VideoLabels("a.mp4", 64, 48, 10.0, tracks=(TRACK,), spans=spans, revision=7)
    assert summarize(labels) == {
        "duration_sec": 10.0,
        "width": 64,
        "height": 48,
        "num_tracks": 1,
        "num_labelled_tracks": 1,
        "num_spans": 5,
        # 1 to 5 s and 8 to 10 s of the person, 10 s of the frame.
        "labelled_sec": 16.0,
        "clip_labels": ["day"],
        "complete": False,
        "revision": 7,
    }


def test_a_moment_is_counted_once():
    spans = [LabelSpan(0, "a", 0, 5), LabelSpan(0, "b", 1, 2), LabelSpan(0, "c", 4, 6)]
    assert covered_sec(spans, 99.0) == 6.0
    assert covered_sec([], 99.0) == 0.0
