"""Seconds of each class, as 'stad check' shows them and balances the split by them."""

from __future__ import annotations

import pytest

from stad.annotations.own.examples import sample_examples
from stad.annotations.own.labels import LabelSpan, VideoLabels
from stad.own_classes.amounts import labelled_seconds
from tests.own_classes.folders import random_labels, track_of

CLASSES = ("walk", "phone")


def seconds(*spans, **more):
    found = labelled_seconds(VideoLabels("a.mp4", spans=spans, **more), classes=CLASSES)
    return found.positive.tolist(), found.negative.tolist(), found.none


def test_people_and_whole_frames_add_up():
    tracks = (track_of(0, [0.0, 9.0]), track_of(1, [0.0, 9.0]))
    spans = (
        LabelSpan(0, "walk", 1, 4),
        LabelSpan(0, "walk", 3, 5),
        LabelSpan(1, "phone", 0, 2),
        LabelSpan(1, "", 5, 6),
        LabelSpan(None, "walk", 0, 3, is_positive=False),
    )
    assert seconds(*spans, tracks=tracks) == ([4, 2], [6, 5], 4)


def test_labels_end_with_the_video():
    assert seconds(LabelSpan(None, "walk", 2, 99), duration_sec=5.0) == ([3, 0], [0, 3], 0)


def test_in_complete_labels_people_are_negative_where_nothing_is_said():
    tracks = (track_of(0, [1.0, 5.0]),)
    spans = (LabelSpan(0, "walk", 2, 3),)
    assert seconds(*spans, tracks=tracks, is_complete=True) == ([1, 0], [3, 4], 3)


@pytest.mark.parametrize("seed", range(6))
def test_they_agree_with_examples_at_short_steps(seed):
    labels = random_labels("a.mp4", seed, CLASSES)
    times = [step / 100 for step in range(401)]
    tracks = tuple(track_of(one.id, times) for one in labels.tracks)
    labels = VideoLabels("a.mp4", duration_sec=4.0, tracks=tracks, spans=labels.spans)
    found = labelled_seconds(labels, classes=CLASSES)
    step = 0.004
    examples = sample_examples(labels, classes=CLASSES, step_sec=step).labels
    assert found.positive == pytest.approx((examples == 1).sum(axis=0) * step, abs=0.1)
    assert found.negative == pytest.approx((examples == 0).sum(axis=0) * step, abs=0.1)
    is_none = (examples == 0).any(axis=1) & ~(examples == 1).any(axis=1)
    assert found.none == pytest.approx(is_none.sum() * step, abs=0.1)
