"""The crops of a clip that a network scores in a test."""

import numpy as np
import pytest

from stad.video.crops import crop_views

# Red is the column, green the row, blue the frame: every pixel says where it was.
GRID = np.stack(
    [
        np.stack(np.broadcast_arrays(np.arange(120)[None, :], np.arange(80)[:, None], t), axis=-1)
        for t in range(5)
    ]
).astype(np.uint8)


def corner(crop):
    """Column and row of the first pixel."""
    return tuple(crop[0, 0, 0, :2].tolist())


def test_one_crop_is_the_centre_or_the_whole():
    whole = crop_views(GRID, short_side_px=80, crop_px=None, num_crops=1)
    np.testing.assert_array_equal(whole[0], GRID)
    centre = crop_views(GRID, short_side_px=80, crop_px=64, num_crops=1)
    assert centre.shape == (1, 5, 64, 64, 3)
    assert corner(centre[0]) == (28, 8)
    np.testing.assert_array_equal(centre[0], GRID[:, 8:72, 28:92])


def test_three_crops_cover_the_frame():
    crops = crop_views(GRID, short_side_px=80, crop_px=64, num_crops=3)
    assert crops.shape == (3, 5, 80, 80, 3)
    assert [corner(one) for one in crops] == [(0, 0), (20, 0), (40, 0)]
    upright = crop_views(GRID.swapaxes(1, 2), short_side_px=80, crop_px=None, num_crops=3)
    # Its rows are the columns of the grid.
    assert [corner(one) for one in upright] == [(0, 0), (20, 0), (40, 0)]


def test_ten_crops_are_corners_and_centre_and_their_mirrors():
    crops = crop_views(GRID, short_side_px=80, crop_px=64, num_crops=10)
    assert crops.shape == (10, 5, 64, 64, 3)
    places = [(0, 0), (56, 0), (0, 16), (56, 16), (28, 8)]
    assert [corner(one) for one in crops[:5]] == places
    np.testing.assert_array_equal(crops[5:], crops[:5, :, :, ::-1])


def test_crops_that_cannot_be():
    for crop_px, num_crops in ((81, 1), (64, 2)):
        with pytest.raises(ValueError, match="1, 3 or 10 crops"):
            crop_views(GRID, short_side_px=80, crop_px=crop_px, num_crops=num_crops)
