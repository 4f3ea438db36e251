"""Tracks: ids that stay, boxes between observations, and nothing kept for long."""

import numpy as np
import pytest

from stad.actors.tracker import ActorTracker, DenseTracks
from stad.structures import Actors


def boxes_of(*centres_px: float) -> Actors:
    """People 20 px wide and 60 px high around these x."""
    return Actors.of([[x - 10, 20, x + 10, 80] for x in centres_px], np.full(len(centres_px), 0.9))


def track(steps: list[Actors], *, rate: float = 5.0) -> dict[float, Actors]:
    """Everything the tracker gave, by time; late boxes are joined to their time."""
    tracker, found = ActorTracker(rate=rate), {}
    for number, actors in enumerate(steps):
        for time_sec, given in tracker.update(number / rate, actors):
            before = found.get(time_sec, Actors.of())
            found[time_sec] = Actors(
                boxes=np.concatenate([before.boxes, given.boxes]),
                scores=np.concatenate([before.scores, given.scores]),
                ids=np.concatenate([before.ids, given.ids]),
            )
    return found


def test_two_people_keep_their_ids_from_the_first_step():
    found = track([boxes_of(30 + 3 * i, 200 - 3 * i) for i in range(12)])
    for number, time_sec in enumerate(sorted(found)):
        order = np.argsort(found[time_sec].boxes[:, 0])
        assert found[time_sec].ids[order].tolist() == [1, 2], number
        left = found[time_sec].boxes[order][0]
        np.testing.assert_allclose(left, [20 + 3 * number, 20, 40 + 3 * number, 80])


def test_a_short_absence_keeps_the_id_and_a_long_one_does_not():
    gone, here = boxes_of(), boxes_of(50)
    found = track([here] * 4 + [gone] * 2 + [here] * 3)
    assert {int(i) for actors in found.values() for i in actors.ids} == {1}
    found = track([here] * 4 + [gone] * 12 + [here] * 3)
    assert {int(i) for actors in found.values() for i in actors.ids} == {1, 2}


def test_a_single_sighting_is_no_track():
    found = track([boxes_of(), boxes_of(50), boxes_of(), boxes_of(), boxes_of()])
    assert all(len(actors) == 0 for actors in found.values())


def observed(dense: DenseTracks, time_sec: float, x: float, actor_id: int = 1) -> None:
    dense.add(time_sec, Actors.of([[x, 0, x + 10, 20]], [0.8], [actor_id]))
    dense.reached(time_sec)


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


def test_settled_time_follows_detection_even_when_nobody_is_there():
    dense = DenseTracks(max_gap_sec=1.0)
    assert dense.settled_sec == -np.inf
    dense.reached(3.0)
    assert dense.settled_sec == 2.0
    dense.finish()
    assert dense.settled_sec == np.inf


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
    # Between 2.5 and 4 s, and after 4 s, nobody is in view.
    found = dense.paths(dense.at(2.25), [1.5, 2.0, 2.25, 2.5, 3.0])
    assert found[0, :, 0].tolist() == [100, 100, 105, 110, 110]
    found = dense.paths(dense.at(4.0), [2.0, 3.0, 4.0, 5.0, 6.0])
    # Who comes back after a gap is where the same id is seen again.
    assert found[0, :, 0].tolist() == [100, 300, 300, 300, 500]


def test_paths_of_nobody():
    assert DenseTracks().paths(Actors.of(), [0.0, 1.0, 2.0]).shape == (0, 3, 4)
