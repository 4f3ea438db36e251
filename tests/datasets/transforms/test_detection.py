"""Augmentation: boxes worked out by hand move exactly as the pixels do."""

import numpy as np
import pytest

from stad.datasets.transforms.detection import (
    ActorTransform,
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
    clip = clip_with_box(boxes[0])
    frames, cropped = crop_clip(clip, boxes, left=8, top=4, side=20, size=(20, 20))
    assert cropped.tolist() == [[2, 1, 20, 20], [0, 0, 4, 4], [20, 20, 20, 20]]
    assert frames[0].shape == (20, 20, 3)
    assert white_box(frames[0]) == [2, 1, 20, 20]
    frames, cropped = crop_clip(clip, boxes, left=8, top=4, side=20, size=(40, 60))
    assert cropped[0].tolist() == [4, 3, 40, 60]
    assert white_box(frames[0]) == [4, 3, 40, 60]
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
    # A box over the whole frame is cut to the crop; one of half its height tells the scale.
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
    with pytest.raises(ValueError, match=r"scale_px must be a range from|between 0 and 1"):
        TrainTransform(**options)


def test_the_whole_frame_is_on_the_canvas_and_boxes_with_it():
    transform = ActorTransform(40, min_scale=1.0, flip=0.0)
    clip, boxes = transform(clip_with_box([10, 6, 30, 24]), BOXES, np.random.default_rng(0))
    # 80x60 goes in as 40x30; below it is dark.
    assert clip.shape == (2, 40, 40, 3)
    assert clip.dtype == np.uint8
    assert boxes.tolist() == [[5, 2.5, 15, 12.5], [0, 0, 20, 20]]
    assert white_box(clip[1]) == [5, 3, 15, 12]
    assert not clip[:, 30:].any()


def test_the_mirror_is_of_the_frame_not_of_the_canvas():
    transform = ActorTransform(80, min_scale=1.0, flip=1.0)
    tall = clip_with_box([10, 6, 30, 24], size=(40, 80))
    clip, boxes = transform(tall, np.float32([[10, 6, 30, 24]]), np.random.default_rng(0))
    assert boxes.tolist() == [[10, 6, 30, 24]]
    assert white_box(clip[0]) == [10, 6, 30, 24]
    left = clip_with_box([0, 6, 12, 24], size=(40, 80))
    clip, boxes = transform(left, np.float32([[0, 6, 12, 24]]), np.random.default_rng(0))
    assert boxes.tolist() == [[28, 6, 40, 24]]
    assert white_box(clip[0]) == [28, 6, 40, 24]


@pytest.mark.parametrize("seed", range(10))
def test_tracks_stay_on_what_they_follow(seed):
    tracks = np.float32([[[30, 20, 50, 40], [34, 20, 54, 44]]])
    frames = np.concatenate([clip_with_box(box, num_frames=1) for box in tracks[0]])
    transform = ActorTransform(64, min_scale=0.6, blur=0.5, brightness=0.3)
    clip, moved = transform(frames, tracks, np.random.default_rng(seed))
    assert moved.shape == (1, 2, 4)
    for frame in range(2):
        assert np.abs(moved[0, frame] - white_box(clip[frame])).max() <= 1.5


def test_the_frame_is_scaled_within_its_range():
    transform = ActorTransform(100, min_scale=0.5)
    box = np.float32([[0, 0, 80, 60]])
    widths = [
        transform(clip_with_box(box[0]), box, np.random.default_rng(seed))[1][0, 2]
        for seed in range(100)
    ]
    assert 50 <= min(widths) < 55
    assert 95 < max(widths) <= 100


def test_boxes_shake_by_parts_of_their_sides_alike_in_all_frames():
    tracks = np.float32([[[10, 10, 30, 50], [12, 10, 22, 30]], [[40, 5, 60, 45], [40, 5, 60, 45]]])
    transform = ActorTransform(80, min_scale=1.0, flip=0.0, jitter=0.1)
    frames = np.zeros((2, 60, 80, 3), dtype=np.uint8)
    shifts = []
    for seed in range(50):
        _, moved = transform(frames, tracks, np.random.default_rng(seed))
        sides = np.tile(tracks[..., 2:] - tracks[..., :2], 2)
        parts = (moved - tracks) / sides
        np.testing.assert_allclose(parts[:, 0], parts[:, 1], atol=1e-5)
        shifts.append(parts[:, 0])
    shifts = np.abs(shifts)
    assert 0.09 < shifts.max() <= 0.1 + 1e-6
    # Every edge of every person on its own.
    assert (np.ptp(shifts, axis=0) > 0.05).all()


def test_a_cut_leaves_the_upper_part_of_a_person():
    box = np.float32([[10, 10, 30, 50]])
    transform = ActorTransform(80, min_scale=1.0, flip=0.0, cut=1.0)
    frames = np.zeros((1, 60, 80, 3), dtype=np.uint8)
    feet = []
    for seed in range(50):
        _, moved = transform(frames, box, np.random.default_rng(seed))
        assert moved[0, :3].tolist() == [10, 10, 30]
        feet.append((50 - moved[0, 3]) / 40)
    assert 0.2 <= min(feet) < max(feet) <= 0.45
    assert max(feet) - min(feet) > 0.2


@pytest.mark.parametrize("shape", [(0, 4), (0, 2, 4)])
def test_clips_without_people_are_augmented_too(shape):
    boxes = np.zeros(shape, dtype=np.float32)
    transform = ActorTransform(40, jitter=0.1, cut=0.5)
    clip, moved = transform(clip_with_box(BOXES[0]), boxes, np.random.default_rng(0))
    assert clip.shape == (2, 40, 40, 3)
    assert moved.shape == shape


def test_an_actors_augmentation_follows_from_the_generator_and_leaves_its_input():
    transform = ActorTransform(40, contrast=0.2, blur=0.5, jitter=0.1, cut=0.5)
    boxes = BOXES.copy()
    first, moved = transform(clip_with_box(BOXES[0]), boxes, np.random.default_rng(3))
    again, same = transform(clip_with_box(BOXES[0]), boxes, np.random.default_rng(3))
    assert np.array_equal(first, again)
    assert np.array_equal(moved, same)
    assert np.array_equal(boxes, BOXES)


@pytest.mark.parametrize("options", [{"min_scale": 2}, {"jitter": -0.1}, {"cut": 2}, {"blur": 3}])
def test_shares_that_are_none_are_refused(options):
    with pytest.raises(ValueError, match="between 0 and 1"):
        ActorTransform(**options)
