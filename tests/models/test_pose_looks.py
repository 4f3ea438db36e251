"""Squares that follow a body: what is cut out of a crop, and how what is found comes back."""

import math

import numpy as np
import pytest
import torch

from stad.models.backbones.pose_looks import (
    CENTRE,
    GIVEN_POINTS,
    INPUT_PX,
    NUM_KEYPOINTS,
    TOP,
    Looks,
    PoseFinds,
    aligned,
)

CROP_PX = 384


def finds(centre, top, *, body=1.0, seen=1.0):
    """A find whose circle has this centre and this point above the head, pixels."""
    points = torch.zeros(1, GIVEN_POINTS, 2)
    points[0, CENTRE], points[0, TOP] = torch.tensor(centre), torch.tensor(top)
    return PoseFinds(
        points=points,
        seen=torch.full((1, NUM_KEYPOINTS), seen),
        metric=torch.zeros(1, NUM_KEYPOINTS, 3),
        body=torch.tensor([body]),
    )


def dot(column, row):
    """A crop that is black but for a small white square: (1, 3, S, S)."""
    crop = torch.zeros(1, 3, CROP_PX, CROP_PX)
    crop[:, :, row - 2 : row + 3, column - 2 : column + 3] = 1
    return crop


def place_of_dot(square):
    """The centre of what is bright in (1, 3, 256, 256): x, y in pixels."""
    rows, columns = np.nonzero(square[0, 0].numpy() > 0.4)
    return columns.mean() + 0.5, rows.mean() + 0.5


@pytest.mark.parametrize(
    ("top", "angle"),
    [((200.0, 60.0), 0.0), ((300.0, 160.0), 90.0), ((100.0, 160.0), -90.0), ((300.0, 60.0), 45.0)],
    ids=["upright", "head at the right", "head at the left", "leaning to the right"],
)
def test_a_body_becomes_upright_and_fills_the_square(top, angle):
    look = aligned(finds((200.0, 160.0), top))
    assert math.degrees(float(look.angles)) == pytest.approx(angle, abs=1e-4)
    radius = math.dist((200, 160), top)
    assert float(look.sides) == pytest.approx(2 * 1.25 * radius)
    # What is above the head is straight above the middle, at the edge of the circle.
    x, y = place_of_dot(look.cut(dot(*map(int, top))))
    assert x == pytest.approx(INPUT_PX / 2, abs=1)
    assert y == pytest.approx(INPUT_PX / 2 - INPUT_PX / 2.5, abs=1)


@pytest.mark.parametrize("angle", [0.0, 0.7, math.pi / 2, -2.0])
def test_what_is_found_in_a_square_comes_back_to_the_crop(angle):
    look = Looks(torch.tensor([[180.0, 210.0]]), torch.tensor([300.0]), torch.tensor([angle]))
    x, y = place_of_dot(look.cut(dot(230, 190)))
    found = finds((x, y), (x, y))
    back = look.in_crop(found)
    assert back.points[0, CENTRE].tolist() == pytest.approx([230.5, 190.5], abs=1)
    # A metre along the square's down direction is turned with it; depth stays.
    found.metric[0, 0] = torch.tensor([0.0, 1.0, 0.3])
    turned = look.in_crop(found).metric[0, 0].tolist()
    assert turned == pytest.approx([-math.sin(angle), math.cos(angle), 0.3], abs=1e-6)
    assert torch.equal(back.body, found.body)
    assert torch.equal(back.seen, found.seen)


def test_the_middle_is_cut_out_as_it_is():
    crop = torch.rand(2, 3, CROP_PX, CROP_PX)
    margin = (CROP_PX - INPUT_PX) // 2
    found = Looks.middle(2, CROP_PX).cut(crop)
    expected = crop[:, :, margin:-margin, margin:-margin]
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


def test_beyond_the_crop_it_is_black():
    look = Looks(torch.tensor([[0.0, 0.0]]), torch.tensor([256.0]), torch.zeros(1))
    found = look.cut(torch.ones(1, 3, CROP_PX, CROP_PX))
    assert found[..., :127, :127].max() == 0
    assert found[..., 129:, 129:].min() == pytest.approx(1.0)


def test_a_body_too_small_to_be_one_gets_a_square_of_some_size():
    assert float(aligned(finds((100.0, 100.0), (100.0, 99.0))).sides) == pytest.approx(51.2)


@pytest.mark.parametrize(
    ("centre", "top", "expected"),
    [
        ((128.0, 128.0), (128.0, 26.0), True),
        # Rotated by 20 degrees, off the middle, too small, too large.
        ((128.0, 128.0), (163.0, 32.0), False),
        ((160.0, 128.0), (160.0, 26.0), False),
        ((128.0, 128.0), (128.0, 70.0), False),
        ((128.0, 128.0), (128.0, -10.0), False),
    ],
)
def test_who_stands_straight(centre, top, expected):
    assert bool(finds(centre, top).stands_straight()) is expected


def test_confidence_is_of_the_body_and_its_torso():
    found = finds((0.0, 0.0), (0.0, 1.0), body=0.8)
    found.seen[0, [11, 12, 23, 24]] = torch.tensor([1.0, 1.0, 0.5, 0.5])
    found.seen[0, 0] = 0.0
    assert float(found.confidence()) == pytest.approx(0.8 * 0.75)


def test_rows_are_picked_and_replaced():
    one, other = finds((1.0, 2.0), (3.0, 4.0), body=0.1), finds((5.0, 6.0), (7.0, 8.0), body=0.9)
    both = PoseFinds(*(torch.cat(pair) for pair in zip(one, other, strict=True)))
    assert both.of(torch.tensor([1])).body.tolist() == pytest.approx([0.9])
    changed = both.replaced(torch.tensor([0]), other)
    assert changed.body.tolist() == pytest.approx([0.9, 0.9])
    assert both.body.tolist() == pytest.approx([0.1, 0.9])
