"""Segments of postures: raw scores through the decoder and the localizer's own options."""

import numpy as np
import pytest

from stad.localization import open_localizer
from stad.localization.posture_decoder import PostureDecoder
from stad.localization.posture_options import posture_options
from stad.structures import Actors, Keyframe

NAMES = (
    "stand",
    "sit",
    "walk",
    "run/jog",
    "lie/sleep",
    "bend/bow (at the waist)",
    "crouch/kneel",
    "fall down",
    "read",
)
STAND, SIT, WALK, _, LIE, BEND, _, FALL, READ = range(9)
STEP_SEC = 0.4


def open_postures(path=None, **options):
    usual = {"threshold": 0.5, "window_sec": 1.2, "num_exclusive": 8}
    return open_localizer(path, stride_sec=STEP_SEC, class_names=NAMES, **(usual | options))


def scores(*pairs, read=0.0):
    """Scores of postures, the rest over all others."""
    given = dict(pairs)
    rest = (1 - sum(given.values())) / (8 - len(given))
    return [*(given.get(one, rest) for one in range(8)), read]


def segments(rows, **options):
    """(label, start, end) of one person with scores every 0.4 s; None is away."""
    decoder, localizer, found = PostureDecoder(NAMES[:8]), open_postures(**options), []
    keyframes = []
    for k, row in enumerate(rows):
        there = [] if row is None else [row]
        actors = Actors.from_arrays([[0, 0, 9, 9]] * len(there), ids=[1] * len(there))
        one = Keyframe(k * STEP_SEC, actors, np.array(there, np.float32).reshape(-1, len(NAMES)))
        keyframes += decoder.update(one)
    for one in keyframes + decoder.finish():
        found += localizer.update(one)
    found += localizer.finish(len(rows) * STEP_SEC)
    return [
        (one.class_index, round(one.start_sec, 1), round(one.end_sec, 1))
        for one in sorted(found, key=lambda one: one.start_sec)
    ]


def falls(rows, **options):
    return [one for one in segments(rows, **options) if one[0] == FALL]


@pytest.mark.parametrize("score", [0.6, 0.8, 0.95])
def test_a_fall_of_two_keyframes_is_one_segment(score):
    rows = [scores((WALK, 0.9))] * 5 + [scores((FALL, score))] * 2 + [scores((LIE, 0.9))] * 5
    ((_, start_sec, end_sec),) = falls(rows)
    assert 1.5 <= start_sec <= 2.4
    assert 2.3 <= end_sec <= 2.8


def test_a_fall_with_a_pause_is_one_segment():
    fall, between = scores((FALL, 0.95)), scores((FALL, 0.3), (LIE, 0.4))
    rows = [scores((STAND, 0.9))] * 4 + [fall, fall, between, fall, fall]
    assert len(falls(rows + [scores((LIE, 0.9))] * 5)) == 1


@pytest.mark.parametrize(
    "rows",
    [
        # Sits down: for a moment it looks like a fall.
        [
            *[scores((STAND, 0.9))] * 5,
            scores((BEND, 0.3), (FALL, 0.5)),
            *[scores((SIT, 0.9))] * 5,
        ],
        # Bends and rises.
        [
            *[scores((STAND, 0.9))] * 5,
            *[scores((BEND, 0.5), (FALL, 0.4))] * 3,
            *[scores((STAND, 0.9))] * 5,
        ],
        # Leaves the picture: the last box is cut off.
        [*[scores((WALK, 0.9))] * 6, scores((FALL, 0.7)), *[None] * 5],
        # Turns over in bed.
        [*[scores((LIE, 0.9))] * 6, scores((FALL, 0.8)), *[scores((LIE, 0.9))] * 5],
    ],
    ids=["sits", "bends", "leaves", "turns"],
)
def test_no_fall_where_there_is_none(rows):
    assert falls(rows) == []


def test_lying_is_not_cut_to_pieces_by_a_pause():
    """The person is not found for 1.6 s, longer than other postures bridge."""
    for posture, expected in ((LIE, 1), (SIT, 1), (STAND, 2)):
        rows = [scores((posture, 0.9))] * 6 + [None] * 3 + [scores((posture, 0.9))] * 6
        assert [one[0] for one in segments(rows)] == [posture] * expected


def test_an_action_of_one_keyframe_is_none():
    quiet, reads = (scores((SIT, 0.9), read=score) for score in (0.1, 0.9))
    assert READ not in {one[0] for one in segments([quiet] * 4 + [reads] + [quiet] * 4)}
    assert (READ, 1.4, 2.7) in segments([quiet] * 4 + [reads] * 3 + [quiet] * 4)


def test_options_follow_the_threshold_and_a_file_replaces_them(tmp_path):
    options = open_postures(threshold=0.6).options
    assert options.window_sec == 0
    assert options.of_label("sit").start_threshold == 0.6
    assert options.of_label("fall down").start_threshold == pytest.approx(0.54)
    assert options.of_label("fall down").min_length_sec == 0
    path = tmp_path / "own.json"
    path.write_text('{"format": "stad-localizer", "version": 1, "start_threshold": 0.3}')
    options = open_postures(path).options
    assert (options.labels, options.window_sec) == ({}, 1.2)
    # Models without postures have what they had.
    options = open_postures(num_exclusive=0).options
    assert (options.labels, options.join_gap_sec, options.window_sec) == ({}, 1.0, 1.2)


def test_own_postures_and_a_threshold_of_one():
    options = posture_options(("open", "shut", "ring"), 2, threshold=1.0)
    assert set(options.labels) == {"ring"}
    assert options.of_label("open").join_gap_sec == 0.5
    assert falls([scores((STAND, 0.9))] * 3, allowed=frozenset({FALL})) == []
