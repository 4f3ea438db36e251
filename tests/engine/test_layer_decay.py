"""Each depth of a backbone gets its own learning rate, and small tensors no weight decay."""

import pytest
import torch
from mmengine.optim import build_optim_wrapper
from torch.optim import AdamW

from stad.engine.layer_decay import LayerDecay
from stad.registry import MODELS


def detector(**backbone):
    return MODELS.build(
        {
            "type": "ActionDetector",
            "backbone": {"embed_dims": 12, "num_heads": 2, "num_layers": 2, **backbone},
            "roi_head": {"type": "RoIHead", "in_channels": 12, "num_classes": 3},
            "data_preprocessor": {"type": "ClipPreprocessor", "mean": [0] * 3, "std": [1] * 3},
        }
    )


def wrapper(model, **paramwise):
    return build_optim_wrapper(
        model,
        {
            "type": "OptimWrapper",
            "constructor": LayerDecay,
            "paramwise_cfg": paramwise,
            "optimizer": {"type": AdamW, "lr": 1.0, "weight_decay": 0.05},
        },
    )


def test_rates_fall_towards_the_input():
    model = detector(type="VideoViT")
    groups = wrapper(model, layer_decay=0.5).optimizer.param_groups
    names = {id(weight): name for name, weight in model.named_parameters()}
    found = {
        names[id(weight)]: (group["lr"], group["weight_decay"])
        for group in groups
        for weight in group["params"]
    }
    assert set(found) == set(names.values())
    assert found["roi_head.fc_cls.weight"] == (1.0, 0.05)
    assert found["roi_head.fc_cls.bias"] == found["backbone.norm.weight"] == (1.0, 0.0)
    assert found["backbone.layers.1.ffns.0.layers.1.weight"] == (0.5, 0.05)
    assert found["backbone.layers.1.attentions.0.attn.in_proj_bias"] == (0.5, 0.0)
    assert found["backbone.layers.0.attentions.0.attn.in_proj_weight"] == (0.25, 0.05)
    assert found["backbone.patch_embed.projection.weight"] == (0.125, 0.05)
    # The first group is what logs show: the rate of the head.
    assert groups[0]["lr"] == 1.0
    assert len(groups) == 8


def test_frozen_weights_are_left_out():
    model = detector(type="VideoViT")
    model.backbone.patch_embed.requires_grad_(False)
    groups = wrapper(model, layer_decay=0.5).optimizer.param_groups
    assert min(group["lr"] for group in groups) == 0.25


@pytest.mark.parametrize("decay", [None, 0, 1.5, "0.75"])
def test_a_decay_that_cannot_be(decay):
    with pytest.raises(ValueError, match=f"layer_decay must be a number above 0.*got {decay!r}"):
        wrapper(detector(type="VideoViT"), layer_decay=decay)


def test_a_backbone_without_known_layers_is_refused():
    with pytest.raises(ValueError, match="such as VideoViT, got TimeSformer"):
        wrapper(detector(type="TimeSformer", output="map"), layer_decay=0.5)


def test_a_wrapper_of_distributed_training_is_looked_into():
    class Wrapper(torch.nn.Module):
        def __init__(self, module):
            super().__init__()
            self.module = module

    groups = wrapper(Wrapper(detector(type="VideoViT")), layer_decay=0.5).optimizer.param_groups
    assert len(groups) == 8
