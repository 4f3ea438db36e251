"""ResNet that sees frames one by one (TSN), with channels shifted between them (TSM) if asked for.

Wang et al., "Temporal Segment Networks", ECCV 2016; Lin et al., "TSM: Temporal Shift Module for
Efficient Video Understanding", ICCV 2019, section 3; Wang et al., "Non-local Neural Networks",
CVPR 2018.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import torch
from mmcv.cnn import ConvModule, NonLocal3d
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from stad.models.backbones.resnet3d import DEPTHS
from stad.models.backbones.stages import NUM_STAGES, StagedNetwork
from stad.models.gap_convs import close_gaps
from stad.registry import MODELS

# (N * T, C, H, W) -> the same, with some channels taken from other frames.
Shift = Callable[[Tensor], Tensor]
NON_LOCAL_MODES = ("gaussian", "embedded_gaussian", "dot_product")


def shift_frames(x: Tensor, num_frames: int, *, shift_div: int, bidirectional: bool) -> Tensor:
    """Move a share of the channels by one frame; zeros come in at the ends (TSM, figure 1).

    Args:
        x: (N * T, C, H, W), the T frames of a clip in a row.
        num_frames: T.
        shift_div: C // shift_div channels come from a neighbour.
        bidirectional: the first share comes from the next frame and the second from the
            previous one; else the first share comes from the previous one, and no frame sees
            a later one.

    Returns:
        (N * T, C, H, W), a new tensor.
    """
    frames = x.unflatten(0, (-1, num_frames))
    shifted = frames.clone()
    fold = x.shape[1] // shift_div
    past = slice(fold, 2 * fold) if bidirectional else slice(0, fold)
    shifted[:, 1:, past] = frames[:, :-1, past]
    shifted[:, 0, past] = 0
    if bidirectional:
        shifted[:, :-1, :fold] = frames[:, 1:, :fold]
        shifted[:, -1, :fold] = 0
    return shifted.flatten(0, 1)


def _conv_bn(
    in_channels: int,
    out_channels: int,
    *,
    size: int,
    stride: int = 1,
    dilation: int = 1,
    relu: bool = True,
) -> ConvModule:
    return close_gaps(
        ConvModule(
            in_channels,
            out_channels,
            size,
            stride=stride,
            padding=dilation * (size // 2),
            dilation=dilation,
            bias=False,
            norm_cfg={"type": "BN"},
            act_cfg={"type": "ReLU", "inplace": True} if relu else None,
        )
    )


class _FrameBlock(nn.Module):
    """What both residual blocks share: shortcut, shift, sum, non-local block, checkpointing."""

    expansion = 1

    def __init__(
        self, shortcut: ConvModule | None, non_local: NonLocal3d | None, with_checkpoint: bool
    ) -> None:
        super().__init__()
        self.downsample = shortcut
        self.relu = nn.ReLU(inplace=True)
        self.non_local_block = non_local
        self._with_checkpoint = with_checkpoint

    def residual(self, x: Tensor) -> Tensor:
        """The branch of convolutions; each kind of block has its own."""
        raise NotImplementedError

    def _run(self, x: Tensor, num_frames: int, shift: Shift | None) -> Tensor:
        identity = x if self.downsample is None else self.downsample(x)
        # Only the branch is shifted: the shortcut keeps what each frame shows (section 3.3).
        x = self.relu(self.residual(x if shift is None else shift(x)) + identity)
        if self.non_local_block is None:
            return x
        clips = x.unflatten(0, (-1, num_frames)).transpose(1, 2).contiguous()
        return self.non_local_block(clips).transpose(1, 2).flatten(0, 1)

    def forward(self, x: Tensor, num_frames: int, shift: Shift | None) -> Tensor:
        """(N * T, C, H, W) -> (N * T, C', H', W') float; T is ``num_frames``."""
        if self._with_checkpoint and x.requires_grad:
            return checkpoint(self._run, x, num_frames, shift, use_reentrant=False)
        return self._run(x, num_frames, shift)


class FrameBottleneck(_FrameBlock):
    """1x1, 3x3, 1x1 (He et al. 2016, figure 5)."""

    expansion = 4

    def __init__(
        self, in_channels: int, channels: int, *, stride: int, dilation: int, **shared
    ) -> None:
        super().__init__(**shared)
        self.conv1 = _conv_bn(in_channels, channels, size=1)
        self.conv2 = _conv_bn(channels, channels, size=3, stride=stride, dilation=dilation)
        self.conv3 = _conv_bn(channels, channels * self.expansion, size=1, relu=False)

    def residual(self, x: Tensor) -> Tensor:
        """(N * T, C, H, W) -> (N * T, 4 * channels, H', W')."""
        return self.conv3(self.conv2(self.conv1(x)))


class FrameBasicBlock(_FrameBlock):
    """3x3, 3x3 (He et al. 2016, figure 5)."""

    def __init__(
        self, in_channels: int, channels: int, *, stride: int, dilation: int, **shared
    ) -> None:
        super().__init__(**shared)
        self.conv1 = _conv_bn(in_channels, channels, size=3, stride=stride, dilation=dilation)
        self.conv2 = _conv_bn(channels, channels, size=3, relu=False)

    def residual(self, x: Tensor) -> Tensor:
        """(N * T, C, H, W) -> (N * T, channels, H', W')."""
        return self.conv2(self.conv1(x))


def _check_options(depth: int, shift_div: int | None, non_local_mode: str) -> None:
    if depth not in DEPTHS:
        raise ValueError(f"a ResNet has depth {', '.join(map(str, DEPTHS))}, got {depth}")
    if shift_div is not None and shift_div < 2:
        raise ValueError(f"shift_div is 2 or more, or None for no shift, got {shift_div}")
    if non_local_mode not in NON_LOCAL_MODES:
        raise ValueError(f"non_local_mode is one of {NON_LOCAL_MODES}, got {non_local_mode!r}")


def _shifted_blocks(num_blocks: Sequence[int], shift_div: int | None) -> tuple[bool, ...]:
    """Whether each block shifts; as the authors have it, deep networks do in every other one."""
    every = 2 if num_blocks[2] >= 23 else 1
    return tuple(
        shift_div is not None and i % every == 0 for count in num_blocks for i in range(count)
    )


@MODELS.register_module()
class FrameResNet(StagedNetwork):
    """ResNet over the frames of a clip; time is never strided.

    Args:
        depth: 18, 34, 50, 101 or 152.
        in_channels: channels of a frame.
        base_channels: outputs of the stem; the stages have 1, 2, 4, 8 times that, and four
            times more at depth 50 and above.
        shift_div: None is TSN, frames do not see each other; 8 is TSM as published, an eighth of
            the channels shifted each way. At depth 101 and above every other block shifts.
        bidirectional: shift from both neighbours, or from the past alone, see ``shift_frames``.
        non_local_blocks: per stage, the numbers of the blocks that a non-local block follows.
        non_local_mode: how that compares two places, one of ``NON_LOCAL_MODES``.
        spatial_strides, dilations: per stage.
        frozen_stages: -1 trains all; 0 freezes the stem, k the stem and the first k stages.
        norm_eval: keep batch norm at its stored statistics while training.
        with_checkpoint: recompute activations in the backward pass, for memory; batch norm's
            running statistics take in each batch twice.
        init_cfg: mmengine's initialisation.
    """

    def __init__(
        self,
        depth: int = 50,
        *,
        in_channels: int = 3,
        base_channels: int = 64,
        shift_div: int | None = None,
        bidirectional: bool = True,
        non_local_blocks: Sequence[Sequence[int]] = ((), (), (), ()),
        non_local_mode: str = "embedded_gaussian",
        spatial_strides: Sequence[int] = (1, 2, 2, 2),
        dilations: Sequence[int] = (1, 1, 1, 1),
        frozen_stages: int = -1,
        norm_eval: bool = False,
        with_checkpoint: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(frozen_stages=frozen_stages, norm_eval=norm_eval, init_cfg=init_cfg)
        _check_options(depth, shift_div, non_local_mode)
        self.shift_div, self.bidirectional = shift_div, bidirectional
        self.has_non_local = any(len(blocks) > 0 for blocks in non_local_blocks)
        self.non_local_mode, self._with_checkpoint = non_local_mode, with_checkpoint
        self._block = FrameBottleneck if depth >= 50 else FrameBasicBlock
        num_blocks = DEPTHS[depth][1]
        self.conv1 = _conv_bn(in_channels, base_channels, size=7, stride=2)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        channels = base_channels
        for i in range(NUM_STAGES):
            stage = self._make_stage(
                channels,
                base_channels * 2**i,
                num_blocks=num_blocks[i],
                stride=spatial_strides[i],
                dilation=dilations[i],
                non_local=non_local_blocks[i],
            )
            self.add_module(f"layer{i + 1}", stage)
            channels = base_channels * 2**i * self._block.expansion
        self.is_shifted = _shifted_blocks(num_blocks, shift_div)
        self._freeze()

    def _make_stage(
        self,
        in_channels: int,
        channels: int,
        *,
        num_blocks: int,
        stride: int,
        dilation: int,
        non_local: Sequence[int],
    ) -> nn.Sequential:
        out_channels = channels * self._block.expansion
        blocks = []
        for i in range(num_blocks):
            shortcut = None
            if i == 0 and (stride != 1 or in_channels != out_channels):
                shortcut = _conv_bn(in_channels, out_channels, size=1, stride=stride, relu=False)
            block = self._block(
                in_channels if i == 0 else out_channels,
                channels,
                stride=stride if i == 0 else 1,
                dilation=dilation,
                shortcut=shortcut,
                non_local=self._make_non_local(out_channels) if i in non_local else None,
                with_checkpoint=self._with_checkpoint,
            )
            blocks.append(block)
        return nn.Sequential(*blocks)

    def _make_non_local(self, channels: int) -> NonLocal3d:
        return NonLocal3d(
            channels,
            mode=self.non_local_mode,
            sub_sample=True,
            use_scale=False,
            norm_cfg={"type": "BN3d"},
        )

    def forward_frames(
        self, frames: Tensor, num_frames: int, shifts: Sequence[Shift | None]
    ) -> Tensor:
        """Maps of frames.

        Args:
            frames: (N * T, C, H, W) float, normalised.
            num_frames: T.
            shifts: one per block, in order; what its branch sees in place of its input.

        Returns:
            (N * T, C', H/s, W/s).
        """
        x = self.maxpool(self.conv1(frames))
        blocks = [block for i in range(NUM_STAGES) for block in self.stage(i)]
        for block, shift in zip(blocks, shifts, strict=True):
            x = block(x, num_frames, shift)
        return x

    def forward(self, clips: Tensor) -> tuple[Tensor]:
        """Features of clips.

        Args:
            clips: (N, C, T, H, W) float, normalised.

        Returns:
            One map, (N, C', T, H/s, W/s): C' is 2048 from depth 50 on, s is 4 * the product of
            the strides.
        """
        num_frames = clips.shape[2]
        shift = functools.partial(
            shift_frames,
            num_frames=num_frames,
            shift_div=self.shift_div,
            bidirectional=self.bidirectional,
        )
        frames = clips.transpose(1, 2).flatten(0, 1)
        shifts = [shift if shifted else None for shifted in self.is_shifted]
        maps = self.forward_frames(frames, num_frames, shifts)
        return (torch.unflatten(maps, 0, (len(clips), num_frames)).transpose(1, 2),)
