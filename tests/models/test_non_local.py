"""Non-local blocks: what they compute, and where ResNet3d has them."""

import pytest
import torch
import torch.nn.functional as F

from stad.models.backbones.non_local import NonLocal
from stad.models.backbones.resnet3d import ResNet3d
from stad.models.backbones.slowfast import SlowFast


def block_of(**options):
    torch.manual_seed(0)
    block = NonLocal(8, **options).eval()
    for value in block.parameters():
        torch.nn.init.normal_(value, std=0.5)
    return block


@pytest.mark.parametrize("pool", [None, (2, 2, 2)])
@pytest.mark.parametrize("mode", ["embedded_gaussian", "scaled_embedded_gaussian", "dot_product"])
@torch.inference_mode()
def test_places_are_compared_as_the_paper_says(mode, pool):
    block = block_of(mode=mode, pool=pool)
    x = torch.randn(2, 8, 4, 5, 7)
    state = block.state_dict()

    def project(name, maps):
        name = f"{name}.0" if pool is None and name != "theta" else name
        return F.conv3d(maps, state[f"{name}.conv.weight"], state[f"{name}.conv.bias"])

    if pool is None:
        phi, g = (F.max_pool3d(project(one, x), (1, 2, 2)) for one in ("phi", "g"))
    else:
        phi, g = (project(one, F.max_pool3d(x, pool)) for one in ("phi", "g"))
    similar = torch.einsum("nctp,ncsq->ntpsq", project("theta", x).flatten(3), phi.flatten(3))
    weights = similar.flatten(3)
    if mode == "dot_product":
        weights = weights / weights.shape[3]
    else:
        weights = (weights / (2.0 if mode.startswith("scaled") else 1.0)).softmax(dim=3)
    seen = torch.einsum("ntpk,nck->nctp", weights, g.flatten(2)).reshape(2, 4, 4, 5, 7)
    seen = F.conv3d(seen, state["conv_out.conv.weight"])
    scale, shift = (state[f"conv_out.bn.{one}"].reshape(8, 1, 1, 1) for one in ("weight", "bias"))
    expected = x + seen / (1 + 1e-5) ** 0.5 * scale + shift
    torch.testing.assert_close(block(x), expected, atol=1e-4, rtol=1e-4)


def test_modes_and_pools_that_cannot_be():
    with pytest.raises(ValueError, match=r"non_local_mode must be one of .* got 'sum'"):
        NonLocal(8, mode="sum")
    with pytest.raises(ValueError, match="'gaussian' has no non_local_pool"):
        NonLocal(8, mode="gaussian", pool=(2, 2, 2))


PLACES = {"non_local_blocks": ((), (), (0, 2), ()), "temporal_blocks": (None, None, 1, None)}


def test_only_the_first_blocks_of_a_stage_see_neighbouring_frames():
    model = ResNet3d(base_channels=4, **PLACES)
    sizes = [block.conv1.conv.kernel_size[0] for block in model.layer3]
    assert sizes == [3, 1, 1, 1, 1, 1]
    assert [block.conv1.conv.kernel_size[0] for block in model.layer4] == [3, 3, 3]
    assert [block.non_local_block is not None for block in model.layer3] == [
        *(True, False, True),
        *(False, False, False),
    ]


def test_the_slow_pathway_alone_has_non_local_blocks():
    with torch.device("meta"):
        model = SlowFast(base_channels=8, **PLACES)
    names = [name for name, one in model.named_modules() if isinstance(one, NonLocal)]
    assert names == [f"slow_path.layer3.{i}.non_local_block" for i in (0, 2)]
    assert model.fast_path.layer3[1].conv1.conv.kernel_size[0] == 1


def test_checkpointing_gives_the_same_gradients():
    clips = torch.randn(1, 3, 2, 32, 32)
    gradients = []
    for with_checkpoint in (False, True):
        torch.manual_seed(0)
        model = ResNet3d(
            depth=18, base_channels=4, with_checkpoint=with_checkpoint, norm_eval=True, **PLACES
        ).train()
        model(clips)[0].square().mean().backward()
        gradients.append(model.conv1.conv.weight.grad)
    torch.testing.assert_close(*gradients)
