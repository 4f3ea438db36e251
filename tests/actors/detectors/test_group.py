"""The region of all people as one actor."""

import numpy as np
import pytest

from stad.actors.detectors.base import RecallingDetector, begin_video
from stad.actors.detectors.group import GroupDetector, GroupRegion
from stad.structures import Actors, Frame

SIZE = (200, 100)
IMAGE = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)


class Listed:
    """Gives the people of a list, one entry a frame."""

    name, interval_sec, gives_ids, person_threshold = "listed", None, False, 0.5

    def __init__(self, *found):
        self._found = list(found)

    def detect(self, frame):
        found = self._found[frame.index]
        return None if found is None else Actors.from_arrays(*found)


def detect(detector, *times):
    found = [detector.detect(Frame(i, time_sec, IMAGE)) for i, time_sec in enumerate(times)]
    return [None if one is None else one.boxes.tolist() for one in found]


def test_the_region_is_around_all_people_who_are_likely():
    boxes = [[10, 10, 40, 80], [100, 20, 150, 90], [190, 0, 199, 9]]
    detector = GroupDetector(Listed((boxes, [0.9, 0.35, 0.2])))

    (found,) = detect(detector, 0.0)

    assert found == [[10, 10, 150, 90]]
    assert detector.name == "group of listed"


def test_the_region_is_not_smaller_than_a_part_of_the_frame():
    region = GroupRegion(SIZE)

    found = region.update(0.0, np.array([[50, 50, 60, 90]]))

    # 0.3 of the shorter side is 30.
    np.testing.assert_allclose(found, [40, 50, 70, 90])


def test_the_region_is_unknown_then_held_then_the_whole_frame():
    person, nobody = ([[10, 10, 60, 80]], [0.9]), ([], [])
    detector = GroupDetector(Listed(nobody, nobody, person, nobody, None, nobody, nobody))

    found = detect(detector, 0.0, 0.5, 0.8, 2.0, 2.2, 3.0, 3.4)

    whole, region = [[0, 0, 200, 100]], [[10, 10, 60, 80]]
    assert found == [None, None, region, region, None, region, whole]


def test_without_people_it_is_the_whole_frame_after_two_seconds():
    detector = GroupDetector(Listed(*[([], [])] * 4))

    assert detect(detector, 5.0, 5.5, 7.0, 8.0) == [None, None, *[[[0, 0, 200, 100]]] * 2]


@pytest.mark.parametrize("place", [1, 2, 3])
def test_a_resumed_run_continues_where_it_was(place):
    person, nobody = ([[10, 10, 60, 80]], [0.9]), ([], [])
    found, times = [nobody, person, nobody, nobody], (0.0, 0.5, 2.0, 3.2)
    whole = GroupDetector(Listed(*found))
    expected = detect(whole, *times)
    first, second = GroupDetector(Listed(*found)), GroupDetector(Listed(*found[place:]))

    detect(first, *times[:place])
    second.recall(times[place - 1], first.memory())

    assert isinstance(second, RecallingDetector)
    assert detect(second, *times[place:]) == expected[place:]


def test_a_stream_that_was_restarted_is_a_new_one():
    person, nobody = ([[10, 10, 60, 80]], [0.9]), ([], [])
    detector = GroupDetector(Listed(person, nobody))

    assert detect(detector, 100.0, 1.0) == [[[10, 10, 60, 80]], None]


def test_another_video_begins_without_a_region():
    person, nobody = ([[10, 10, 60, 80]], [0.9]), ([], [])
    detector = GroupDetector(Listed(nobody, person))
    detect(detector, 0.0, 1.0)

    begin_video(detector)

    # Later than the last one: nothing but the call tells that it is another video.
    assert detect(detector, 1.5) == [None]
