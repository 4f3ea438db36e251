"""YOLOv4-tiny's wrapper: where boxes come from, and when it looks a second time."""

import cv2
import numpy as np
import pytest

from stad.actors.detectors.base import clip_to_image
from stad.actors.detectors.darknet import (
    FIRST_PX,
    QUARTER_TURNS,
    SECOND_PX,
    TURN_SEC,
    DarknetDetector,
    _turn_back,
)
from stad.structures import Actors, Frame

# One look at each corner of the cells of 32 px: red is a person, green is the next class.
ANCHOR_PX = (40, 100)
NETWORK = f"""[net]
width=608
height=608
channels=3

[convolutional]
filters=85
size=1
stride=32
pad=0
activation=linear

[yolo]
mask=0
anchors={ANCHOR_PX[0]},{ANCHOR_PX[1]}
classes=80
num=1
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A darknet model that finds a person of ``ANCHOR_PX`` at every red cell."""
    folder = tmp_path_factory.mktemp("darknet")
    (folder / "tiny.cfg").write_text(NETWORK)
    bias, weights = np.zeros(85, np.float32), np.zeros((85, 3), np.float32)
    # After x, y, width and height: how sure there is anything, then the classes.
    bias[4:] = -8
    weights[4, :2] = weights[5, 0] = weights[6, 1] = 16
    header = np.array([0, 2, 0, 0, 0], np.int32).tobytes()
    (folder / "tiny.weights").write_bytes(header + bias.tobytes() + weights.tobytes())
    return folder / "tiny.cfg", folder / "tiny.weights"


def cells_image(width_px, height_px, *cells, cell_px=32, colour=(255, 0, 0)):
    """Black but for these (column, row) cells."""
    image = np.zeros((height_px, width_px, 3), dtype=np.uint8)
    for column, row in cells:
        top, left = row * cell_px, column * cell_px
        image[top : top + cell_px, left : left + cell_px] = colour
    return image


def test_boxes_of_people_are_in_pixels_of_the_cells_image(files):
    found = DarknetDetector(*files).detect(Frame(0, 0.0, cells_image(608, 608, (5, 9), (12, 4))))
    order = np.argsort(found.boxes[:, 0])
    centres = np.array([[5.5, 9.5], [12.5, 4.5]]) * 32
    expected = np.hstack((centres - np.array(ANCHOR_PX) / 2, centres + np.array(ANCHOR_PX) / 2))
    np.testing.assert_allclose(found.boxes[order], expected, atol=1)
    assert found.scores.min() > 0.99
    assert found.ids.tolist() == [-1, -1]


def test_larger_frames_are_brought_to_the_input_in_their_own_shape(files):
    # 1216x608 goes in as 608x304, which is 608x320 after rounding: cells of 64x60.8 px.
    image = np.zeros((608, 1216, 3), dtype=np.uint8)
    image[243:304, 640:704] = (255, 0, 0)
    found = DarknetDetector(*files).detect(Frame(0, 0.0, image))
    # An anchor counts in 608ths of the input's width and height, as OpenCV has it.
    centre = np.array([672, 4.5 * 60.8])
    np.testing.assert_allclose((found.boxes[0, :2] + found.boxes[0, 2:]) / 2, centre, atol=2)
    assert len(found) == 1


def test_other_classes_are_no_people(files):
    image = cells_image(608, 608, (5, 9), colour=(0, 255, 0))
    assert len(DarknetDetector(*files).detect(Frame(0, 0.0, image))) == 0


@pytest.mark.parametrize("turn", QUARTER_TURNS)
def test_boxes_of_a_turned_frame_come_back(turn):
    image = np.zeros((60, 100, 3), dtype=np.uint8)
    image[10:24, 30:70] = 255
    rows, columns = np.nonzero(cv2.rotate(image, turn)[..., 0])
    turned = [[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]]
    back = _turn_back(np.array(turned, dtype=float), turn, image)
    assert back.tolist() == [[30, 10, 70, 24]]


class Scripted(DarknetDetector):
    """The detector with given boxes in the place of the network's.

    Attributes:
        looks: (longer side of the input, width of the frame) of each look at a frame.
        first, second, turned: what it finds at the first size, at the second, and in a frame
            that stands on its side: rows of xyxy and score.
    """

    def __init__(self, *paths):
        super().__init__(*paths)
        self.looks = []
        self.first = self.second = self.turned = ()

    def _detect_at(self, image, longer_px):
        height, width = image.shape[:2]
        self.looks.append("turned" if height > width else longer_px)
        rows = self.first if longer_px == FIRST_PX else self.second
        if height > width:
            rows = self.turned
        return np.array(rows, dtype=float).reshape(-1, 5)

    def see(self, time_sec, *, first=(), second=(), turned=()):
        """What it says at a time, as rows, and how often it looked."""
        self.first, self.second, self.turned, self.looks = first, second, turned, []
        image = np.zeros((200, 300, 3), dtype=np.uint8)
        found = self.detect(Frame(0, time_sec, image))
        return [[round(float(x)) for x in box] for box in found.boxes], self.looks


@pytest.fixture
def scripted(files):
    return Scripted(*files)


PERSON = (100, 50, 140, 150, 0.9)
BOX = [100, 50, 140, 150]


