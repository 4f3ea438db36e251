"""Soft-NMS in time, by hand, and scales that complete each other."""

import math

import numpy as np
import pytest

from stad.localization.curve import localize
from stad.localization.nms import Scale, localize_scales, soft_nms
from stad.localization.options import LocalizerOptions


def test_soft_nms_by_hand():
    segments = [[0, 10], [5, 15], [0, 10], [20, 30]]
    rows, scores = soft_nms(np.array(segments), np.array([0.9, 0.8, 0.6, 0.5]), sigma=0.5)
    third = math.exp(-((1 / 3) ** 2) / 0.5)
    # The second overlaps the first by a third; the third equals it, and overlaps the second too.
    expected = {0: 0.9, 1: 0.8 * third, 3: 0.5, 2: 0.6 * math.exp(-2) * third}
    assert rows.tolist() == list(expected)
    np.testing.assert_allclose(scores, list(expected.values()))


def test_soft_nms_leaves_out_what_has_lost_its_score():
    rows, _ = soft_nms(np.array([[0, 1.0], [0, 1.0]]), np.array([0.9, 0.8]), min_score=0.2)
    assert rows.tolist() == [0]
    assert soft_nms(np.zeros((0, 2)), np.zeros(0))[0].tolist() == []


def test_scales_complete_each_other():
    times = np.arange(0, 60, 0.5)
    short = np.where((times > 10) & (times < 12), 0.9, 0.0)
    long = np.where((times > 30) & (times < 50), 0.8, 0.0)
    options = LocalizerOptions()
    fine = Scale(times, np.maximum(short, np.where(long, 0.6, 0)), 1.0)
    coarse = Scale(times[::4], long[::4], 4.0)
    found = localize_scales([fine, coarse], options=options)
    best = sorted(found, key=lambda run: -run.score)
    # Each action once at its full score, the weaker copy of the long one far below.
    assert [round(run.score, 2) for run in best[:2]] == [0.9, 0.8]
    assert best[0].start_sec == pytest.approx(10.3, abs=0.3)
    assert len(best) == 3
    assert best[2].score < 0.15
    alone = localize(times, fine.scores, options=LocalizerOptions(window_sec=1.0))
    assert localize_scales([fine], options=options) == alone
    assert localize_scales([], options=options) == []
