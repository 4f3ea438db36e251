"""What the localizer itself loses: with perfect scores of windows, segment-mAP is near 1."""

from __future__ import annotations

import numpy as np
import pytest

from stad.annotations.segments import SegmentRows
from stad.evaluation.compare_segments import compare_segments
from stad.localization.hysteresis_localizer import HysteresisLocalizer
from stad.localization.options import LocalizerOptions
from stad.structures import Actors, Keyframe
from tests.localization.untrimmed import untrimmed_set


def localized(curves, *, options: LocalizerOptions, stride_sec: float) -> SegmentRows:
    """What comes out of a stream of keyframes with one actor."""
    rows = []
    for one in curves:
        localizer = HysteresisLocalizer(options, stride_sec, class_names=one.class_names)
        found = []
        for time_sec, scores in zip(one.times_sec, one.scores, strict=True):
            actors = Actors.from_arrays(np.zeros((1, 4)), ids=[1])
            found += localizer.update(Keyframe(float(time_sec), actors, scores[None]))
        found += localizer.finish(600.0)
        rows += [(one.video, one.class_names[s.class_index], s) for s in found]
    spans = np.array([(s.start_sec, s.end_sec) for *_, s in rows])
    score = np.array([s.score for *_, s in rows])
    return SegmentRows(
        tuple(r[0] for r in rows), tuple(r[1] for r in rows), spans, score, ("v0", "v1", "v2")
    )


@pytest.mark.parametrize("stride_sec", [0.25, 0.5, 1.0])
@pytest.mark.parametrize("window_sec", [1.0, 64 / 30])
def test_perfect_windows_give_nearly_all_segments(stride_sec, window_sec):
    random = np.random.default_rng(0)
    curves, truth = untrimmed_set(random, window_sec=window_sec, stride_sec=stride_sec)
    options = LocalizerOptions(window_sec=window_sec)
    found = localized(curves, options=options, stride_sec=stride_sec)
    result = compare_segments(truth, found, thresholds=(0.5, 0.7))
    assert len(truth.video) > 150
    assert (result.mean_ap >= 0.95).all()
