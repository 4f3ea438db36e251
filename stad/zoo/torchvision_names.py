"""Rename torchvision's checkpoints for stad, and fit weights of images to networks of clips.

Carreira and Zisserman 2017, section 2.4.1, for inflation; Wang et al., "Temporal Segment
Networks", ECCV 2016, section 3.2, for RGB weights under a stack of flow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

Rename = Callable[[str], str | None]
# What R3D, MC3 and R(2+1)D have, S3D, MViT, and Swin3D.
VIDEO_MODELS = (
    {"stem.0.weight"},
    {"features.0.0.0.weight"},
    {"conv_proj.weight", "pos_encoding.class_token"},
    {"patch_embed.proj.weight", "features.0.0.attn.relative_position_bias_table"},
)
SLOW_INPUT = re.compile(r"backbone\.slow_path\.layer\d\.0\.(conv1|downsample)\.conv\.weight")
SLOW_LATERAL = re.compile(r"backbone\.slow_path\.\w+_lateral\.")


def choose_torchvision(
    state: Mapping[str, Tensor], shapes: Mapping[str, tuple[int, ...]], head: str
) -> Rename | None:
    """Return how to rename a checkpoint of torchvision; None for any other checkpoint.

    Args:
        state: names to tensors, as in the file.
        shapes: the model's names and shapes.
        head: 'head' or 'roi_head'.
    """
    if "conv1.weight" in state and "layer1.0.conv1.weight" in state:
        slow = any(name.startswith("backbone.slow_path.") for name in shapes)
        backbone = "backbone.slow_path" if slow else "backbone"
        return lambda name: _rename_resnet(name, backbone)
    if "conv_proj.weight" in state and "encoder.pos_embedding" in state:
        return _rename_vit
    if is_video_model(state):
        return lambda name: _rename_video(name, head)
    return None


def is_video_model(state: Mapping[str, Tensor]) -> bool:
    """Return whether a state dict is of one of torchvision's video networks."""
    return any(names <= state.keys() for names in VIDEO_MODELS)


def _rename_resnet(name: str, backbone: str) -> str:
    if re.match(r"fc\.", name):
        # The classes of images are not those of videos.
        return name
    name = re.sub(r"downsample\.0\.", "downsample.conv.", name)
    name = re.sub(r"downsample\.1\.", "downsample.bn.", name)
    name = re.sub(r"\bconv(\d)\.", r"conv\1.conv.", name)
    name = re.sub(r"\bbn(\d)\.", r"conv\1.bn.", name)
    return f"{backbone}.{name}"


def _rename_vit(name: str) -> str:
    fixed = {
        "class_token": "cls_token",
        "conv_proj.weight": "patch_embed.projection.weight",
        "conv_proj.bias": "patch_embed.projection.bias",
        "encoder.pos_embedding": "pos_embed",
        "encoder.ln.weight": "norm.weight",
        "encoder.ln.bias": "norm.bias",
    }
    if name in fixed:
        return f"backbone.{fixed[name]}"
    match = re.fullmatch(r"encoder\.layers\.encoder_layer_(\d+)\.(\w+)\.(.+)", name)
    if not match:
        return name
    number, module, rest = match.groups()
    if module == "mlp":
        # The first and the fourth module; older files count the linear layers.
        module, rest = re.sub(r"^(0|3|linear_[12])\.", r"mlp.\1/", rest).split("/")
    parts = {
        "ln_1": "attentions.0.norm",
        "self_attention": "attentions.0.attn",
        "ln_2": "ffns.0.norm",
        "mlp.0": "ffns.0.layers.0.0",
        "mlp.linear_1": "ffns.0.layers.0.0",
        "mlp.3": "ffns.0.layers.1",
        "mlp.linear_2": "ffns.0.layers.1",
    }
    return f"backbone.transformer_layers.layers.{number}.{parts.get(module, module)}.{rest}"


def _rename_video(name: str, head: str) -> str:
    if match := re.fullmatch(r"(?:fc|classifier\.1|head|head\.1)\.(weight|bias)", name):
        return f"{head}.fc_cls.{match[1]}"
    return f"backbone.net.{name}"


def fit_for_start(value: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Fit a convolution of images to a network of clips or of optical flow.

    Args:
        value: (O, I, H, W) for clips, (O, 3, H, W) for flow; anything else is returned unchanged.
        shape: (O, I, T, H, W) inflates, so that a still clip gives the response of its frame.
            (O, C, H, W) gives each channel the mean of the three, so that C equal channels give the
            response of grey; a kernel of 3 channels counts as one of RGB.
    """
    if (
        value.ndim == 4
        and len(shape) == 5
        and (*value.shape[:2], *value.shape[2:])
        == (
            *shape[:2],
            *shape[3:],
        )
    ):
        return (value[:, :, None] / shape[2]).expand(shape).clone()
    rgb = value.ndim == len(shape) == 4 and value.shape[1] == 3 != shape[1]
    if rgb and (value.shape[0], *value.shape[2:]) == (shape[0], *shape[2:]):
        return (value.sum(dim=1, keepdim=True) / shape[1]).expand(shape).clone()
    return value


def share_attention(
    mapped: dict[str, Tensor], shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, Tensor]:
    """Start both attentions of a layer from the same weights if the file has only one.

    Bertasius et al. 2021, section 4: time attention starts from the weights of space.
    """
    shared = dict(mapped)
    for name in shapes:
        source = name.replace(".attentions.1.", ".attentions.0.")
        if source != name and name not in mapped and source in mapped:
            shared[name] = mapped[source].clone()
    return shared


def share_streams(
    mapped: dict[str, Tensor], shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, Tensor]:
    """Start a stream of flow from the weights of RGB if the file has none for it."""
    shared = dict(mapped)
    for name, shape in shapes.items():
        source = name.removeprefix("flow_")
        if name.startswith("flow_backbone.") and name not in mapped and source in mapped:
            shared[name] = fit_for_start(mapped[source], shape).clone()
    return shared


def widen_slow_inputs(
    mapped: dict[str, Tensor], shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, Tensor]:
    """Add zero columns for the channels of laterals to weights of a network without laterals.

    The slow pathway then starts as the network that the weights are from.
    """
    if any(SLOW_LATERAL.match(name) for name in mapped):
        return mapped
    widened = dict(mapped)
    for name, value in mapped.items():
        shape = shapes[name]
        if not SLOW_INPUT.fullmatch(name) or value.shape[1] >= shape[1]:
            continue
        own = fit_for_start(value, (shape[0], value.shape[1], *shape[2:]))
        if own.ndim == len(shape):
            zeros = own.new_zeros(shape[0], shape[1] - own.shape[1], *own.shape[2:])
            widened[name] = torch.cat((own, zeros), dim=1)
    return widened
