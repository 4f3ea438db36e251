"""What the fast pathway sees, by hand."""

import pytest
import torch

from stad.models.backbones.fast_input import FAST_INPUTS, LUMA, make_fast_input


def colours(*pixels):
    """A clip (1, 3, T, 2, 4) of frames of one colour each."""
    return torch.tensor(pixels).T.reshape(1, 3, -1, 1, 1).expand(-1, -1, -1, 2, 4)


@pytest.mark.parametrize("kind", FAST_INPUTS)
def test_channels(kind):
    seen = make_fast_input(torch.randn(2, 5 if kind == "optical_flow" else 3, 8, 4, 6), kind)
    size = (2, 3) if kind == "half_resolution" else (4, 6)
    assert seen.shape == (2, FAST_INPUTS[kind], 8, *size)


def test_grayscale_is_luma():
    clip = colours([1.0, 0, 0], [0.0, 1, 0], [0.0, 0, 1], [1.0, 1, 1], [0.5, 0.25, 1.0])
    gray = make_fast_input(clip, "grayscale")[0, 0, :, 1, 2]
    # 0.5 * 0.299 + 0.25 * 0.587 + 0.114
    torch.testing.assert_close(gray, torch.tensor([*LUMA, 1.0, 0.41025]))


def test_time_difference_is_that_to_the_frame_before():
    clip = colours([1.0, 1, 1], [3.0, 3, 3], [2.0, 2, 2])
    seen = make_fast_input(clip, "time_difference")
    torch.testing.assert_close(seen[0, 0, :, 0, 0], torch.tensor([0.0, 2.0, -1.0]))
    still = torch.randn(1, 3, 1, 4, 4).expand(-1, -1, 8, -1, -1)
    assert (make_fast_input(still, "time_difference") == 0).all()


def test_half_resolution_is_the_mean_of_four():
    clip = torch.arange(8.0).reshape(1, 1, 1, 2, 4).expand(1, 3, 2, 2, 4)
    seen = make_fast_input(clip, "half_resolution")
    # 0 1 2 3 above 4 5 6 7
    assert seen[0, 2, 1].tolist() == [[2.5, 4.5]]


def test_flow_follows_the_colours():
    clip = torch.randn(1, 5, 4, 2, 2)
    assert torch.equal(make_fast_input(clip, "optical_flow"), clip[:, 3:])
    with pytest.raises(ValueError, match=r"of 3 channels .*with_flow=True"):
        make_fast_input(clip[:, :3], "optical_flow")
