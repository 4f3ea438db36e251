"""From fast to slow: which frames and channels arrive where, by hand."""

import pytest
import torch

from stad.models.backbones.laterals import (
    LATERALS,
    TimeStridedSampling,
    TimeToChannel,
    concatenated_channels,
    make_lateral,
    slow_frame_indices,
)


def numbered(num_channels, num_frames):
    """A map (1, C, T, 1, 1) of which channel c of frame t is 10 * c + t."""
    channels, frames = torch.arange(num_channels), torch.arange(num_frames)
    return (10.0 * channels[:, None] + frames).reshape(1, num_channels, num_frames, 1, 1)


def test_time_to_channel_stacks_the_frames_of_each_slow_one():
    packed = TimeToChannel(alpha=3)(numbered(2, 6))
    assert packed.shape == (1, 6, 2, 1, 1)
    # Frame 0 of both channels, frame 1 of both, frame 2 of both; then frames 3, 4 and 5.
    assert packed[0, :, 0].flatten().tolist() == [0, 10, 1, 11, 2, 12]
    assert packed[0, :, 1].flatten().tolist() == [3, 13, 4, 14, 5, 15]


def test_time_to_channel_leaves_places_where_they_are():
    fast = torch.randn(2, 3, 8, 4, 5)
    packed = TimeToChannel(alpha=4)(fast)
    assert packed.shape == (2, 12, 2, 4, 5)
    assert torch.equal(packed[1, 3 * 2 + 1, 1, 3, 4], fast[1, 1, 4 + 2, 3, 4])


@pytest.mark.parametrize(("sampling", "frames"), [("strided", [0, 4]), ("linspace", [0, 7])])
def test_sampling_takes_the_frames_of_the_slow_pathway(sampling, frames):
    taken = TimeStridedSampling(4, sampling)(numbered(2, 8))
    assert taken[0, :, :, 0, 0].tolist() == [frames, [10 + one for one in frames]]
    assert slow_frame_indices(8, 4, sampling).tolist() == frames


@pytest.mark.parametrize(
    ("kind", "added"), list(zip(LATERALS, (0, 0, 16, 2, 4), strict=True)), ids=LATERALS
)
def test_channels_that_join_the_slow_map(kind, added):
    assert concatenated_channels(kind, 2, alpha=8) == added
    lateral = make_lateral(kind, 2, alpha=8, sampling="strided", kernel=5, norm=False)
    if kind == "none":
        assert lateral is None
        return
    channels, frames = lateral(numbered(2, 16)).shape[1:3]
    # A sum adds as many channels as there are: alpha * beta is 1.
    assert (channels, frames) == (added or 16, 2)


def test_the_convolution_strides_over_time():
    lateral = make_lateral("time_strided_conv", 1, alpha=4, sampling="", kernel=3, norm=False)
    with torch.no_grad():
        lateral.conv.weight.copy_(torch.tensor([1.0, 2.0, 3.0]).reshape(1, 1, 3, 1, 1))
        out = lateral(numbered(1, 8))[0, 0].flatten()
    # Around frame 0, with nothing before it, and around frame 4.
    assert out.tolist() == [2 * 0 + 3 * 1, 1 * 3 + 2 * 4 + 3 * 5]
