"""Computes networks in float32 and bfloat16 and says what it begins: NAME... of configs.

Each line on stdout that begins with 'RECORD ' is JSON. A process of its own, since it may die.
"""

from __future__ import annotations

import json
import sys

import torch
from torch import nn

from stad.models.backbones.laterals import make_lateral
from stad.models.fast_inference import prepare_for_inference
from stad.registry import MODELS
from tests.models.configs import read_config

# Channels of the fast map in front of each stage of a SlowFast R50 on 256 x 344, and its size.
FAST_MAPS = ((8, (64, 86)), (32, (64, 86)), (64, (32, 43)), (128, (16, 22)))
# Kernels and strides of lateral convolutions: those of the configs, and one beyond them.
LATERALS = ((5, 8), (7, 4), (5, 4), (3, 8))
REAL_SIZE = "slowfast_ava"
# What is computed in bfloat16 even where oneDNN does not do it.
LIGHT = ("lateral", "fastonly_motion", "slowfast_motion", "slowonly_motion", "tsm_motion")
PRECISIONS = (torch.float32, torch.bfloat16)


class Alone(nn.Module):
    """A backbone as a model of which nothing else is there."""

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone

    @property
    def backbones(self) -> dict[str, nn.Module]:
        """The backbone by its name, as in a model of stad."""
        return {"backbone": self.backbone}

    def logits(self, clips: torch.Tensor) -> torch.Tensor:
        """What the backbone gives."""
        return self.backbone(clips.to(next(self.backbone.parameters()).dtype))


def say(**record) -> None:
    print("RECORD " + json.dumps(record), flush=True)


def compare(name: str, model: nn.Module, score, clips: torch.Tensor) -> None:
    """Score in both precisions; say how much maps and logits differ, as a part of their norm."""
    maps, outputs = [], []
    hook = model.backbone.register_forward_hook(lambda module, given, out: maps.append(out))
    for dtype in PRECISIONS if has_onednn_bfloat16() or name.startswith(LIGHT) else PRECISIONS[:1]:
        say(begin=name, precision=str(dtype).removeprefix("torch."), shape=list(clips.shape))
        prepare_for_inference(model, dtype)
        outputs.append(score(clips).double())
    hook.remove()
    if len(outputs) == 1:
        say(end=name, differences=None, is_finite=bool(outputs[0].isfinite().all()))
        return
    pairs = [
        outputs,
        *zip(*(one if isinstance(one, tuple) else (one,) for one in maps), strict=True),
    ]
    say(end=name, differences=[relative_difference(*pair) for pair in pairs])


def relative_difference(one: torch.Tensor, other: torch.Tensor) -> float:
    """Norm of the difference over the norm of the first; not a number where one is not finite."""
    return ((other.double() - one.double()).norm() / one.double().norm()).item()


def has_onednn_bfloat16() -> bool:
    """Whether oneDNN computes in bfloat16 here; torch by itself takes minutes for a network."""
    return torch.ops.mkldnn._is_mkldnn_bf16_supported()


def size_of_clip(name: str, window_frames: int) -> tuple[int, int, int]:
    """Frames, height and width: small, but what the network takes; one of them as in real use."""
    if name == REAL_SIZE and has_onednn_bfloat16():
        return window_frames, 256, 344
    if name.startswith("c3d"):
        return 16, 112, 112
    if name.startswith("s3d"):
        return 16, 224, 224
    if name.startswith("i3d"):
        return 16, 64, 80
    if name.startswith(("tsn", "cnn_lstm")):
        return min(window_frames, 3), 64, 80
    return window_frames, 64, 80


def compare_config(name: str, seen: set[str]) -> None:
    """Compare the network of a config, unless it was seen or another library computes it."""
    config = read_config(name)
    model = MODELS.build(config.model).eval()
    if repr(model.backbone) in seen or next(model.backbone.parameters(), None) is None:
        return
    seen.add(repr(model.backbone))
    frames, height, width = size_of_clip(name, config.val_dataloader.dataset.window.num_frames)
    clips = torch.randn(1, model.data_preprocessor.num_channels, frames, height, width)
    if hasattr(model, "score_clips"):
        compare(name, model, model.score_clips, clips)
        return
    box = torch.tensor([[5.0, 5.0, 45.0, 60.0]])
    compare(name, model, lambda one: model.score_actors(one, [box])[0], clips)


@torch.inference_mode()
def main(names: list[str]) -> None:
    torch.manual_seed(0)
    for channels, real_size in FAST_MAPS:
        size = real_size if has_onednn_bfloat16() else FAST_MAPS[-1][1]
        for kernel, alpha in LATERALS:
            lateral = make_lateral(
                "time_strided_conv", channels, alpha=alpha, sampling="", kernel=kernel, norm=False
            )
            alone = Alone(lateral)
            clips = torch.randn(1, channels, 32, *size)
            compare(f"lateral of {channels}, {kernel} by {alpha}", alone, alone.logits, clips)
    seen: set[str] = set()
    for name in names:
        compare_config(name, seen)


if __name__ == "__main__":
    main(sys.argv[1:])
