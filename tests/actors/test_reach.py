"""Which box may be whom: worked out by hand."""

import numpy as np
import pytest

from stad.actors.reach import Candidates, best_pairs, body_heights, closeness

STANDING = [100.0, 100, 180, 300]


def fit(box, *, velocity=(np.nan, np.nan), gap_sec=1.0, hidden_sec=0.0, before=STANDING) -> float:
    """How well a box fits the one person who was seen before."""
    people = Candidates(
        boxes=np.array([before]),
        velocities=np.array([velocity], dtype=float),
        gaps_sec=np.array([gap_sec]),
        hidden_sec=np.array([hidden_sec]),
    )
    return float(closeness(people, np.array([box], dtype=float))[0, 0])


def moved(x_px: float, y_px: float = 0.0) -> list[float]:
    """The standing person, moved by this many pixels."""
    return [100 + x_px, 100 + y_px, 180 + x_px, 300 + y_px]


@pytest.mark.parametrize(
    ("x_px", "gap_sec", "expected"),
    [
        (0, 1.0, 1.0),
        # In 0.2 s a newcomer gets 1.2 body heights far, and boxes jump by 0.35: 1.55 x 200 px.
        (155, 0.2, 0.75),
        (309, 0.2, 1 - (309 / 310) ** 2),
        (311, 0.2, 0.0),
        # In a second as far as people get between looks: 3.35 body heights.
        (335, 1.0, 0.75),
        (671, 1.0, 0.0),
        (671, 5.0, 0.0),
    ],
)
def test_people_seen_once_may_run_anywhere(x_px, gap_sec, expected):
    assert fit(moved(x_px), gap_sec=gap_sec) == pytest.approx(expected)
    assert fit(moved(-x_px), gap_sec=gap_sec) == pytest.approx(expected)
    assert fit(moved(0, x_px), gap_sec=gap_sec) == pytest.approx(expected)


def test_people_seen_twice_keep_their_speed():
    # 100 px per second that die away by 0.3 per second are 86.4 px in the first one.
    ahead_px = 100 * (1 - np.exp(-0.3)) / 0.3
    assert fit(moved(ahead_px), velocity=(100, 0)) == pytest.approx(1.0)
    # 1.35 body heights around that place.
    assert fit(moved(ahead_px + 135), velocity=(100, 0)) == pytest.approx(0.75)


def test_people_seen_twice_may_turn_or_set_off():
    # 2.35 body heights around where they were, and half as likely as going on.
    for velocity in ((100, 0), (0, -50), (0, 0)):
        assert fit(moved(-300), velocity=velocity) == pytest.approx(0.5 * (1 - (300 / 470) ** 2))
        assert fit(moved(-471), velocity=velocity) == 0
    # A person who runs on gets farther.
    assert fit(moved(490), velocity=(500, 0)) > 0.9


def test_hidden_people_may_have_stopped_on_the_way():
    # 3 s, the first two before the previous look: 0.35 + 1 + 2 x 0.5 body heights.
    way_px, trust = 100 * (1 - np.exp(-0.9)) / 0.3, np.exp(-0.7 * 2)
    options = {"velocity": (100, 0), "gap_sec": 3.0, "hidden_sec": 2.0}
    for part in (0.0, 0.5, 1.0):
        assert fit(moved(part * way_px), **options) == pytest.approx(trust)
    assert fit(moved(way_px + 235), **options) == pytest.approx(0.75 * trust)
    assert fit(moved(-235), **options) == pytest.approx(0.75 * trust)
    # A person who turned round meanwhile: 0.35 + 2 + 2 x 0.5 body heights.
    expected = 0.5 * (1 - (600 / 670) ** 2)
    assert fit(moved(-600), **options) == pytest.approx(expected * trust)


def test_sizes_have_to_agree():
    def scaled(factor):
        return [140 - 40 * factor, 200 - 100 * factor, 140 + 40 * factor, 200 + 100 * factor]

    assert fit(scaled(1.2)) == pytest.approx(1 - 3 * np.log(1.2) ** 2)
    assert fit(scaled(1 / 1.2)) == pytest.approx(1 - 3 * np.log(1.2) ** 2)
    assert fit(scaled(2.1)) == fit(scaled(1 / 2.1)) == 0


def test_boxes_without_a_size_fit_no_person_and_break_nothing():
    assert fit([140, 200, 140, 200]) == 0
    assert fit([140, 200, 140, 200], before=[140, 200, 140, 200]) == pytest.approx(1.0)
    assert body_heights(np.zeros((0, 4))).shape == (0,)
    assert closeness(
        Candidates(np.zeros((0, 4)), np.zeros((0, 2)), np.zeros(0), np.zeros(0)), np.zeros((3, 4))
    ).shape == (0, 3)


def test_pairs_are_the_best_together():
    assert best_pairs(np.array([[0.9, 0.8, 0.0], [0.8, 0.1, 0.0]])) == [(0, 1), (1, 0)]
    assert best_pairs(np.zeros((2, 3))) == []
