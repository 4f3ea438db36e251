"""When and where people are searched, with a network that finds what stands upright."""

import json

import numpy as np
import pytest

from stad.actors.detectors.looks import CROP_PX, MAX_LOOKS
from stad.actors.detectors.search import PersonSearch

HEIGHT, WIDTH = 360, 480
WALL = np.random.default_rng(0).integers(60, 140, (HEIGHT // 10, WIDTH // 10))
WALL = WALL.repeat(10, 0).repeat(10, 1).astype(np.uint8)
STANDING = (200, 60, 260, 240)
LYING = (150, 220, 330, 280)
# People are bright, things that look like people in a turned view are dark.
PERSON, THING = 250, 5


def frame(*bodies, things=()):
    image = WALL.copy()
    for level, boxes in ((PERSON, bodies), (THING, things)):
        for left, top, right, bottom in boxes:
            image[top:bottom, left:right] = level
    return np.repeat(image[..., None], 3, axis=2)


class Network:
    """Finds bright and dark boxes that are taller than wide.

    Attributes:
        is_blind: it finds nothing.
        is_near_sighted: it finds nothing in the whole frame, and is not certain elsewhere.
        parts: rows that it finds in the whole frame besides.
        looks: number of looks.
    """

    def __init__(self):
        self.is_blind, self.is_near_sighted = False, False
        self.parts, self.looks = [], 0

    def __call__(self, image, longer_px):
        self.looks += 1
        is_whole = image.shape[:2] != (CROP_PX, CROP_PX)
        is_blind = self.is_blind or (self.is_near_sighted and is_whole)
        found = [] if is_blind else self._upright(image[..., 0])
        rows = found + (self.parts if is_whole else [])
        return np.array(rows, dtype=float).reshape(-1, 5)

    def _upright(self, grey):
        rows = []
        for mask, score in ((grey > 200, 0.9), (grey < 30, 0.7)):
            y, x = np.nonzero(mask)
            if len(y) < 50:
                continue
            box = [x.min(), y.min(), x.max() + 1, y.max() + 1]
            if box[3] - box[1] > 1.2 * (box[2] - box[0]):
                rows.append([*box, 0.5 if self.is_near_sighted else score])
        return rows


class Run:
    """A search that is fed images, five a second."""

    def __init__(self):
        self.network, self.search, self.time_sec = Network(), PersonSearch(threshold=0.6), 0.0

    def see(self, image, *, seconds=0.2):
        """Return the people of the last of the frames, as rows of xyxy, and the mean looks."""
        before, number = self.network.looks, round(seconds * 5)
        for _ in range(number):
            people = self.search.detect(image, self.time_sec, self.network)
            self.time_sec += 0.2
        self.people = people
        return people.boxes.round().astype(int).tolist(), (self.network.looks - before) / number


@pytest.fixture
def run():
    """A run that has seen the empty scene for three seconds."""
    run = Run()
    run.see(frame(), seconds=3)
    return run


def test_a_person_who_stands_needs_one_look(run):
    assert run.see(frame(STANDING), seconds=4) == ([list(STANDING)], 1)


def test_who_falls_is_found_in_a_turned_view(run):
    run.see(frame(STANDING), seconds=1)
    for _ in range(10):
        boxes, looks = run.see(frame(LYING))
        np.testing.assert_allclose(boxes, [LYING], atol=12)
        assert looks <= 1 + MAX_LOOKS
    # It is the same person, and at rest they cost little.
    assert run.people.ids.tolist() == [1]
    assert run.see(frame(LYING), seconds=20)[1] < 1.5


def test_who_falls_at_the_lower_edge_is_found(run):
    run.see(frame((200, 160, 260, 358)), seconds=1)
    boxes, _ = run.see(frame((140, 300, 320, 360)), seconds=1)
    np.testing.assert_allclose(boxes, [(140, 300, 320, 360)], atol=12)


def test_who_rests_stays_for_a_minute_although_no_look_finds_them(run):
    run.see(frame(STANDING), seconds=1)
    run.see(frame(LYING), seconds=2)
    run.network.is_blind = True
    counts = [len(run.see(frame(LYING))[0]) for _ in range(5 * 75)]
    assert 290 <= sum(counts) <= 302
    assert counts == sorted(counts, reverse=True)


def test_who_leaves_does_not_stay(run):
    run.see(frame(STANDING), seconds=3)
    assert run.see(frame())[0] == []
    assert run.see(frame(), seconds=4)[1] < 1.5


def test_who_leaves_past_a_thing_is_not_taken_for_it():
    run = Run()
    bed = (120, 200, 300, 260)
    run.see(frame(things=[bed]), seconds=3)
    run.see(frame((60, 60, 110, 240), things=[bed]), seconds=1)
    boxes, _ = run.see(frame(things=[bed]), seconds=3)
    assert boxes == []


def test_who_moves_unseen_is_followed_by_the_change(run):
    run.see(frame(STANDING), seconds=1)
    run.network.is_blind = True
    crouching = (190, 110, 270, 250)
    boxes, _ = run.see(frame(crouching))
    np.testing.assert_allclose(boxes, [crouching], atol=10)


def test_who_collapses_where_the_background_was_never_seen_is_found():
    run = Run()
    run.see(frame(STANDING), seconds=2)
    run.network.is_near_sighted = True
    collapsed = (200, 155, 260, 240)
    for _ in range(5):
        boxes, _ = run.see(frame(collapsed))
        np.testing.assert_allclose(boxes, [collapsed], atol=3)
        assert run.people.ids.tolist() == [1]


def test_who_is_lost_where_the_background_was_never_seen_is_searched():
    run = Run()
    run.see(frame(STANDING), seconds=2)
    run.network.is_blind = run.network.is_near_sighted = True
    collapsed = (200, 155, 260, 240)
    run.see(frame(collapsed), seconds=0.4)
    run.network.is_blind = False
    boxes, _ = run.see(frame(collapsed))
    np.testing.assert_allclose(boxes, [collapsed], atol=3)
    assert run.people.ids.tolist() == [1]


def test_a_part_of_a_body_is_not_taken_for_who_collapsed(run):
    run.see(frame(STANDING), seconds=2)
    run.network.is_blind, run.network.parts = True, [[190, 60, 240, 140, 0.5]]
    moved = (186, 60, 246, 240)
    boxes, _ = run.see(frame(moved), seconds=0.6)
    assert boxes[0][3] - boxes[0][1] >= 170


def test_who_leaves_where_the_background_was_never_seen_does_not_stay():
    run = Run()
    run.see(frame(STANDING), seconds=2)
    assert run.see(frame())[0] == []
    run.see(frame(), seconds=3)
    assert run.see(frame(), seconds=4)[1] < 1.5


def test_who_lies_where_something_changed_is_found(run):
    run.see(frame(LYING), seconds=3)
    np.testing.assert_allclose(run.see(frame(LYING))[0], [LYING], atol=12)


def test_things_that_were_there_are_not_searched(run):
    assert run.see(frame(), seconds=4)[1] < 1.5


def test_a_part_of_a_body_is_no_second_person(run):
    run.see(frame(STANDING), seconds=1)
    run.network.parts = [[205, 62, 255, 130, 0.8], [190, 150, 262, 245, 0.4]]
    assert run.see(frame(STANDING), seconds=2)[0] == [list(STANDING)]


def test_two_people_side_by_side_stay_two(run):
    run.network.parts = [[250, 70, 310, 240, 0.8]]
    boxes, _ = run.see(frame(STANDING), seconds=2)
    assert sorted(boxes) == [list(STANDING), [250, 70, 310, 240]]


def test_a_person_before_another_stays(run):
    # The smaller one comes from the side, so both were known before.
    for left in range(20, 200, 20):
        run.network.parts = [[left, 100, left + 50, 240, 0.8]]
        assert len(run.see(frame(STANDING))[0]) == 2


def test_going_back_in_time_begins_a_new_stream(run):
    run.see(frame(STANDING), seconds=1)
    run.time_sec = 0.0
    assert run.see(frame(STANDING))[0] == [list(STANDING)]
    assert run.people.ids.tolist() == [1]


def test_frames_may_come_at_any_times(run):
    run.see(frame(STANDING), seconds=1)
    run.see(frame(LYING))
    for step_sec in (0.03, 1.7, 0.4, 3.0):
        run.time_sec += step_sec
        np.testing.assert_allclose(run.see(frame(LYING))[0], [LYING], atol=12)


def test_a_resumed_run_continues(run):
    scenes = [frame(STANDING)] * 6 + [frame(LYING)] * 12 + [frame()] * 5 + [frame(LYING)] * 15
    for image in scenes[:10]:
        run.see(image)
    again = Run()
    again.search.restore(json.loads(json.dumps(run.search.state())), run.time_sec - 0.2)
    again.time_sec = run.time_sec
    for image in scenes[10:]:
        assert again.see(image) == run.see(image)
        assert again.people.ids.tolist() == run.people.ids.tolist()
    assert again.search.state() == run.search.state()


def test_another_video_is_seen_as_by_a_new_detector(run):
    for image in [frame(STANDING)] * 6 + [frame(LYING)] * 4:
        run.see(image)
    run.search.forget()
    again = Run()
    again.time_sec = run.time_sec
    for image in [frame(LYING)] * 5 + [frame()] * 3:
        assert run.see(image) == again.see(image)
    assert run.search.state() == again.search.state()