def test_people_who_are_seen_need_one_detection(scripted):
    for step in range(5):
        assert scripted.see(step * 0.2, first=[PERSON]) == ([BOX], [FIRST_PX])


def test_a_lost_person_is_looked_for_at_the_second_size(scripted):
    scripted.see(0.0, first=[PERSON])
    near = (102, 52, 142, 152, 0.8)
    found, looks = scripted.see(0.2, second=[near])
    assert (found, looks) == ([[102, 52, 142, 152]], [FIRST_PX, SECOND_PX])
    # Found again, no person is missing.
    assert scripted.see(0.4, first=[PERSON])[1] == [FIRST_PX]


def test_a_weak_box_is_not_enough_and_the_surest_of_several_looks_stays(scripted):
    scripted.see(0.0, first=[PERSON])
    weak = (101, 50, 141, 150, 0.3)
    found, looks = scripted.see(0.2, first=[weak], second=[PERSON])
    assert (found, looks) == ([BOX], [FIRST_PX, SECOND_PX])


def test_a_lost_person_among_others_is_looked_for_too(scripted):
    other = (200, 50, 240, 150, 0.9)
    scripted.see(0.0, first=[PERSON, other])
    found, looks = scripted.see(0.2, first=[other], second=[PERSON])
    assert looks == [FIRST_PX, SECOND_PX]
    assert sorted(found) == [BOX, [200, 50, 240, 150]]


def test_who_fell_is_found_in_the_turned_cells_image(scripted):
    scripted.see(0.0, first=[PERSON])
    # By turns clockwise and against the clock; upright there means lying here.
    standing = (60, 90, 100, 190, 0.9)
    found, looks = scripted.see(TURN_SEC * 2, turned=[standing])
    assert (found, looks) == ([[90, 100, 190, 140]], [FIRST_PX, SECOND_PX, "turned"])
    found, _ = scripted.see(TURN_SEC * 3, turned=[standing])
    assert found == [[110, 60, 210, 100]]
    # A person who lies in the turned frame would stand here, and the other looks would see that.
    found, looks = scripted.see(TURN_SEC * 4, turned=[(60, 90, 160, 130, 0.9)])
    assert (found, looks[-1]) == ([], "turned")


@pytest.mark.parametrize(
    ("box", "stays"),
    [
        # 2 % of 300x200 px are 6 and 4 px.
        ((5, 50, 45, 150), False),
        ((255, 50, 295, 150), False),
        ((100, 3, 140, 150), False),
        ((100, 50, 140, 197), False),
        ((7, 5, 293, 195), True),
    ],
)
def test_who_touches_the_border_may_have_left(scripted, box, stays):
    scripted.see(0.0, first=[(*box, 0.9)])
    looks = [FIRST_PX, SECOND_PX, "turned"] if stays else [FIRST_PX]
    assert scripted.see(0.2) == ([], looks)


def test_a_run_that_is_taken_up_goes_on_as_it_would_have(files):
    whole, again = Scripted(*files), Scripted(*files)
    seen = [[], [], [PERSON], [(5, 50, 45, 150, 0.9)], [PERSON], [], [], [], [], [], []]
    size = (300, 200)
    for step, rows in enumerate(seen):
        time_sec = step * 0.3
        expected = whole.see(time_sec, first=rows)
        if step < 5:
            people = Actors.from_arrays([row[:4] for row in rows], [row[4] for row in rows])
            again.recall(time_sec, people, size)
        else:
            assert again.see(time_sec, first=rows) == expected
    assert len(expected[1]) == 3


def test_an_empty_scene_is_searched_twice_a_second(scripted):
    searched = [step * 0.25 for step in range(13) if len(scripted.see(step * 0.25)[1]) > 1]
    assert searched == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]


def test_a_lost_person_is_missed_for_two_seconds(scripted):
    scripted.see(0.0, first=[PERSON])
    looks = [scripted.see(time_sec)[1] for time_sec in (0.5, 1.9, 2.0)]
    assert looks == [[FIRST_PX, SECOND_PX, "turned"]] * 3
    # From then on it is an empty scene, not searched yet.
    assert [len(scripted.see(time_sec)[1]) for time_sec in (2.1, 2.3, 2.5, 2.6)] == [3, 1, 1, 3]


def test_going_back_in_time_forgets(scripted):
    scripted.see(10.0)
    scripted.see(10.2, first=[PERSON])
    # An empty scene at its first look, not the person of a later time.
    assert scripted.see(0.0)[1] == [FIRST_PX, SECOND_PX, "turned"]
    assert scripted.see(0.2)[1] == [FIRST_PX]


def test_boxes_that_overlap_are_one_person(scripted):
    lower = (100, 52, 140, 150, 0.7)
    # 30 of 50 px wide: 3/7 of the two.
    beside = (120, 50, 160, 150, 0.8)
    assert scripted.see(0.0, first=[lower, PERSON, beside])[0] == [BOX, [120, 50, 160, 150]]


def test_boxes_end_at_the_cells_image():
    kept = clip_to_image(Actors.from_arrays([[-5, 10, 20, 300]]), np.zeros((200, 300, 3)))
    assert kept.boxes.tolist() == [[0, 10, 20, 200]]
