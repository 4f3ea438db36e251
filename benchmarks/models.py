"""Measure how many clips per second networks score, next to similar ones of torchvision."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median

import torch
import torchvision.models as image_models
import torchvision.models.video as video_models
from mmengine.config import Config
from torch import Tensor, nn

from benchmarks.model_cost import count_network
from stad import zoo
from stad.errors import InputError
from stad.models.backbones.frame_resnet import FrameResNet
from stad.models.online import OnlineRecognizer, online_unsupported_reason
from stad.models.recognizer import Recognizer
from stad.registry import MODELS
from stad.utils.markdown import markdown_table

COLUMNS = (
    "model",
    "input",
    "GFLOPs",
    "clips a second",
    "torchvision's",
    "its GFLOPs",
    "its clips a second",
    "ratio",
)


@dataclass(frozen=True)
class Peer:
    """A network of torchvision to compare with.

    Attributes:
        title: its name in torchvision.
        build: builds it, with random weights.
        per_frame: whether it takes the frames of a clip as single images.
    """

    title: str
    build: Callable[[], nn.Module]
    per_frame: bool = False

    def inputs(self, clips: Tensor) -> Tensor:
        """Return clips (N, 3, T, H, W) as they are, or as images (N * T, 3, H, W)."""
        return clips.transpose(1, 2).flatten(0, 1).contiguous() if self.per_frame else clips


_RESNET50 = Peer("resnet50, each frame", image_models.resnet50, per_frame=True)
_VIT = Peer("vit_b_16, each frame", image_models.vit_b_16, per_frame=True)
_R3D = Peer("r3d_18", video_models.r3d_18)
_S3D = Peer("s3d", video_models.s3d)
_R2PLUS1D = Peer("r2plus1d_18", video_models.r2plus1d_18)
_SWIN = Peer("swin3d_t", video_models.swin3d_t)
_MVIT = Peer("mvit_v2_s", video_models.mvit_v2_s)

# Configs of stad, and the most similar network of torchvision, at the same input.
PEERS: dict[str, Peer | None] = {
    "tsn_kinetics": _RESNET50,
    "tsn_1x1x8_kinetics": _RESNET50,
    "tsm_kinetics": _RESNET50,
    "tsm_1x1x16_kinetics": _RESNET50,
    "tsm_online_kinetics": _RESNET50,
    "tsm_nl_kinetics": _RESNET50,
    "tsm_nl_dot_product_kinetics": _RESNET50,
    "cnn_lstm_kinetics": _RESNET50,
    "two_stream_kinetics": None,
    "timesformer_kinetics": _VIT,
    "timesformer_authors_kinetics": _VIT,
    "timesformer_joint_kinetics": _VIT,
    "timesformer_spaceonly_kinetics": _VIT,
    "videomae_kinetics": _VIT,
    "videomae_large_kinetics": _VIT,
    "videomae_small_kinetics": _VIT,
    "slowfast_kinetics": _SWIN,
    "slowfast_8x8_kinetics": _SWIN,
    "slowonly_kinetics": _RESNET50,
    "fastonly_kinetics": None,
    "c3d_kinetics": _R3D,
    "i3d_kinetics": _S3D,
    "r3d_kinetics": _R3D,
    "mc3_kinetics": Peer("mc3_18", video_models.mc3_18),
    "r2plus1d_kinetics": _R2PLUS1D,
    "s3d_kinetics": _S3D,
    "x3d_xs_kinetics": _S3D,
    "x3d_s_kinetics": _S3D,
    "x3d_m_kinetics": _S3D,
    "x3d_l_kinetics": _S3D,
    "ircsn_r50_kinetics": _R2PLUS1D,
    "ircsn_r101_pytorchvideo_kinetics": _R2PLUS1D,
    "ircsn_r152_kinetics": _R2PLUS1D,
    "ipcsn_r152_kinetics": _R2PLUS1D,
    "mvit_v1_b_kinetics": Peer("mvit_v1_b", video_models.mvit_v1_b),
    "mvit_v2_s_kinetics": _MVIT,
    "swin3d_t_kinetics": _SWIN,
    "swin3d_s_kinetics": Peer("swin3d_s", video_models.swin3d_s),
    "swin3d_b_kinetics": Peer("swin3d_b", video_models.swin3d_b),
    "hiera_b_kinetics": _MVIT,
    "hiera_bplus_kinetics": _MVIT,
    "hiera_l_kinetics": _MVIT,
    "hiera_h_kinetics": _MVIT,
}


@dataclass(frozen=True)
class Speed:
    """The speed of one network and its peer, measured in turns.

    Attributes:
        title: name of the config.
        num_frames, size_px: the input of the config in tests.
        gflops: billions of multiply-adds per clip.
        clip_sec: seconds per clip, the median.
        peer, peer_gflops, peer_clip_sec: the same of the peer; None without a peer.
        ratio: median of the peer's time over this network's; above 1 this network is faster.
    """

    title: str
    num_frames: int
    size_px: int
    gflops: float
    clip_sec: float
    peer: str | None = None
    peer_gflops: float | None = None
    peer_clip_sec: float | None = None
    ratio: float | None = None


def measure(name: str, *, batch_size: int, rounds: int, device: str) -> list[Speed]:
    """Time the network of a config and its peer, in turns.

    Both run in float32 as they are built, without gradients, on random clips.

    Args:
        name: of the config of a recognizer, without '.py'.
        batch_size: clips per pass.
        rounds: passes of each network, after the one that counts its multiply-adds.
        device: 'cpu', 'cuda:0', ...

    Returns:
        One row; for a uni-directional TSM a second one, of single frames of a stream.

    Raises:
        InputError: there is no such config, or its model is not a recognizer.
    """
    path = zoo.config_dir() / f"{name}.py"
    if not path.is_file():
        raise InputError(f"There is no config {path}. Choose one of {', '.join(PEERS)}.")
    config = Config.fromfile(path)
    if "head" not in config.model:
        raise InputError(f"{name} is not a recognizer of clips. Choose one of {', '.join(PEERS)}.")
    dataset = config.val_dataloader.dataset
    frames, size_px = dataset.window.num_frames, dataset.crop_px
    model = MODELS.build(config.model).to(device).eval()
    channels = model.data_preprocessor.num_channels
    clips = torch.randn(batch_size, channels, frames, size_px, size_px, device=device)
    peer = PEERS.get(name)
    speeds = [_compare(name, model, clips, peer, rounds=rounds)]
    shifts = isinstance(model.backbone, FrameResNet) and model.backbone.shift_div is not None
    if shifts and online_unsupported_reason(model) is None:
        stream = _Stream(model).eval()
        title = f"{name}, a frame of a stream"
        speeds.append(_compare(title, stream, clips[:, :, :1], peer, rounds=rounds))
    return speeds


class _Stream(nn.Module):
    """Score the next frame of N streams, (N, 3, 1, H, W)."""

    def __init__(self, model: Recognizer) -> None:
        super().__init__()
        self._online = OnlineRecognizer(model, consensus_frames=1)

    def forward(self, clips: Tensor) -> Tensor:
        """Return logits (N, num_classes)."""
        return self._online.step(clips[:, :, 0])


def _compare(
    title: str, network: nn.Module, clips: Tensor, peer: Peer | None, *, rounds: int
) -> Speed:
    networks = [(network, clips)]
    if peer is not None:
        networks.append((peer.build().to(clips.device).eval(), peer.inputs(clips)))
    gflops = [count_network(*one).gflops / len(clips) for one in networks]
    times = _take_turns(networks, rounds=rounds)
    seconds = [median(row) / len(clips) for row in times]
    own = Speed(title, clips.shape[2], clips.shape[3], gflops[0], seconds[0])
    if peer is None:
        return own
    ratio = median(other / mine for mine, other in zip(*times, strict=True))
    return replace(
        own, peer=peer.title, peer_gflops=gflops[1], peer_clip_sec=seconds[1], ratio=ratio
    )


@torch.inference_mode()
def _take_turns(networks: Sequence[tuple[nn.Module, Tensor]], *, rounds: int) -> list[list[float]]:
    """Return the seconds of each pass by network; in turns, as other load comes in bursts."""
    times: list[list[float]] = [[] for _ in networks]
    for _ in range(rounds):
        for row, (network, inputs) in zip(times, networks, strict=True):
            _wait(inputs)
            begin = time.perf_counter()
            network(inputs)
            _wait(inputs)
            row.append(time.perf_counter() - begin)
    return times


def _wait(inputs: Tensor) -> None:
    if inputs.is_cuda:
        torch.cuda.synchronize(inputs.device)


def as_row(speed: Speed) -> tuple[str, ...]:
    """Return a row of ``COLUMNS``."""
    size = f"{speed.num_frames} x {speed.size_px} x {speed.size_px}"
    own = (speed.title, size, f"{speed.gflops:.1f}", f"{1 / speed.clip_sec:.2f}")
    if speed.peer is None or speed.peer_clip_sec is None:
        return (*own, "", "", "", "")
    other = f"{speed.peer_gflops:.1f}", f"{1 / speed.peer_clip_sec:.2f}"
    return (*own, speed.peer, *other, f"{speed.ratio:.2f}")


def as_markdown(speeds: Sequence[Speed]) -> str:
    """Return a table for the documentation."""
    return markdown_table(COLUMNS, map(as_row, speeds), texts=(0, 1, 4))
