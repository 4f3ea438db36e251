"""I3D: TensorFlow's SAME padding by hand, sizes, the rule of the published checkpoint."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from stad.models.backbones.i3d import I3D, SameMaxPool3d, Unit3d, same_padding
from stad.zoo.deepmind_i3d import convert_deepmind_i3d
from tests.models.configs import build_model


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "pads"),
    [
        (224, 7, 2, (2, 3)),  # 112 outputs reach over 2 * 111 + 7 = 229
        (225, 7, 2, (3, 3)),
        (112, 3, 2, (0, 1)),
        (7, 3, 2, (1, 1)),
        (14, 2, 2, (0, 0)),
        (7, 2, 2, (0, 1)),
        (28, 3, 1, (1, 1)),
        (56, 1, 1, (0, 0)),
        (1, 7, 2, (3, 3)),
    ],
)
def test_same_padding(size, kernel, stride, pads):
    assert same_padding(size, kernel, stride) == pads


def test_strided_convolution_pads_more_behind():
    unit = Unit3d(1, 1, 3, stride=2).eval()
    nn.init.ones_(unit.conv.weight)
    nn.init.constant_(unit.bn.running_var, 1 - unit.bn.eps)
    # Sums of three along the width, of zeros around it: pads are (0, 1).
    row = torch.tensor([1.0, 2.0, 3.0, 4.0])
    out = unit(row.reshape(1, 1, 1, 1, 4))
    torch.testing.assert_close(out.flatten(), torch.tensor([6.0, 7.0]))


def test_pooling_ignores_its_padding():
    pool = SameMaxPool3d((1, 1, 3), (1, 1, 2))
    out = pool(torch.tensor([-5.0, -6.0, -7.0, -8.0]).reshape(1, 1, 1, 1, 4))
    assert out.flatten().tolist() == [-5.0, -7.0]


@pytest.mark.parametrize(
    ("size", "shape"),
    [((16, 224, 224), (2, 7, 7)), ((8, 64, 96), (1, 2, 3)), ((9, 65, 97), (2, 3, 4))],
)
def test_strides_are_eight_in_time_and_thirty_two_in_space(size, shape):
    with torch.inference_mode():
        (out,) = I3D().eval()(torch.zeros(1, 3, *size))
    assert out.shape == (1, 1024, *shape)


def published_tree(model):
    """A checkpoint in the published layout, with random numbers, for the shapes of ``model``."""
    numbers = np.random.default_rng(0)
    tree = {"params": {}, "batch_stats": {}}

    def put(group, path, value):
        node = tree[group]
        for part in path[:-1]:
            node = node.setdefault(part, {})
        node[path[-1]] = value

    for name, module in model.backbone.named_modules():
        if not isinstance(module, Unit3d):
            continue
        out_channels, in_channels, *kernel = module.conv.weight.shape
        head, _, rest = name.partition(".")
        path = [head, *([rest.replace(".", "/")] if rest else [])]
        kernel = numbers.normal(size=(*kernel, in_channels, out_channels)) * 0.05
        put("params", [*path, "Conv_0", "kernel"], kernel.astype(np.float32))
        for group, leaf, shape in (
            ("params", "bias", (out_channels,)),
            ("batch_stats", "mean", (1, 1, 1, 1, out_channels)),
            ("batch_stats", "var", (1, 1, 1, 1, out_channels)),
        ):
            value = numbers.uniform(0.5, 1.0, size=shape).astype(np.float32)
            put(group, [*path, "BatchNorm_0", leaf], value)
    logits = {
        "kernel": (numbers.normal(size=(1, 1, 1, 1024, 400)) * 0.03).astype(np.float32),
        "bias": numbers.normal(size=400).astype(np.float32),
    }
    tree["params"]["Logits/Conv3d_0c_1x1"] = {"Conv_0": logits}
    return tree


@pytest.fixture(scope="module")
def recognizer():
    return build_model("i3d_kinetics")


@pytest.fixture(scope="module")
def tree(recognizer):
    return published_tree(recognizer)


def test_the_converted_checkpoint_fills_the_model(recognizer, tree):
    state = convert_deepmind_i3d(tree)
    recognizer.load_state_dict(state)  # strict: nothing missing, nothing left over
    kernel = tree["params"]["Mixed_3b"]["Branch_1/Conv3d_0b_3x3"]["Conv_0"]["kernel"]
    weight = state["backbone.Mixed_3b.Branch_1.Conv3d_0b_3x3.conv.weight"]
    assert weight.shape == (128, 96, 3, 3, 3)
    assert weight[5, 7, 0, 1, 2] == kernel[0, 1, 2, 7, 5]
    logits = tree["params"]["Logits/Conv3d_0c_1x1"]["Conv_0"]["kernel"]
    assert state["head.fc_cls.weight"][3, 9] == logits[0, 0, 0, 9, 3]
    mean = tree["batch_stats"]["Conv3d_1a_7x7"]["BatchNorm_0"]["mean"]
    assert state["backbone.Conv3d_1a_7x7.bn.running_mean"].tolist() == mean.ravel().tolist()
    assert state["backbone.Conv3d_1a_7x7.bn.weight"].unique().tolist() == [1.0]


def test_logits_are_the_mean_of_a_convolution_after_the_sliding_pool(recognizer, tree):
    recognizer.load_state_dict(convert_deepmind_i3d(tree))
    clips = torch.rand(1, 3, 24, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.inference_mode():
        logits = recognizer.score_clips(clips)
        (map_,) = recognizer.backbone(clips)
    leaf = tree["params"]["Logits/Conv3d_0c_1x1"]["Conv_0"]
    weight = torch.from_numpy(leaf["kernel"]).permute(4, 3, 0, 1, 2)
    places = F.conv3d(F.avg_pool3d(map_, (2, 2, 2), 1), weight, torch.from_numpy(leaf["bias"]))
    assert places.shape == (1, 400, 2, 1, 1)
    torch.testing.assert_close(logits, places.mean(dim=(2, 3, 4)), atol=1e-4, rtol=1e-5)


def test_a_box_around_everything_scores_as_the_clip_does(recognizer, tree):
    recognizer.load_state_dict(convert_deepmind_i3d(tree))
    detector = build_model("i3d_roi_kinetics")
    detector.load_state_dict(convert_deepmind_i3d(tree, head="roi_head"))
    clips = torch.rand(1, 3, 16, 224, 224, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.inference_mode():
        whole = recognizer.score_clips(clips)
        (actors,) = detector.score_actors(clips, [torch.tensor([[0.0, 0.0, 224.0, 224.0]])])
    torch.testing.assert_close(actors, whole, atol=1e-4, rtol=1e-5)
    torch.testing.assert_close(detector.probabilities(actors).sum(dim=-1), torch.ones(1))


def test_an_unknown_leaf_is_refused(tree):
    odd = {"params": {"Conv3d_1a_7x7": {"BatchNorm_0": {"scale": np.ones(64)}}}, "batch_stats": {}}
    with pytest.raises(ValueError, match="Conv3d_1a_7x7 BatchNorm_0 scale"):
        convert_deepmind_i3d(odd)


@torch.no_grad()
def test_outputs_are_those_of_the_whole_network_and_the_rest_is_left_out():
    torch.manual_seed(0)
    whole = I3D(outputs=("Mixed_4f", "Mixed_5c")).eval()
    early, late = I3D(outputs=("Mixed_4f",)).eval(), I3D().eval()
    state = whole.state_dict()
    early.load_state_dict({key: state[key] for key in early.state_dict()})
    late.load_state_dict(state)
    clips = torch.rand(1, 3, 8, 64, 64) * 2 - 1

    middle, last = whole(clips)

    assert middle.shape == (1, 832, 2, 4, 4)
    torch.testing.assert_close(early(clips), (middle,))
    torch.testing.assert_close(late(clips), (last,))
    assert not hasattr(early, "Mixed_5b")


def test_an_output_must_be_a_module_of_the_network():
    with pytest.raises(ValueError, match="Mixed_9z"):
        I3D(outputs=("Mixed_9z",))
