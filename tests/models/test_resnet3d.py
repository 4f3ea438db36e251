"""ResNet3d: sizes, freezing, checkpointing."""

import pytest
import torch

from stad.models.backbones.resnet3d import ResNet3d


def tiny(**options):
    torch.manual_seed(0)
    return ResNet3d(depth=options.pop("depth", 50), base_channels=4, **options)


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ({}, (1, 128, 3, 2, 4)),
        ({"spatial_strides": (1, 2, 2, 1)}, (1, 128, 3, 4, 8)),
        ({"spatial_strides": (1, 2, 2, 1), "dilations": (1, 1, 1, 2)}, (1, 128, 3, 4, 8)),
        ({"depth": 18}, (1, 32, 3, 2, 4)),
        ({"depth": 18, "inflate": (1, 1, 1, 1), "conv1_kernel": (5, 7, 7)}, (1, 32, 3, 2, 4)),
    ],
)
def test_time_is_kept_and_space_strided(options, shape):
    (out,) = tiny(**options).eval()(torch.randn(1, 3, 3, 64, 128))
    assert out.shape == shape


def test_slow_only_sees_neighbouring_frames_in_its_last_two_stages_only():
    state = tiny().state_dict()
    kernels = [state[f"layer{i}.0.conv1.conv.weight"].shape[2] for i in range(1, 5)]
    assert kernels == [1, 1, 3, 3]


def test_unknown_depth_is_refused():
    with pytest.raises(ValueError, match="depth 18, 34, 50, 101, 152, got 42"):
        ResNet3d(depth=42)


def test_frozen_stages_keep_weights_and_statistics():
    model = tiny(frozen_stages=1).train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    model(torch.randn(2, 3, 2, 32, 32))[0].sum().backward()
    changed = {
        key.split(".")[0]
        for key, value in model.state_dict().items()
        if key.endswith("running_mean") and not torch.equal(value, before[key])
    }
    trained = {key.split(".")[0] for key, value in model.named_parameters() if value.requires_grad}
    assert changed == trained == {"layer2", "layer3", "layer4"}


def test_norm_eval_keeps_statistics_and_trains_weights():
    model = tiny(norm_eval=True).train()
    assert model.training
    assert not model.layer4[0].conv1.bn.training
    assert model.layer4[0].conv1.bn.weight.requires_grad


def test_checkpointing_gives_the_same_gradients():
    clips = torch.randn(1, 3, 2, 32, 32)
    gradients = []
    for with_checkpoint in (False, True):
        model = tiny(with_checkpoint=with_checkpoint, norm_eval=True).train()
        model(clips)[0].square().mean().backward()
        gradients.append(model.conv1.conv.weight.grad)
    torch.testing.assert_close(*gradients)
