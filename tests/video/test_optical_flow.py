"""Optical flow of textures that move by known amounts."""

import numpy as np
import pytest

from stad.video.optical_flow import STILL, append_flow, stacked_flow


def texture():
    rng = np.random.default_rng(1)
    return np.kron(rng.integers(0, 256, (24, 32, 3)), np.ones((4, 4, 1))).astype(np.uint8)


@pytest.mark.parametrize(("right_px", "down_px"), [(3, 0), (-2, 0), (0, 4), (2, -3)])
def test_motion_in_pixels(right_px, down_px):
    frames = [np.roll(texture(), (i * down_px, i * right_px), axis=(0, 1)) for i in range(3)]
    stack = stacked_flow(np.stack(frames))
    assert stack.shape == (4, 96, 128)
    assert stack.dtype == np.float32
    inside = np.median(stack[:, 24:-24, 24:-24], axis=(1, 2)) * 20
    np.testing.assert_allclose(inside, [right_px, down_px] * 2, atol=0.25)


def test_fast_motion_is_cut_off():
    frames = np.stack([texture(), np.roll(texture(), 4, axis=1)])
    stack = stacked_flow(frames, bound_px=2)
    assert np.median(stack[0, 24:-24, 24:-24]) == 1
    assert np.abs(stack).max() <= 1


def test_a_single_frame_has_no_flow():
    with pytest.raises(ValueError, match="2 frames or more, got 1"):
        stacked_flow(texture()[None])


def test_flow_as_bytes_follows_the_colours():
    moving = np.stack([np.roll(texture(), i * 5, axis=1) for i in range(3)])
    still = np.stack([texture()] * 3)
    found = append_flow(np.stack([moving, still]))
    assert found.shape == (2, 3, 96, 128, 5)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found[0, ..., :3], moving)
    # No frame before the first one; then 5 of 20 pixels to the right: 128 + 127 / 4.
    assert (found[0, 0, ..., 3:] == STILL).all()
    inside = np.median(found[0, 1:, 24:-24, 24:-24, 3:], axis=(1, 2))
    np.testing.assert_allclose(inside, [[160, 128]] * 2, atol=2)
    assert (found[1, ..., 3:] == STILL).all()
    assert (append_flow(still[None, :1])[..., 3:] == STILL).all()
