"""Names of X3D in PyTorchVideo, PySlowFast and mmaction2, and of PyTorchVideo's CSN."""

import re

import pytest

from stad.zoo.mapping import map_available, map_keys
from tests.golden import golden
from tests.zoo.names import numbered, shapes_of

LETTERS = {"1": "a", "2": "b", "3": "c"}
STEM = {
    "backbone.conv1_s.conv.": ("blocks.0.conv.conv_t.", "s1.pathway0_stem.conv_xy."),
    "backbone.conv1_t.conv.": ("blocks.0.conv.conv_xy.", "s1.pathway0_stem.conv."),
    "backbone.conv1_t.bn.": ("blocks.0.norm.", "s1.pathway0_stem.bn."),
    "backbone.conv5.conv.": ("blocks.5.pool.pre_conv.", "head.conv_5."),
    "backbone.conv5.bn.": ("blocks.5.pool.pre_norm.", "head.conv_5_bn."),
    "head.fc_hidden.": ("blocks.5.pool.post_conv.", "head.lin_5."),
    "head.fc_cls.": ("blocks.5.proj.", "head.projection."),
}


def pyslowfast(name):
    """'backbone.layer1.0.conv2.bn.weight' -> 's2.pathway0_res0.branch2.b_bn.weight'."""
    for start, (_, other) in STEM.items():
        if name.startswith(start):
            return other + name.removeprefix(start)
    stage, block, module, leaf = re.fullmatch(
        r"backbone\.layer(\d)\.(\d+)\.(.+)\.(\w+)", name
    ).groups()
    prefix = f"s{int(stage) + 1}.pathway0_res{block}."
    if module.startswith("se_module."):
        return f"{prefix}branch2.se.{module.removeprefix('se_module.')}.{leaf}"
    unit, layer = module.split(".")
    unit = "branch1" if unit == "downsample" else f"branch2.{LETTERS[unit[-1]]}"
    return f"{prefix}{unit}{'_bn' if layer == 'bn' else ''}.{leaf}"


def pytorchvideo(name):
    """'backbone.layer1.0.conv2.bn.weight' -> 'blocks.1.res_blocks.0.branch2.norm_b.0.weight'."""
    for start, (other, _) in STEM.items():
        if name.startswith(start):
            return other + name.removeprefix(start)
    stage, block, module, leaf = re.fullmatch(
        r"backbone\.layer(\d)\.(\d+)\.(.+)\.(\w+)", name
    ).groups()
    prefix = f"blocks.{stage}.res_blocks.{block}."
    if module.startswith("se_module."):
        return f"{prefix}branch2.norm_b.1.block.{'0' if module.endswith('1') else '2'}.{leaf}"
    unit, layer = module.split(".")
    layer = {"conv": "conv", "bn": "norm"}[layer]
    if unit == "downsample":
        return f"{prefix}branch1_{layer}.{leaf}"
    module = f"{layer}_{LETTERS[unit[-1]]}" + (".0" if (layer, unit) == ("norm", "conv2") else "")
    return f"{prefix}branch2.{module}.{leaf}"


def mmaction2(name):
    name = name.replace("head.fc_hidden.", "cls_head.fc1.")
    return name.replace("head.fc_cls.", "cls_head.fc2.")


def values(state):
    return {name: value.flatten()[0].item() for name, value in state.items()}


@pytest.mark.parametrize(
    ("config", "rename", "file"),
    [
        ("x3d_s_kinetics.py", pytorchvideo, "pytorchvideo_x3d_s"),
        ("x3d_m_pyslowfast_kinetics.py", pyslowfast, None),
        ("x3d_m_pyslowfast_kinetics.py", mmaction2, "mmaction2_x3d_m"),
    ],
)
def test_every_tensor_of_x3d_arrives(config, rename, file):
    shapes = shapes_of(config)
    state = numbered(shapes, rename)
    assert values(map_keys(state, shapes)) == values(numbered(shapes))
    if file is not None:
        # The names that this test makes are the owner's.
        assert set(state) == set(golden(file)["keys"].tolist())


# Out of slowfast/models/stem_helper.py, resnet_helper.py, operators.py and head_helper.py.
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("backbone.conv1_s.conv.weight", "s1.pathway0_stem.conv_xy.weight"),
        ("backbone.layer1.0.se_module.fc1.bias", "s2.pathway0_res0.branch2.se.fc1.bias"),
        ("backbone.layer4.6.conv2.bn.running_var", "s5.pathway0_res6.branch2.b_bn.running_var"),
        ("backbone.layer1.0.downsample.bn.weight", "s2.pathway0_res0.branch1_bn.weight"),
        ("head.fc_hidden.weight", "head.lin_5.weight"),
    ],
)
def test_names_as_pyslowfast_has_them(ours, theirs):
    assert pyslowfast(ours) == theirs


def test_the_hidden_layer_is_stored_as_a_convolution():
    shapes = shapes_of("x3d_s_kinetics.py")
    state = numbered(shapes, pytorchvideo)
    name = "blocks.5.pool.post_conv.weight"
    state[name] = state[name][..., None, None, None]
    assert map_keys(state, shapes)["head.fc_hidden.weight"].shape == (2048, 432)


def test_x3d_starts_a_detector():
    shapes = shapes_of("x3d_m_ava.py")
    state = numbered(shapes_of("x3d_m_kinetics.py"), pytorchvideo)
    found, left_over = map_available(state, shapes)
    assert found.keys() == {name for name in shapes if name.startswith("backbone.")}
    # The classifier has its place, but other classes.
    assert set(left_over) == {
        "blocks.5.pool.post_conv.weight",
        "roi_head.fc_cls.weight",
        "roi_head.fc_cls.bias",
    }


def csn(name):
    """'backbone.layer1.0.conv2.0.bn.weight' -> 'blocks.1.res_blocks.0.branch2.norm_b.weight'."""
    if name.startswith("head."):
        return name.replace("head.fc_cls.", "blocks.5.proj.")
    name = name.removeprefix("backbone.").replace(".conv2.0.", ".conv2.")
    name = re.sub(r"^conv1\.conv\.", "blocks.0.conv.", name)
    name = re.sub(r"^conv1\.bn\.", "blocks.0.norm.", name)
    name = re.sub(r"^layer(\d)\.(\d+)\.", r"blocks.\1.res_blocks.\2.", name)
    for number, letter in LETTERS.items():
        name = name.replace(f".conv{number}.conv.", f".branch2.conv_{letter}.")
        name = name.replace(f".conv{number}.bn.", f".branch2.norm_{letter}.")
    name = name.replace(".downsample.conv.", ".branch1_conv.")
    return name.replace(".downsample.bn.", ".branch1_norm.")


def test_every_tensor_of_csn_arrives():
    shapes = shapes_of("ircsn_r101_pytorchvideo_kinetics.py")
    state = numbered(shapes, csn)
    assert set(state) == set(golden("pytorchvideo_csn_r101")["keys"].tolist())
    assert values(map_keys(state, shapes)) == values(numbered(shapes))


def test_csn_starts_a_detector():
    shapes = shapes_of("ircsn_r50_ava.py")
    source = {
        name.replace("head.", "cls_head."): value
        for name, value in numbered(shapes_of("ircsn_r50_kinetics.py")).items()
    }
    found, left_over = map_available(source, shapes)
    assert found.keys() == {name for name in shapes if name.startswith("backbone.")}
    assert sorted(left_over) == ["cls_head.fc_cls.bias", "cls_head.fc_cls.weight"]
