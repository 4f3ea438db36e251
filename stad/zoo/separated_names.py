"""Rename the tensors of X3D and of channel-separated networks (CSN) for stad.

facebookresearch/pytorchvideo, models/x3d.py and csn.py; facebookresearch/SlowFast,
models/stem_helper.py, resnet_helper.py and head_helper.py; open-mmlab/mmaction2.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from torch import Tensor

Rename = Callable[[str], str | None]

# X3D in PyTorchVideo, in PySlowFast, and mmaction2's classifier -> stad. PyTorchVideo's stem calls
# the convolution in space 'conv_t', the one in time 'conv_xy'.
X3D_PARTS = {
    "blocks.0.conv.conv_t.": "backbone.conv1_s.conv.",
    "blocks.0.conv.conv_xy.": "backbone.conv1_t.conv.",
    "blocks.0.norm.": "backbone.conv1_t.bn.",
    "blocks.5.pool.pre_conv.": "backbone.conv5.conv.",
    "blocks.5.pool.pre_norm.": "backbone.conv5.bn.",
    "blocks.5.pool.post_conv.": "{head}.fc_hidden.",
    "s1.pathway0_stem.conv_xy.": "backbone.conv1_s.conv.",
    "s1.pathway0_stem.conv.": "backbone.conv1_t.conv.",
    "s1.pathway0_stem.bn.": "backbone.conv1_t.bn.",
    "head.conv_5.": "backbone.conv5.conv.",
    "head.conv_5_bn.": "backbone.conv5.bn.",
    "head.lin_5.": "{head}.fc_hidden.",
    "cls_head.fc1.": "{head}.fc_hidden.",
    "cls_head.fc2.": "{head}.fc_cls.",
}
X3D_START = re.compile("|".join(sorted(map(re.escape, X3D_PARTS), key=len, reverse=True)))
# One of each project: its network has no other tensor of this name.
X3D_SIGNS = {"blocks.5.pool.pre_conv.weight", "head.conv_5.weight", "cls_head.fc2.weight"}
# Squeeze and excitation in PyTorchVideo, its two layers are 0 and 2, and in PySlowFast.
SQUEEZE = re.compile(
    r"blocks\.(\d)\.res_blocks\.(\d+)\.branch2\.norm_b\.1\.block\.([02])\.(\w+)"
    r"|s(\d)\.pathway0_res(\d+)\.branch2\.se\.fc([12])\.(\w+)"
)
CSN_CONV = re.compile(r"blocks\.\d\.res_blocks\.\d+\.branch2\.conv_b\.weight")


def is_x3d(state: Mapping[str, Tensor]) -> bool:
    """Return whether these are the names of X3D in one of three projects."""
    return bool(X3D_SIGNS & {name.removeprefix("model.") for name in state})


def is_csn(state: Mapping[str, Tensor]) -> bool:
    """Return whether this is PyTorchVideo's CSN: its 3x3x3 convolutions see one channel each."""
    if is_x3d(state):
        return False
    return any(
        value.ndim == 5 and value.shape[1] == 1
        for name, value in state.items()
        if CSN_CONV.fullmatch(name.removeprefix("model."))
    )


def rename_x3d(rename: Rename, head: str) -> Rename:
    """Return how to rename X3D.

    Args:
        rename: how the project's other residual networks are renamed.
        head: 'head' or 'roi_head'.
    """

    def rename_part(name: str) -> str | None:
        short = name.removeprefix("model.")
        if match := X3D_START.match(short):
            return X3D_PARTS[match[0]].format(head=head) + short[match.end() :]
        if match := SQUEEZE.fullmatch(short):
            stage, block, layer, leaf = (one for one in match.groups() if one is not None)
            pyslowfast = short.startswith("s")
            number = int(layer) if pyslowfast else int(layer) // 2 + 1
            return f"backbone.layer{int(stage) - pyslowfast}.{block}.se_module.fc{number}.{leaf}"
        return rename(short.replace(".norm_b.0.", ".norm_b."))

    return rename_part


def rename_csn(rename: Rename) -> Rename:
    """Return how to rename PyTorchVideo's CSN, whose blocks reduce the interaction of channels.

    Args:
        rename: how PyTorchVideo's other residual networks are renamed.
    """

    def rename_part(name: str) -> str | None:
        found = rename(name)
        return found and re.sub(r"^(backbone\.layer\d\.\d+\.conv2)\.", r"\1.0.", found)

    return rename_part
