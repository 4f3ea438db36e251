"""YOLOv4-tiny's wrapper: where boxes come from, and what it remembers."""

import json

import numpy as np
import pytest

from stad.actors.detectors.base import clip_to_image
from stad.actors.detectors.darknet import DarknetDetector
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


def test_looks_are_counted(files):
    detector = DarknetDetector(*files)
    for step in range(2):
        detector.detect(Frame(step, step * 0.2, cells_image(608, 608, (5, 9))))
    # A person who is found needs one look a frame.
    assert detector.counts.report() == "people were searched with 1.00 looks per detection"


def test_a_run_that_is_resumed_continues_as_it_would_have(files):
    whole, again = DarknetDetector(*files), DarknetDetector(*files)
    images = [cells_image(608, 608, (5 + step // 3, 9)) for step in range(12)]
    # The person is not found for some frames.
    images[6:9] = [cells_image(608, 608)] * 3
    answers = []
    for step, image in enumerate(images):
        if step == 7:
            # As a file keeps it.
            again.recall(6 * 0.2, json.loads(json.dumps(whole.memory())))
        expected = whole.detect(Frame(step, step * 0.2, image))
        if step >= 7:
            answers.append(again.detect(Frame(step, step * 0.2, image)))
            for key, value in vars(expected).items():
                np.testing.assert_array_equal(getattr(answers[-1], key), value)
    assert again.memory() == whole.memory()
    assert [len(one) for one in answers] == [0, 0, 1, 1, 1]


def test_boxes_end_at_the_cells_image():
    kept = clip_to_image(Actors.from_arrays([[-5, 10, 20, 300]]), np.zeros((200, 300, 3)))
    assert kept.boxes.tolist() == [[0, 10, 20, 200]]
