"""Views of a part of a frame, and the way back to the frame."""

import numpy as np
import pytest

from stad.actors.detectors.views import View


def frame_with(box, *, size=(240, 320)):
    image = np.zeros((*size, 3), np.uint8)
    image[box[1] : box[3], box[0] : box[2]] = 255
    return image


def bright_box(image):
    rows, columns = np.nonzero(image[..., 0] > 127)
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


@pytest.mark.parametrize("turn", [0, 90, -90, 180])
@pytest.mark.parametrize("size_px", [96, 224, 320])
def test_what_is_found_in_a_view_comes_back(turn, size_px):
    box = np.array([120, 90, 180, 130])
    view = View.around(box, factor=2, turn=turn, minimum_px=1)
    cut = view.cut(frame_with(box), size_px)
    assert cut.shape == (size_px, size_px, 3)
    found = np.array([[*bright_box(cut), 0.7]])
    np.testing.assert_allclose(view.to_frame(found, size_px), [[*box, 0.7]], atol=2)


def test_a_body_that_lies_stands_in_a_turned_view():
    view = View.around(np.array([120, 100, 180, 120]), factor=1.5, turn=90, minimum_px=1)
    left, top, right, bottom = bright_box(view.cut(frame_with((120, 100, 180, 120)), 224))
    assert bottom - top > 2 * (right - left)


def test_a_diagonal_box_becomes_the_box_around_its_ellipse():
    view = View((100, 100), side=200, turn=45)
    back = view.to_frame(np.array([[80, 20, 120, 180, 0.5]]), 200)
    half = np.hypot(20, 80) / np.sqrt(2)
    np.testing.assert_allclose(back[0, :4], [100 - half] * 2 + [100 + half] * 2, atol=0.1)


def test_a_view_is_not_smaller_than_the_minimum():
    assert View.around(np.array([0, 0, 10, 10]), factor=2, turn=0, minimum_px=64).side == 64
