"""Keyframe scores -> segments, by hand."""

import numpy as np
import pytest

from stad.localization.localizer import Localizer
from stad.structures import Actors, Keyframe, Segment

WALK, WAVE = 0, 1


def keyframe(time_sec: float, rows: dict[int, tuple[float, float]]) -> Keyframe:
    """Scores (walk, wave) by actor id."""
    actors = Actors.of(np.zeros((len(rows), 4)), ids=list(rows))
    return Keyframe(time_sec, actors, np.array(list(rows.values()), np.float32).reshape(-1, 2))


def run(keyframes: list[Keyframe], end_sec: float, **options) -> list[Segment]:
    localizer = Localizer(1.0, 0.5, **options)
    found = [segment for k in keyframes for segment in localizer.update(k)]
    return found + localizer.finish(end_sec)


def as_rows(segments: list[Segment]) -> list[tuple]:
    return sorted(
        (s.actor_id, s.class_index, s.start_sec, s.end_sec, round(s.score, 3)) for s in segments
    )


@pytest.mark.parametrize(
    ("walk_scores", "expected"),
    [
        ([0.9, 0.7, 0.2, 0.1, 0.1], [(1, WALK, 0.0, 1.5, 0.8)]),
        ([0.1, 0.5, 0.1, 0.1, 0.1], [(1, WALK, 0.5, 1.5, 0.5)]),
        # One missed keyframe is bridged, two are not.
        ([0.6, 0.1, 0.8, 0.1, 0.1], [(1, WALK, 0.0, 2.5, 0.7)]),
        ([0.6, 0.1, 0.1, 0.8, 0.1], [(1, WALK, 0.0, 0.5, 0.6), (1, WALK, 2.5, 3.5, 0.8)]),
        # The end of the video cuts.
        ([0.1, 0.1, 0.1, 0.1, 0.9], [(1, WALK, 3.5, 4.2, 0.9)]),
        ([0.1, 0.1, 0.1, 0.1, 0.1], []),
    ],
)
def test_one_actor(walk_scores, expected):
    frames = [keyframe(float(t), {1: (s, 0.0)}) for t, s in enumerate(walk_scores)]
    rows = as_rows(run(frames, end_sec=4.2))
    assert [r[:2] for r in rows] == [e[:2] for e in expected]
    for row, wanted in zip(rows, expected, strict=True):
        assert row[2:] == pytest.approx(wanted[2:], abs=2e-3)


def test_actors_and_labels_do_not_mix_and_filters_hold():
    frames = [
        keyframe(0.0, {1: (0.9, 0.9), 2: (0.6, 0.1)}),
        keyframe(1.0, {2: (0.6, 0.8)}),
    ]
    assert [r[:4] for r in as_rows(run(frames, end_sec=2.0))] == [
        (1, WALK, 0.0, 0.5),
        (1, WAVE, 0.0, 0.5),
        (2, WALK, 0.0, 1.5),
        (2, WAVE, 0.5, 1.5),
    ]
    kept = run(frames, end_sec=2.0, allowed=frozenset({WAVE}))
    assert {s.class_index for s in kept} == {WAVE}


def test_segments_come_out_as_soon_as_they_have_ended():
    localizer = Localizer(1.0, 0.5)
    counts = [
        len(localizer.update(keyframe(float(t), {1: (s, 0.0)})))
        for t, s in enumerate([0.9, 0.9, 0.0, 0.0, 0.0])
    ]
    assert counts == [0, 0, 0, 0, 1]
    assert localizer.finish(5.0) == []
