"""Ids: given with the first sure box, kept at any speed and rate, and never used twice."""

import numpy as np
import pytest

from stad.actors.tracker import ActorTracker, FollowCounts
from stad.actors.trackers import tracker_names
from stad.structures import Actors


def boxes_of(*centres_px: float, score: float = 0.9) -> Actors:
    """People 20 px wide and 60 px high around these x."""
    return Actors.from_arrays(
        [[x - 10, 20, x + 10, 80] for x in centres_px], np.full(len(centres_px), score)
    )


def track(steps: list[Actors], *, rate: float = 5.0, **options) -> dict[float, Actors]:
    """Everything the tracker gave, by time; late boxes are joined to their time."""
    tracker, found = ActorTracker(rate=rate, **options), {}
    for number, actors in enumerate(steps):
        for time_sec, given in tracker.update(number / rate, actors):
            before = found.get(time_sec, Actors.from_arrays())
            found[time_sec] = Actors(
                boxes=np.concatenate([before.boxes, given.boxes]),
                scores=np.concatenate([before.scores, given.scores]),
                ids=np.concatenate([before.ids, given.ids]),
            )
    return found


def ids_by_place(steps: list[list[list[float]]], *, rate: float, **options) -> list[list[int]]:
    """The id of each box of each step, 0 for none, as it is given at once."""
    tracker, found = ActorTracker(rate=rate, **options), []
    for number, boxes in enumerate(steps):
        time_sec, actors = tracker.update(
            number / rate, Actors.from_arrays(boxes, [0.9] * len(boxes))
        )[-1]
        assert time_sec == number / rate
        known = {tuple(box): i for box, i in zip(actors.boxes.tolist(), actors.ids, strict=True)}
        found.append([int(known.get(tuple(np.float32(box).tolist()), 0)) for box in boxes])
    return found


@pytest.mark.parametrize("name", tracker_names())
def test_two_people_keep_their_ids_from_the_first_step(name):
    found = track([boxes_of(30 + 3 * i, 200 - 3 * i) for i in range(12)], name=name)
    for number, time_sec in enumerate(sorted(found)):
        order = np.argsort(found[time_sec].boxes[:, 0])
        assert found[time_sec].ids[order].tolist() == [1, 2], number
        left = found[time_sec].boxes[order][0]
        np.testing.assert_allclose(left, [20 + 3 * number, 20, 40 + 3 * number, 80])


def test_a_short_absence_keeps_the_id_and_a_long_one_does_not():
    gone, here = boxes_of(), boxes_of(50)
    for memory_sec, absent_steps, expected in ((1.0, 5, {1}), (1.0, 7, {1, 2}), (3.0, 15, {1})):
        steps = [here] * 4 + [gone] * absent_steps + [here] * 3
        found = track(steps, max_gap_sec=memory_sec)
        assert {int(i) for actors in found.values() for i in actors.ids} == expected


@pytest.mark.parametrize("name", tracker_names())
def test_a_sure_box_is_shown_at_once_and_a_weak_one_is_not(name):
    found = track([boxes_of(), boxes_of(50), boxes_of(), boxes_of(), boxes_of()], name=name)
    assert [found[time_sec].ids.tolist() for time_sec in sorted(found)] == [[], [1], [], [], []]
    found = track([boxes_of(50, score=0.3)] * 5, name=name)
    assert all(len(actors) == 0 for actors in found.values())


@pytest.mark.parametrize("name", tracker_names())
@pytest.mark.parametrize("rate", [5.0, 2.0, 1.25, 1.0, 0.5])
def test_one_id_at_any_speed_that_people_reach(name, rate):
    for box_px in ((80, 200), (60, 90), (150, 60)):
        width_px, height_px = box_px
        for widths in (0.2, 0.8, 1.0, 1.5, 2.0):
            # A lying person's longer side is the body, and people do not run lying.
            step_px = widths * min(box_px)
            steps = [
                [[x, 100, x + width_px, 100 + height_px]] for x in 100 + step_px * np.arange(12)
            ]
            assert ids_by_place(steps, rate=rate, name=name) == [[1]] * 12, (box_px, widths)


