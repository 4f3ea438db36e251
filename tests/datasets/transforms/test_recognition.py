"""Crops and augmentation of whole clips."""

import numpy as np
import pytest

from stad.datasets.transforms.recognition import (
    ClipTransform,
    multi_scale_box,
    random_resized_box,
    random_scale_box,
)

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


@pytest.mark.parametrize("seed", range(30))
def test_random_boxes_are_inside_and_as_large_as_said(seed):
    rng = np.random.default_rng(seed)
    width, height = rng.integers(40, 400, 2).tolist()
    short = min(width, height)
    jittered = multi_scale_box(width, height, rng)
    resized = random_resized_box(width, height, rng, area=(0.2, 0.6), ratio=(0.8, 1.25))
    scaled = random_scale_box(width, height, rng, crop_px=224, scale_px=(256, 320))
    for box in (jittered, resized, scaled):
        assert box.left >= 0 <= box.top
        assert box.left + box.width <= width
        assert box.top + box.height <= height
    sides = [round(short * scale) for scale in (1, 0.875, 0.75, 0.66)]
    assert abs(sides.index(jittered.width) - sides.index(jittered.height)) <= 1
    assert scaled.width == scaled.height
    assert short * 224 / 320 - 1 <= scaled.width <= short * 224 / 256 + 1
    if resized.width != short or resized.height != short:
        assert 0.2 * 0.9 <= resized.width * resized.height / (width * height) <= 0.6 * 1.1


def test_multi_scale_finds_all_thirteen_places():
    rng = np.random.default_rng(0)
    boxes = [multi_scale_box(120, 80, rng, scales=(0.5,)) for _ in range(500)]
    # 80 columns and 40 rows of room, in quarters.
    places = {(box.left / 20, box.top / 10) for box in boxes}
    inner = {(x, y) for x in (1, 3) for y in (1, 3)}
    assert places == {(x, y) for x in (0, 2, 4) for y in (0, 2, 4)} | inner


def test_an_unusual_shape_takes_the_middle():
    box = random_resized_box(400, 10, np.random.default_rng(0), area=(0.9, 1.0))
    assert box == (195, 0, 10, 10)


@pytest.mark.parametrize("cropping", ["multi_scale", "random_resized", "random_scale"])
def test_a_transform_makes_one_choice_for_the_clip(cropping):
    transform = ClipTransform(cropping, crop_px=32, scale_px=(32, 48), rand_augment=(2, 9))
    still = np.repeat(GRID[:1], 4, axis=0)
    clip = transform(still, np.random.default_rng(3))
    assert clip.shape == (4, 32, 32, 3)
    assert clip.dtype == np.uint8
    for frame in clip[1:]:
        np.testing.assert_array_equal(frame, clip[0])
    again = transform(still, np.random.default_rng(3))
    np.testing.assert_array_equal(again, clip)
    assert any(
        (transform(still, np.random.default_rng(seed)) != clip).any() for seed in range(4, 8)
    )


def test_the_mirror_can_be_turned_off():
    def is_mirrored(flip, seed):
        transform = ClipTransform(crop_px=64, scale_px=(64, 80), flip=flip)
        row = transform(GRID, np.random.default_rng(seed))[0, 32, :, 0].astype(int)
        return bool(row[0] > row[-1])

    assert not any(is_mirrored(0.0, seed) for seed in range(20))
    assert all(is_mirrored(1.0, seed) for seed in range(20))
    assert 3 < sum(is_mirrored(0.5, seed) for seed in range(20)) < 17


def test_augmentation_leaves_torchs_numbers_alone():
    import torch

    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    ClipTransform(crop_px=32, scale_px=(32, 48), rand_augment=(2, 9))(
        GRID, np.random.default_rng(0)
    )
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("strength", [0, 30])
def test_every_strength_that_is_accepted_works(strength):
    transform = ClipTransform(crop_px=32, scale_px=(32, 48), rand_augment=(1, strength))
    for seed in range(30):
        assert transform(GRID, np.random.default_rng(seed)).shape == (5, 32, 32, 3)


def test_the_smallest_scale_leaves_a_pixel():
    transform = ClipTransform("multi_scale", crop_px=8, scales=(1e-6,))
    clip = transform(GRID, np.random.default_rng(1))
    assert (clip == clip[:, :1, :1]).all()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cropping": "square"}, "cropping must be one of"),
        ({"crop_px": 300}, r"both 300 \(crop_px\) or more"),
        ({"crop_px": 0, "cropping": "multi_scale"}, "crop_px must be 1 or more, got 0"),
        ({"scale_px": (320, 256)}, r"a minimum and a maximum, .* got \(320, 256\)"),
        ({"scale_px": 256}, r"a minimum and a maximum, .* got 256"),
        ({"flip": 1.5}, "between 0 and 1"),
        ({"scales": (2.0,)}, r"scales must be relative .* at most 1, got \(2.0,\)"),
        ({"scales": (1.0, 0.0)}, "scales must be relative"),
        ({"scales": ()}, "scales must be relative"),
        ({"scales": 0.5}, "scales must be relative"),
        ({"area": (0, 0)}, r"area must be .* above 0 and at most 1, got \(0, 0\)"),
        ({"area": (0.5, 0.2)}, "area must be"),
        ({"area": (0.5, 1.2)}, "area must be"),
        ({"area": (0.5,)}, "area must be"),
        ({"area": ("a", "b")}, "area must be"),
        ({"ratio": (0.5, float("nan"))}, "ratio must be"),
        ({"ratio": (0, 1)}, "ratio must be"),
        ({"rand_augment": (2, 31)}, r"strength from 0 to 30, got \(2, 31\)"),
        ({"rand_augment": (2, -1)}, r"strength from 0 to 30, got \(2, -1\)"),
        ({"rand_augment": (0, 9)}, "number of changes from 1"),
        ({"rand_augment": (2, 9.5)}, "two integers"),
        ({"rand_augment": 9}, "two integers"),
    ],
)
def test_numbers_that_cannot_work(options, said):
    with pytest.raises(ValueError, match=said):
        ClipTransform(**options)
