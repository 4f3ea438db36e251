"""Two streams: fused by hand, and flow that only the second one sees."""

import numpy as np
import pytest
import torch

from stad.models.online import online_unsupported_reason
from stad.models.two_stream import fuse_scores
from stad.registry import MODELS
from tests.models.configs import read_config
from tests.videos import moving_noise


def test_fused_by_hand():
    rgb = torch.tensor([[0.2, 0.3, 0.5]]).log() + 7
    flow = torch.tensor([[0.6, 0.3, 0.1]]).log() - 2
    fused = fuse_scores(rgb, flow, flow_weight=0.25, multilabel=False).softmax(dim=-1)
    torch.testing.assert_close(fused, torch.tensor([[0.3, 0.3, 0.4]]))


def test_several_labels_fused_by_hand():
    rgb, flow = torch.tensor([[0.2, 0.9]]).logit(), torch.tensor([[0.6, 0.1]]).logit()
    fused = fuse_scores(rgb, flow, flow_weight=0.5, multilabel=True).sigmoid()
    torch.testing.assert_close(fused, torch.tensor([[0.4, 0.5]]))
    sure = torch.tensor([[90.0]])
    assert fuse_scores(sure, sure, flow_weight=0.5, multilabel=True).isfinite().all()


@pytest.fixture
def model():
    config = read_config("two_stream_kinetics").model
    for backbone, head in (("backbone", "head"), ("flow_backbone", "flow_head")):
        config[backbone].update(depth=18, base_channels=8)
        config[head].update(in_channels=64)
    torch.manual_seed(0)
    return MODELS.build(config).eval()


def clip_of(model, frames):
    return model.data_preprocessor.normalise(torch.from_numpy(np.stack(frames))[None])


@torch.inference_mode()
def test_flow_is_that_of_the_pixels(model):
    stack = model.stack_flow(clip_of(model, moving_noise(2)))
    assert stack.shape == (1, 20, 1, 64, 160)
    inside = stack[0, :, 0, 16:-16, 40:-40] * 20
    to_the_right, down = inside[0::2], inside[1::2]
    assert to_the_right.median().item() == pytest.approx(2, abs=0.2)
    assert down.median().item() == pytest.approx(0, abs=0.2)


@torch.inference_mode()
def test_one_stream_sees_the_middle_frame_and_the_other_motion(model):
    still, moving = (clip_of(model, moving_noise(step)) for step in (0, 2))
    assert (model.stack_flow(still) == 0).all()
    # The middle frame is the same: what differs comes from the flow.
    moving = clip_of(model, [np.roll(one, -10, axis=1) for one in moving_noise(2)])
    torch.testing.assert_close(moving[:, :, 5], still[:, :, 5])
    fused = [model.score_clips(one) for one in (still, moving)]
    assert fused[0].shape == (1, 400)
    assert not torch.allclose(*fused, atol=1e-5)
    rgb = model.head(model.backbone(moving[:, :, 5:6]))
    flow = model.flow_head(model.flow_backbone(model.stack_flow(moving)))
    expected = (rgb.softmax(dim=-1) + flow.softmax(dim=-1)) / 2
    torch.testing.assert_close(model.probabilities(fused[1]), expected)


def test_weights_of_streams_are_shares():
    config = read_config("two_stream_kinetics").model
    config.flow_weight = 1.0
    with pytest.raises(ValueError, match="above 0 and below 1, got 1"):
        MODELS.build(config)


def test_live_video_cannot_leave_out_the_second_stream(model):
    assert "optical flow" in online_unsupported_reason(model)