@pytest.mark.parametrize("rate", [5.0, 1.0])
def test_people_do_not_cover_half_the_street_in_no_time(rate):
    # 6 body heights to the side at 5 detections a second, 20 at one.
    apart_px = 1200 if rate == 5.0 else 4000
    steps = [[[100, 100, 180, 300]]] * 3 + [[[100 + apart_px, 100, 180 + apart_px, 300]]] * 3
    assert ids_by_place(steps, rate=rate) == [[1]] * 3 + [[2]] * 3


def test_a_much_smaller_box_is_another_person():
    steps = [[[100, 100, 180, 300]]] * 3 + [[[130, 170, 150, 220]]] * 3
    assert ids_by_place(steps, rate=1.0) == [[1]] * 3 + [[2]] * 3


@pytest.mark.parametrize("name", tracker_names())
@pytest.mark.parametrize("rate", [5.0, 2.0, 1.0])
@pytest.mark.parametrize("speed_px", [30.0, 60.0, 120.0])
def test_people_who_cross_keep_their_ids(name, rate, speed_px):
    steps = []
    for time_sec in np.arange(0, 8, 1 / rate):
        first, second = 101 + speed_px * time_sec, 580 - speed_px * time_sec
        steps.append([[first, 100, first + 80, 300], [second, 105, second + 85, 310]])
    assert ids_by_place(steps, rate=rate, name=name) == [[1, 2]] * len(steps)


@pytest.mark.parametrize("rate", [5.0, 2.0, 1.0])
def test_people_side_by_side_keep_their_ids(rate):
    rng = np.random.default_rng(0)
    steps = []
    for number in range(20):
        # A queue that moves on slowly, boxes that jitter by a tenth of their width.
        x = 100 + 20 * number / rate + 70 * np.arange(4)
        jitter = rng.normal(0, 8, (4, 4))
        steps.append((np.stack([x, x * 0 + 100, x + 80, x * 0 + 300], axis=1) + jitter).tolist())
    found = ids_by_place(steps, rate=rate)
    assert found == [[1, 2, 3, 4]] * 20


@pytest.mark.parametrize("rate", [5.0, 2.0, 1.0])
@pytest.mark.parametrize("speed_px", [30.0, 60.0, 120.0])
@pytest.mark.parametrize(("hidden_sec", "memory_sec"), [(1.6, 3.0), (3.0, 3.0), (1.6, 2.0)])
def test_a_hidden_person_keeps_the_id_while_another_one_passes(
    rate, speed_px, hidden_sec, memory_sec
):
    steps, seen = [], []
    for time_sec in np.arange(0, 8, 1 / rate):
        first, second = 100 + speed_px * time_sec, 580 - speed_px * time_sec
        is_seen = not 4 - hidden_sec / 2 <= time_sec < 4 + hidden_sec / 2
        boxes = [[second, 105, second + 85, 310], [first, 100, first + 80, 300]]
        steps.append(boxes if is_seen else boxes[:1])
        seen.append([1, 2] if is_seen else [1])
    assert ids_by_place(steps, rate=rate, max_gap_sec=memory_sec) == seen


def test_people_of_the_last_detection_are_known_however_slow_detections_are():
    """A machine that looks every 2.5 s where it was to look every 0.2 s."""
    tracker = ActorTracker(rate=5.0, max_gap_sec=1.0)
    found = []
    for number in range(8):
        x = 100 + 160 * number
        found += tracker.update(2.5 * number, Actors.from_arrays([[x, 100, x + 80, 300]], [0.9]))
    assert [actors.ids.tolist() for _, actors in found] == [[1]] * 8
    # The clock jumps on by a minute: all people are new.
    assert tracker.update(77.5, Actors.from_arrays([[1220, 100, 1300, 300]], [0.9]))[-1][1].ids == [
        2
    ]


