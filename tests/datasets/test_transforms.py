"""Augmentation: boxes worked out by hand move exactly as the pixels do."""

import numpy as np
import pytest

from stad.datasets.transforms import (
    TrainTransform,
    colour_matrix,
    crop_clip,
    flip_clip,
    recolour_clip,
    resize_clip,
    visible_boxes,
)

BOXES = np.array([[10, 5, 30, 25], [0, 0, 40, 40]], dtype=np.float32)


def clip_with_box(box, *, size=(80, 60), num_frames=2):
    """Black frames, white inside the box."""
    frames = np.zeros((num_frames, size[1], size[0], 3), dtype=np.uint8)
    x1, y1, x2, y2 = (int(value) for value in box)
    frames[:, y1:y2, x1:x2] = 255
    return frames


def white_box(frame):
    """Where a frame is more white than black: xyxy."""
    rows, columns = np.nonzero(frame[..., 0] > 127)
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


def test_scale_changes_frames_and_boxes_alike():
    frames, boxes = resize_clip(clip_with_box([10, 6, 30, 24]), BOXES[:1], size=(160, 90))
    assert frames.shape == (2, 90, 160, 3)
    # Twice as wide, one and a half times as high.
    assert boxes.tolist() == [[20.0, 7.5, 60.0, 37.5]]
    assert white_box(frames[0]) == [20, 9, 60, 36]


def test_crop_moves_boxes_and_ends_them_at_its_borders():
    boxes = np.array([[10, 5, 30, 25], [0, 0, 12, 8], [50, 50, 60, 60]], dtype=np.float32)
    frames, cropped = crop_clip(clip_with_box(boxes[0]), boxes, left=8, top=4, side=20)
    assert cropped.tolist() == [[2, 1, 20, 20], [0, 0, 4, 4], [20, 20, 20, 20]]
    assert frames[0].shape == (20, 20, 3)
    assert white_box(frames[0]) == [2, 1, 20, 20]
    assert visible_boxes(cropped).tolist() == [True, True, False]


def test_flip_exchanges_left_and_right_of_frames_and_boxes():
    frames, boxes = flip_clip(clip_with_box(BOXES[0]), BOXES)
    assert boxes.tolist() == [[50, 5, 70, 25], [40, 0, 80, 40]]
    assert white_box(frames[1]) == [50, 5, 70, 25]


@pytest.mark.parametrize(
    ("factors", "colour", "expected"),
    [
        ({"brightness": 1.5}, (100, 40, 200), (150, 60, 255)),
        # Half the distance from the mean grey of 100.
        ({"contrast": 0.5}, (120, 40, 100), (110, 70, 100)),
        # The grey of (100, 0, 0) is 29.9.
        ({"saturation": 0.0}, (100, 0, 0), (30, 30, 30)),
        # The grey of (100, 90, 80) is 91.85.
        ({"saturation": 2.0}, (100, 90, 80), (108, 88, 68)),
        ({}, (1, 2, 3), (1, 2, 3)),
    ],
)
def test_colours_change_by_hand_computed_amounts(factors, colour, expected):
    neutral = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0}
    matrix = colour_matrix(**(neutral | factors), mean_luma=100)
    clip = np.full((1, 2, 2, 3), colour, dtype=np.uint8)
    assert recolour_clip(clip, matrix)[0, 0, 0].tolist() == list(expected)


def test_one_choice_holds_for_all_frames_and_follows_from_the_generator():
    transform = TrainTransform((48, 60), 48, brightness=0.2, contrast=0.2, saturation=0.2)
    clip = clip_with_box(BOXES[0])
    first, boxes = transform(clip, BOXES, np.random.default_rng(3))
    again, same = transform(clip, BOXES, np.random.default_rng(3))
    other, _ = transform(clip, BOXES, np.random.default_rng(4))
    assert first.shape == (2, 48, 48, 3)
    assert np.array_equal(first, again)
    assert np.array_equal(boxes, same)
    assert np.array_equal(first[0], first[1])
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("seed", range(20))
def test_boxes_stay_on_what_they_surround(seed):
    box = np.array([[30, 20, 50, 40]], dtype=np.float32)
    transform = TrainTransform((48, 60), 48)
    clip, moved = transform(clip_with_box(box[0]), box, np.random.default_rng(seed))
    assert np.abs(moved[0] - white_box(clip[0])).max() <= 1


def test_the_scale_is_within_its_range():
    # A box over the whole picture is cut to the crop; one of half its height tells the scale.
    box = np.array([[0, 15, 1, 45]], dtype=np.float32)
    clip = np.zeros((1, 60, 60, 3), dtype=np.uint8)
    transform = TrainTransform((64, 128), 64, flip=0)
    heights = []
    for seed in range(200):
        _, moved = transform(clip, box, np.random.default_rng(seed))
        if moved[0, 1] > 0 and moved[0, 3] < 64:
            heights.append(2 * float(moved[0, 3] - moved[0, 1]))
    assert min(heights) >= 63
    assert max(heights) <= 130
    assert max(heights) > 100


@pytest.mark.parametrize(
    "options", [{"scale_px": (200, 320)}, {"scale_px": (320, 256)}, {"flip": 2}, {"contrast": -1}]
)
def test_numbers_that_cannot_work_are_refused(options):
    with pytest.raises(ValueError, match=r"needs scales from|between 0 and 1"):
        TrainTransform(**options)
