"""The same network, quicker to run: batch norm folded into convolutions, bfloat16 where chosen."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd
from torch.nn.utils.fusion import fuse_conv_bn_eval

from stad.models.gap_convs import close_gaps

# Parts of a model that look at clips: these are made quicker, heads are left.
BACKBONES = ("backbone", "flow_backbone")
# Of the kernels over frames and over clips.
LAYOUTS = {4: torch.channels_last, 5: torch.channels_last_3d}


def prepare_for_inference(model: nn.Module, dtype: torch.dtype) -> nn.Module:
    """Fold batch norm and set the backbones' precision, in place; the model cannot train after.

    Args:
        model: an ``ActionDetector`` or ``Recognizer`` in eval mode.
        dtype: of the backbone; heads stay in float32.

    Returns:
        The model.
    """
    for name in BACKBONES:
        if hasattr(model, name):
            _prepare(getattr(model, name), dtype)
    return model


def _prepare(backbone: nn.Module, dtype: torch.dtype) -> None:
    # Those of stad have none; a config may bring a backbone from elsewhere.
    close_gaps(backbone)
    for module in backbone.modules():
        conv, norm = getattr(module, "conv", None), getattr(module, "bn", None)
        if isinstance(conv, _ConvNd) and isinstance(norm, _BatchNorm):
            module.conv = fuse_conv_bn_eval(conv, norm)
            module.bn = nn.Identity()
    if dtype != torch.float32:
        backbone.to(dtype=dtype)
        # Measured on CPUs: this layout is the quicker one in bfloat16 and the slower in float32.
        for weight in backbone.parameters():
            if weight.ndim in LAYOUTS:
                weight.data = weight.data.contiguous(memory_format=LAYOUTS[weight.ndim])


def cast_like(backbone: nn.Module, clips: Tensor) -> Tensor:
    """Clips in the type of the backbone's weights; as they are where it has none."""
    weight = next(backbone.parameters(), None)
    return clips if weight is None else clips.to(weight.dtype)
