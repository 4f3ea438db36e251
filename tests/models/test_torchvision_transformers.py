"""torchvision's video transformers: they give torchvision's scores, maps of any size, gradients."""

import numpy as np
import onnx
import pytest
import torch
from torch import nn
from torchvision.models.video.mvit import MSBlockConfig, MViT
from torchvision.models.video.swin_transformer import SwinTransformer3d

from stad import zoo
from stad.models.backbones.torchvision_parts import MultiscaleTransformer, WindowTransformer
from stad.models.backbones.torchvision_video import TorchvisionVideo
from tests.golden import golden, reference_state
from tests.networks import check_in_runtimes


def small_mvit(version):
    """Two blocks of torchvision's MViT for 4 frames of 32 pixels, the second one pools."""
    torch.manual_seed(0)
    blocks = [
        MSBlockConfig(1, 12, 24, [3, 3, 3], [3, 3, 3], [1, 1, 1], [1, 2, 2]),
        MSBlockConfig(2, 24, 24, [3, 3, 3], [3, 3, 3], [1, 2, 2], [1, 1, 1]),
    ]
    second = version == 2
    network = MViT(
        (32, 32),
        4,
        blocks,
        residual_pool=second,
        residual_with_cls_embed=False,
        rel_pos_embed=second,
        proj_after_attn=second,
        num_classes=5,
    ).eval()
    for value in network.parameters():
        nn.init.normal_(value, std=0.3)
    return network


def small_swin():
    torch.manual_seed(0)
    return SwinTransformer3d([2, 4, 4], 12, [2, 1], [1, 2], [2, 3, 3], num_classes=5).eval()


def mvit(version, output="map"):
    return MultiscaleTransformer(small_mvit(version), output=output, with_checkpoint=False).eval()


def swin():
    return WindowTransformer(small_swin(), with_checkpoint=False).eval()


@pytest.mark.parametrize("version", [1, 2])
@torch.inference_mode()
def test_the_class_token_is_torchvisions(version):
    network, clips = small_mvit(version), torch.randn(2, 3, 4, 32, 32)
    expected = network(clips.clone())
    found = mvit(version, output="class_token")(clips)
    assert found.shape == (2, 24, 1, 1, 1)
    torch.testing.assert_close(network.head(found.flatten(1)), expected)


@torch.inference_mode()
def test_the_mean_of_the_map_is_torchvisions():
    network, clips = small_swin(), torch.randn(2, 3, 5, 30, 44)
    maps = swin()(clips)
    assert maps.shape == (2, 24, 3, 4, 6)
    torch.testing.assert_close(network.head(maps.mean(dim=(2, 3, 4))), network(clips))


@pytest.mark.parametrize("version", [1, 2])
@torch.inference_mode()
def test_maps_of_any_size(version):
    model = mvit(version)
    assert model(torch.randn(1, 3, 4, 32, 32)).shape == (1, 24, 2, 4, 4)
    assert model(torch.randn(1, 3, 6, 40, 72)).shape == (1, 24, 3, 5, 9)
    # A place of the map sees its part of the clip most: the others only by attention.
    clips = torch.zeros(1, 3, 4, 64, 64)
    clips[:, :, :, 48:, 48:] = 3
    changed = (model(clips) - model(torch.zeros(1, 3, 4, 64, 64))).abs().sum(dim=(0, 1, 2))
    assert changed[6:, 6:].mean() > 2 * changed[:4, :4].mean()


@torch.inference_mode()
def test_positions_of_the_first_version_are_interpolated():
    model = mvit(1)
    positions = model.pos_encoding
    for value in (positions.spatial_pos, positions.temporal_pos):
        nn.init.constant_(value, 0.5)
    seen = {}
    model.blocks[0].register_forward_pre_hook(lambda _, inputs: seen.update(x=inputs[0]))
    model(torch.zeros(1, 3, 8, 48, 64))
    # Constant positions stay constant at another size, and those of both axes are added.
    expected = model.conv_proj.bias + 1.0
    torch.testing.assert_close(seen["x"][0, 1:], expected.expand(4 * 12 * 16, 12))


@pytest.mark.parametrize("make", [lambda: mvit(1), lambda: mvit(2), swin], ids=["v1", "v2", "swin"])
def test_other_runtimes_give_the_same_maps(make, tmp_path):
    class Tuple(nn.Module):
        def __init__(self):
            super().__init__()
            self.network = make()

        def forward(self, clips):
            return (self.network(clips),)

    clips = [torch.randn(count, 3, 4, 40, 48) for count in (1, 2)]
    check_in_runtimes(Tuple().eval(), clips, tmp_path / "a.onnx")
    # Writing to a slice in place would take gigabytes of indices at full size. Those of Swin's
    # windows are small.
    nodes = onnx.load(tmp_path / "a.onnx").graph.node
    assert make is swin or "ScatterND" not in {node.op_type for node in nodes}


@pytest.mark.parametrize(
    ("make", "network"),
    [
        (lambda **o: MultiscaleTransformer(small_mvit(2), output="map", **o), "mvit"),
        (lambda **o: WindowTransformer(small_swin(), **o), "swin"),
    ],
    ids=["mvit", "swin"],
)
def test_checkpointing_gives_the_same_gradients(make, network):
    clips = torch.randn(1, 3, 4, 32, 32)
    gradients = []
    for with_checkpoint in (False, True):
        model = make(with_checkpoint=with_checkpoint).eval()
        model(clips).square().mean().backward()
        first = model.conv_proj if network == "mvit" else model.patch_embed.proj
        gradients.append(first.weight.grad)
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("vit", {}, "name must be one of r3d_18, .*swin3d_b, got 'vit'"),
        ("mvit_v2_s", {"output": "tokens"}, "output must be one of .* got 'tokens'"),
        ("swin3d_t", {"output": "class_token"}, "swin3d_t has no class token: set output to 'map'"),
        ("r3d_18", {"drop_path": 0.1}, "r3d_18 has neither drop_path nor with_checkpoint"),
    ],
)
def test_options_that_a_network_does_not_have(name, options, said):
    with pytest.raises(ValueError, match=said):
        TorchvisionVideo(name, **options)


@pytest.mark.slow
@torch.inference_mode()
def test_mvit_of_torchvision_gives_the_reference_logits(tmp_path):
    numbers = golden("torchvision_mvit_v2_s_k400")
    torch.save(reference_state(numbers), tmp_path / "mvit.pth")
    model = zoo.load("mvit_v2_s_k400", weights=tmp_path / "mvit.pth")
    clips = torch.randn(1, 3, 16, 224, 224, generator=torch.Generator().manual_seed(0))
    np.testing.assert_allclose(model.score_clips(clips), numbers["logits"], atol=1e-4)
