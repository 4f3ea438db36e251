"""Batches with optical flow: the same as the model computes, and what it means."""

import numpy as np
import pytest
import torch

from stad.datasets.flow import collate_with_flow
from stad.inference.scorer import ActionScorer
from stad.models.preprocessor import ClipPreprocessor
from stad.registry import MODELS
from stad.structures import VideoMeta
from stad.video.window import Window
from tests.models.configs import read_config
from tests.videos import moving_noise


def item(step_px, label=0):
    views = np.stack(moving_noise(step_px, count=8))[None]
    return {"clips": views, "label": np.eye(3)[label], "metas": [VideoMeta("a.mp4", 0, label)]}


def small_model():
    config = read_config("slowfast_optical_flow_kinetics").model
    config.backbone.update(depth=18, base_channels=16)
    config.head.update(in_channels=144, num_classes=3)
    torch.manual_seed(0)
    return MODELS.build(config).eval()


def test_flow_in_a_batch_says_where_things_went():
    batch = collate_with_flow([item(2), item(0)])
    assert batch["inputs"].shape == (2, 8, 64, 160, 5)
    assert batch["inputs"].dtype == torch.uint8
    preprocessor = ClipPreprocessor(mean=[0, 0, 0], std=[1, 1, 1], with_flow=True)
    flow = preprocessor.normalise(batch["inputs"])[:, 3:]
    assert (flow[1] == 0).all()
    assert (flow[0, :, 0] == 0).all()
    to_the_right, down = flow[0, :, 1:, 16:-16, 40:-40]
    # 2 of 20 pixels, in steps of 1 / 127.
    assert abs(to_the_right.median() - 0.1) < 0.01
    assert abs(down.median()) < 0.01


@torch.inference_mode()
def test_loader_scorer_and_model_see_the_same():
    model = small_model()
    items = [item(2, label=1), item(0)]
    batch = collate_with_flow(items)
    rows = model.val_step(batch)
    plain = torch.from_numpy(np.concatenate([one["clips"] for one in items]))
    again = model.val_step({**batch, "inputs": plain})
    scorer = ActionScorer(model, Window(8, 2), short_side_px=64, num_classes=3)
    boxes = [np.array([[0.0, 0, 160, 64]], dtype=np.float32)] * 2
    scored = scorer.score([one["clips"][0] for one in items], boxes, source_size=(160, 64))
    for row, other, third in zip(rows, again, scored, strict=True):
        assert torch.equal(row["scores"], other["scores"])
        np.testing.assert_allclose(third[0], row["scores"], atol=1e-5)


@torch.inference_mode()
def test_a_detector_of_people_sees_flow_too():
    config = read_config("slowfast_ava").model
    config.backbone.update(depth=18, base_channels=16, fast_input="optical_flow")
    config.roi_head.update(in_channels=144, num_classes=3)
    config.data_preprocessor.update(with_flow=True)
    torch.manual_seed(0)
    model = MODELS.build(config).eval()
    batch = collate_with_flow([item(2), item(0)])
    clips = model.data_preprocessor.normalise(batch["inputs"])
    boxes = [torch.tensor([[8.0, 8, 60, 60], [70, 0, 150, 64]])] * 2
    scores = model.score_actors(clips, boxes)
    assert [one.shape for one in scores] == [(2, 3), (2, 3)]
    # The frames stay, the motion goes: both actors score differently.
    clips[0, 3:] = 0
    still = model.score_actors(clips, boxes)
    assert (still[0] - scores[0]).abs().amax(dim=1).min() > 1e-4
    assert torch.equal(still[1], scores[1])
    with pytest.raises(ValueError, match=r"\(N, 5, T, H, W\)"):
        model.score_actors(clips[:, :3], boxes)


def test_flow_trains():
    model = small_model().train()
    batch = collate_with_flow([item(2, label=1), item(0)])
    model(**model.data_preprocessor(batch, True), mode="loss")["loss"].backward()
    assert model.backbone.fast_path.conv1.conv.weight.shape[1] == 2
    assert model.backbone.fast_path.conv1.conv.weight.grad.abs().sum() > 0