def test_ids_are_never_used_twice_and_every_sure_box_has_one():
    rng = np.random.default_rng(7)
    for name in tracker_names():
        tracker, last_id, seen_sec = ActorTracker(rate=2.0, name=name), 0, {}
        for number in range(120):
            count = rng.integers(0, 6)
            corners = rng.uniform(0, 600, (count, 2))
            sides = rng.uniform(10, 200, (count, 2))
            scores = rng.uniform(0, 1, count)
            boxes = np.concatenate([corners, corners + sides], axis=1)
            given = tracker.update(number / 2, Actors.from_arrays(boxes, scores))
            time_sec, actors = given[-1]
            assert time_sec == number / 2
            ids = actors.ids.tolist()
            assert len(set(ids)) == len(ids)
            sure = {tuple(box) for box in np.float32(boxes[np.float32(scores) >= 0.5])}
            assert sure <= {tuple(box) for box in actors.boxes}
            for actor_id in sorted(ids):
                if actor_id in seen_sec:
                    # From the first look that missed it, a person is remembered for 2 s.
                    assert time_sec - seen_sec[actor_id] <= 2.5
                else:
                    assert actor_id == last_id + 1
                    last_id = actor_id
                seen_sec[actor_id] = time_sec
            for time_sec, earlier in given[:-1]:
                assert number / 2 - 1 <= time_sec < number / 2
                assert set(earlier.ids.tolist()) <= seen_sec.keys()


def test_weak_boxes_before_the_first_sure_one_come_with_the_second():
    weak = [boxes_of(50, score=0.2), boxes_of(53, score=0.3)]
    tracker, given = ActorTracker(rate=5.0), []
    for number, actors in enumerate([*weak, boxes_of(56), boxes_of(59), boxes_of(62)]):
        given.append([(t, a.ids.tolist()) for t, a in tracker.update(number / 5, actors)])
    assert given == [
        *([(0.0, [])], [(0.2, [])], [(0.4, [1])]),
        *([(0.0, [1]), (0.2, [1]), (0.6, [1])], [(0.8, [1])]),
    ]


def test_detections_that_could_not_be_followed_are_counted():
    # One person throughout, missed twice; one flash far away; one who appears at the very end.
    steps = [boxes_of(50)] * 3 + [boxes_of(50, 900)] + [boxes_of()] * 2 + [boxes_of(50)] * 2
    counts = FollowCounts()
    track([*steps, boxes_of(50, 500)], counts=counts)
    assert (counts.num_detections, counts.num_alone) == (9, 1)
    assert counts.report().startswith("1 of 9 detections above the threshold could not be followed")
    # A person who comes back within the memory was followed after all.
    counts = FollowCounts()
    track([boxes_of(50), boxes_of(), boxes_of(), boxes_of(50)], counts=counts)
    assert (counts.num_detections, counts.num_alone, counts.report()) == (2, 0, "")


def test_weak_boxes_that_a_tracker_was_told_to_follow_are_not_counted():
    counts, options = FollowCounts(), {"track_activation_threshold": 0.2}
    options["high_conf_det_threshold"] = 0.2
    steps = [boxes_of(50, score=0.3)] * 2 + [boxes_of()] * 3
    found = track(steps, counts=counts, options=options)
    assert [found[time_sec].ids.tolist() for time_sec in sorted(found)] == [[], [1], [], [], []]
    assert (counts.num_detections, counts.num_alone) == (0, 0)


def test_a_detector_that_follows_people_itself_says_whom_it_found():
    # A body that bends: the box is so much larger that it could be another person.
    boxes = [[195, 139, 321, 402]], [[140, 110, 460, 430]]
    for numbers, expected in (((-1, -1), 2), ((7, 7), 1), ((7, 8), 2)):
        tracker = ActorTracker(rate=5, start_score=0.6)
        for step, (box, number) in enumerate(zip(boxes, numbers, strict=True)):
            found = tracker.update(step * 0.4, Actors.from_arrays(box, [0.9], [number]))
        assert found[-1][1].ids.tolist() == [expected]
