"""Boxes between observations, and nothing kept for long."""

import numpy as np
import pytest

from stad.actors.interpolation import DenseTracks
from stad.structures import Actors


def observed(dense: DenseTracks, time_sec: float, x: float, actor_id: int = 1) -> None:
    dense.add(time_sec, Actors.from_arrays([[x, 0, x + 10, 20]], [0.8], [actor_id]))
    dense.advance_to(time_sec)


@pytest.mark.parametrize(
    ("time_sec", "expected"),
    [
        (0.8, None),  # before the first sighting, beyond the hold
        (0.95, 100.0),  # held before it
        (1.0, 100.0),
        (1.25, 110.0),  # a quarter of the way
        (1.5, 120.0),
        (2.0, 140.0),
        (2.1, 140.0),  # held after it
        (2.4, None),
        (3.5, 300.0),
    ],
)
def test_boxes_between_sightings(time_sec, expected):
    dense = DenseTracks(max_gap_sec=1.0, hold_sec=0.1)
    for seen_sec, x in ((1.0, 100), (2.0, 140), (3.5, 300)):
        observed(dense, seen_sec, x)
    boxes = dense.at(time_sec).boxes
    assert [float(box[0]) for box in boxes] == ([] if expected is None else [expected])


def test_settled_time_follows_detection_even_without_people():
    dense = DenseTracks(max_gap_sec=1.0)
    assert dense.final_until_sec == -np.inf
    dense.advance_to(3.0)
    assert dense.final_until_sec == 2.0
    dense.finish()
    assert dense.final_until_sec == np.inf


def test_old_boxes_are_forgotten_and_recent_answers_do_not_change():
    dense = DenseTracks(max_gap_sec=1.0, hold_sec=0.1)
    for number in range(1000):
        observed(dense, number * 0.1, number, actor_id=1 + number // 500)
        if number >= 20:
            before = dense.at(number * 0.1 - 1.05).boxes
            dense.drop_before(number * 0.1 - 1.05)
            np.testing.assert_array_equal(dense.at(number * 0.1 - 1.05).boxes, before)
    assert sum(len(path.times_sec) for path in dense._paths.values()) < 30


def test_paths_lead_through_what_was_seen():
    dense = DenseTracks(max_gap_sec=1.0)
    for seen_sec, x in ((1.0, 100), (2.0, 140)):
        observed(dense, seen_sec, x)
    observed(dense, 1.5, 300, actor_id=7)
    people = dense.at(1.5)
    assert people.ids.tolist() == [1, 7]
    found = dense.paths(people, [1.0, 1.25, 1.5, 1.75])
    assert found.shape == (2, 4, 4)
    assert found.dtype == np.float32
    # The second person is seen at the middle alone.
    assert found[0, :, 0].tolist() == [100, 110, 120, 130]
    assert found[1].tolist() == [[300, 0, 310, 20]] * 4


def test_paths_of_people_out_of_view_stay_at_the_nearest_box_towards_the_middle():
    dense = DenseTracks(max_gap_sec=1.0)
    for seen_sec, x in ((2.0, 100), (2.5, 110), (4.0, 300), (6.0, 500)):
        observed(dense, seen_sec, x)
    # Between 2.5 and 4 s, and after 4 s, no person is in view.
    found = dense.paths(dense.at(2.25), [1.5, 2.0, 2.25, 2.5, 3.0])
    assert found[0, :, 0].tolist() == [100, 100, 105, 110, 110]
    found = dense.paths(dense.at(4.0), [2.0, 3.0, 4.0, 5.0, 6.0])
    # Who comes back after a gap is where the same id is seen again.
    assert found[0, :, 0].tolist() == [100, 300, 300, 300, 500]


def test_paths_without_people():
    assert DenseTracks().paths(Actors.from_arrays(), [0.0, 1.0, 2.0]).shape == (0, 3, 4)


def looked(dense: DenseTracks, time_sec: float, *people: tuple[int, float]) -> None:
    """A look for people that found these ids at these x."""
    boxes = [[x, 0, x + 10, 20] for _, x in people]
    dense.add(
        time_sec,
        Actors.from_arrays(boxes, [0.8] * len(people), [actor_id for actor_id, _ in people]),
    )
    dense.advance_to(time_sec, is_look=True)


@pytest.mark.parametrize(
    ("time_sec", "expected"),
    [
        # Person 1 was found by looks 2.5 s apart, longer than any gap that is filled.
        (1.0, {1: 100.0}),
        (2.0, {1: 110.0}),
        (3.5, {1: 125.0, 2: 300.0}),
        # Person 2 was seen once: from and to halfway between looks.
        (2.2, {1: 112.0}),
        (2.3, {1: 113.0, 2: 300.0}),
        (4.4, {1: 125.0, 2: 300.0}),
        (4.6, {3: 50.0}),
        # Person 3 was missed by two looks, 2.5 s long: not shown meanwhile.
        (5.9, {3: 50.0}),
        (6.5, {}),
        (7.9, {3: 80.0}),
    ],
)
def test_looks_say_who_is_there_whatever_their_rate(time_sec, expected):
    dense = DenseTracks(max_gap_sec=1.0, hold_sec=0.1)
    looked(dense, 1.0, (1, 100))
    looked(dense, 3.5, (1, 125), (2, 300))
    looked(dense, 5.5, (3, 50))
    looked(dense, 6.5)
    looked(dense, 7.5)
    looked(dense, 8.0, (3, 80))
    actors = dense.at(time_sec)
    found = dict(zip(actors.ids.tolist(), actors.boxes[:, 0].tolist(), strict=True))
    assert found == pytest.approx(expected)


def test_what_is_settled_does_not_change_however_irregular_the_looks_are():
    rng = np.random.default_rng(3)
    for _ in range(30):
        looks = np.cumsum(rng.choice([0.2, 0.7, 1.5, 3.0], 25))
        seen = [
            [(i, float(rng.integers(100))) for i in (1, 2) if rng.random() < 0.6] for _ in looks
        ]
        dense, whole = (DenseTracks(max_gap_sec=1.0, hold_sec=0.1) for _ in range(2))
        for time_sec, people in zip(looks.tolist(), seen, strict=True):
            looked(whole, time_sec, *people)
        asked_sec = 0.0
        for time_sec, people in zip(looks.tolist(), seen, strict=True):
            looked(dense, time_sec, *people)
            while asked_sec <= dense.final_until_sec:
                now, later = dense.at(asked_sec), whole.at(asked_sec)
                assert now.ids.tolist() == later.ids.tolist(), asked_sec
                np.testing.assert_allclose(now.boxes, later.boxes)
                dense.drop_before(asked_sec)
                asked_sec += 0.13
