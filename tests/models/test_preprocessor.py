"""Clips of bytes become normalised floats in the layout of the networks."""

import pytest
import torch

from stad.models.preprocessor import ClipPreprocessor
from stad.structures import SkeletonSample, VideoMeta, VideoSample


def test_normalise_moves_colour_to_the_front_and_scales_each_channel():
    clips = torch.zeros(1, 2, 1, 1, 3, dtype=torch.uint8)
    clips[0, 0, 0, 0] = torch.tensor([10, 20, 30])
    clips[0, 1, 0, 0] = torch.tensor([14, 28, 42])
    out = ClipPreprocessor(mean=[10, 20, 30], std=[2, 4, 8]).normalise(clips)
    assert out.dtype == torch.float32
    assert out.is_contiguous()
    assert out[0, :, :, 0, 0].tolist() == [[0.0, 2.0], [0.0, 2.0], [0.0, 1.5]]


def test_checkpoints_do_not_hold_the_constants():
    assert ClipPreprocessor(mean=[0, 0, 0], std=[1, 1, 1]).state_dict() == {}


@pytest.mark.parametrize(
    "clips",
    [
        torch.zeros(2, 4, 4, 3, dtype=torch.uint8),
        torch.zeros(1, 3, 2, 4, 4, dtype=torch.uint8),
        torch.zeros(1, 2, 4, 4, 3),
    ],
    ids=["no batch", "colour first", "float"],
)
def test_other_clips_are_refused(clips):
    with pytest.raises(ValueError, match=r"\(N, T, H, W, 3\) uint8 RGB"):
        ClipPreprocessor(mean=[0, 0, 0], std=[1, 1, 1]).normalise(clips)


@pytest.mark.parametrize(("mean", "std"), [([0, 0], [1, 1]), ([0, 0, 0], [1, 0, 1])])
def test_constants_are_checked(mean, std):
    with pytest.raises(ValueError, match="three channels"):
        ClipPreprocessor(mean=mean, std=std)


def test_flow_comes_with_the_clip_or_is_computed():
    preprocessor = ClipPreprocessor(mean=[10, 20, 30], std=[2, 4, 8], with_flow=True)
    assert preprocessor.num_channels == 5
    clips = torch.zeros(1, 2, 1, 1, 5, dtype=torch.uint8)
    clips[0, 0, 0, 0] = torch.tensor([10, 20, 30, 128, 255])
    clips[0, 1, 0, 0] = torch.tensor([14, 28, 42, 1, 128])
    out = preprocessor.normalise(clips)[0, :, :, 0, 0]
    assert out.tolist() == [[0.0, 2.0], [0.0, 2.0], [0.0, 1.5], [0.0, -1.0], [1.0, 0.0]]
    still = torch.full((1, 3, 32, 32, 3), 10, dtype=torch.uint8)
    out = preprocessor.normalise(still)
    assert out.shape == (1, 5, 3, 32, 32)
    assert (out[:, 3:] == 0).all()
    with pytest.raises(ValueError, match="uint8 RGB"):
        ClipPreprocessor(mean=[0, 0, 0], std=[1, 1, 1]).normalise(clips)


def test_a_batch_of_the_loader_is_normalised_but_kept_maps_are_not():
    preprocessor = ClipPreprocessor(mean=[10, 20, 30], std=[2, 4, 8])
    clips = torch.full((1, 2, 4, 4, 3), 30, dtype=torch.uint8)
    meta = VideoMeta("a", 0, 1)
    batch = {"inputs": clips, "data_samples": [VideoSample(torch.tensor([0.0, 1.0]), meta)]}
    found = preprocessor(batch, True)
    assert torch.equal(found["inputs"], preprocessor.normalise(clips))
    assert found["data_samples"][0].meta is meta
    # The loader's batch stays as it is: hooks see it after the step.
    assert batch["inputs"] is clips
    maps = torch.rand(1, 7, 3, 1, 1)
    sample = SkeletonSample(torch.zeros(3, 4), torch.zeros(3, 4), torch.ones(2))
    assert preprocessor({"inputs": maps, "data_samples": [sample]})["inputs"] is maps
