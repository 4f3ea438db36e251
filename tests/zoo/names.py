"""The names of other projects for stad's names, and state dicts made of them."""

import functools
import re

import torch
from mmengine.config import Config

from stad.registry import MODELS
from stad.zoo import config_dir

BATCH_NORM = {"weight": "s", "bias": "b", "running_mean": "rm", "running_var": "riv"}
LETTERS = {"1": "a", "2": "b", "3": "c"}


@functools.cache
def shapes_of(config):
    """Name -> shape of the model of a config; nothing is allocated."""
    with torch.device("meta"):
        model = MODELS.build(Config.fromfile(config_dir() / config).model)
    return {name: value.shape for name, value in model.state_dict().items()}


def numbered(shapes, rename=lambda name: name, *, drop_counters=False):
    """A state dict whose k-th tensor is full of k, under the names that ``rename`` gives."""
    state = {}
    for number, (name, shape) in enumerate(shapes.items()):
        if not (drop_counters and name.endswith("num_batches_tracked")):
            state[rename(name)] = torch.tensor(float(number)).expand(shape)
    return state


def parts(name):
    """(pathway, stage, block, module, leaf) of a name in a backbone; stage 0 is the stem."""
    match = re.fullmatch(
        r"backbone\.(?:(slow|fast)_path\.)?(?:layer(\d)\.(\d+)\.)?([\w.]+)\.(\w+)", name
    )
    pathway = 1 if match[1] == "fast" else 0
    return pathway, int(match[2] or 0), match[3], match[4], match[5]


def pyslowfast(name):
    """'backbone.layer1.0.conv2.bn.weight' -> 's2.pathway0_res0.branch2.b_bn.weight'."""
    if ".fc_cls." in name:
        return "head.projection." + name.rpartition(".")[2]
    pathway, stage, block, module, leaf = parts(name)
    if "_lateral" in module:
        before = 1 if module.startswith("conv1") else int(module[5]) + 1
        layer = "conv_f2s" if module.endswith(".conv") else "bn"
        return f"s{before}_fuse.{layer}.{leaf}"
    if stage == 0:
        return f"s1.pathway{pathway}_stem.{module.partition('.')[2]}.{leaf}"
    unit, layer = module.split(".")
    unit = "branch1" if unit == "downsample" else f"branch2.{LETTERS[unit[-1]]}"
    suffix = "_bn" if layer == "bn" else ""
    return f"s{stage + 1}.pathway{pathway}_res{block}.{unit}{suffix}.{leaf}"


def caffe2(name):
    """'backbone.layer1.0.conv2.bn.weight' -> 'res2_0_branch2b_bn_s'."""
    name = pyslowfast(name)
    leaf = name.rpartition(".")[2]
    if name.startswith("head."):
        return f"pred_{leaf[0]}"
    end = f"bn_{BATCH_NORM[leaf]}" if re.search(r"bn\.\w+$", name) else leaf[0]
    if match := re.match(r"s(\d)_fuse", name):
        # Of the last block of the stage: 3, 4 and 6 blocks at depth 50.
        last = {"2": 2, "3": 3, "4": 5}.get(match[1])
        of = "pool1" if match[1] == "1" else f"res{match[1]}_{last}_branch2c_bn"
        return f"t_{of}_subsample_{end}"
    pathway = "t_" if "pathway1" in name else ""
    if "_stem" in name:
        # The first convolution has no 'res' before it, its batch norm has.
        return pathway + (f"res_conv1_{end}" if end.startswith("bn") else f"conv1_{end}")
    stage, block, branch = re.match(r"s(\d)\.pathway\d_res(\d+)\.branch(1|2\.[abc])", name).groups()
    return f"{pathway}res{stage}_{block}_branch{branch.replace('.', '')}_{end}"


def pytorchvideo(name, *, two_paths=True, detection=True):
    """'backbone.conv1.bn.weight' -> 'model.blocks.0.norm.weight'."""
    prefix = "model." if detection else ""
    if ".fc_cls." in name:
        leaf = name.rpartition(".")[2]
        return f"detection_head.proj.{leaf}" if detection else f"blocks.6.proj.{leaf}"
    pathway, stage, block, module, leaf = parts(name)
    unit, layer = module.split(".")
    layer = {"conv": "conv", "bn": "norm"}[layer]
    if "_lateral" in unit:
        stage = 0 if unit.startswith("conv1") else int(unit[5])
        layer = {"conv": "conv_fast_to_slow", "norm": "norm"}[layer]
        return f"{prefix}blocks.{stage}.multipathway_fusion.{layer}.{leaf}"
    prefix += f"blocks.{stage}." + (f"multipathway_blocks.{pathway}." if two_paths else "")
    if stage == 0:
        return f"{prefix}{layer}.{leaf}"
    prefix += f"res_blocks.{block}."
    if unit == "downsample":
        return f"{prefix}branch1_{layer}.{leaf}"
    return f"{prefix}branch2.{layer}_{LETTERS[unit[-1]]}.{leaf}"


def mmaction2(name):
    """'roi_head.fc_cls.bias' -> 'roi_head.bbox_head.fc_cls.bias'; the rest is named alike."""
    name = re.sub(r"^head\.", "cls_head.", name)
    return name.replace("roi_head.fc_cls", "roi_head.bbox_head.fc_cls")
