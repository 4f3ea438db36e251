"""ResNet over single frames (TSN), optionally with channels shifted between frames (TSM).

Wang et al., "Temporal Segment Networks", ECCV 2016; Lin et al., "TSM: Temporal Shift Module for
Efficient Video Understanding", ICCV 2019, section 3.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stad.models.backbones.non_local import NonLocal, check_non_local_mode
from stad.models.backbones.residual import (
    BasicBlock,
    Bottleneck,
    ResidualBlock,
    conv_bn,
    make_stage,
)
from stad.models.backbones.stages import (
    BOTTLENECK_DEPTH,
    DEPTHS,
    NUM_STAGES,
    StagedNetwork,
    check_depth,
)
from stad.registry import MODELS

# (N * T, C, H, W) -> the same, with some channels taken from other frames.
Shift = Callable[[Tensor], Tensor]
# A frame of zeros after the last and before the first, of (N, T, C, H, W), for ``F.pad``.
LATER, EARLIER = (0, 0, 0, 0, 0, 0, 0, 1), (0, 0, 0, 0, 0, 0, 1, 0)


def shift_frames(x: Tensor, num_frames: int, *, shift_div: int, bidirectional: bool) -> Tensor:
    """Move a fraction of the channels by one frame; zeros come in at the ends (TSM, figure 1).

    Args:
        x: (N * T, C, H, W), the T frames of a clip in a row.
        num_frames: T.
        shift_div: C // shift_div channels come from a neighbour.
        bidirectional: the first C // shift_div channels come from the next frame and as many
            after them from the previous one; else the first ones come from the previous one, and
            no frame sees a later one.

    Returns:
        (N * T, C, H, W), a new tensor.
    """
    frames = x.unflatten(0, (-1, num_frames))
    fold = x.shape[1] // shift_div
    parts = [F.pad(frames[:, 1:, :fold], LATER)] if bidirectional else []
    start = fold * len(parts)
    parts.append(F.pad(frames[:, :-1, start : start + fold], EARLIER))
    # Joined, not assigned in place, which other runtimes copy piece by piece.
    return torch.cat((*parts, frames[:, :, start + fold :]), dim=2).flatten(0, 1)


class _FrameBlock(ResidualBlock):
    """A residual block that can shift channels between frames and look at the whole clip."""

    def run(self, x: Tensor, num_frames: int, shift: Shift | None) -> Tensor:
        """Run the block over the maps of frames.

        Args:
            x: (N * T, C, H, W) float.
            num_frames: T.
            shift: changes the input of the branch of convolutions.

        Returns:
            (N * T, C', H', W').
        """
        identity = x if self.downsample is None else self.downsample(x)
        # Only the branch is shifted: the shortcut keeps what each frame shows (section 3.3).
        x = self.relu(self.residual(x if shift is None else shift(x)) + identity)
        if self.non_local_block is None:
            return x
        clips = x.unflatten(0, (-1, num_frames)).transpose(1, 2).contiguous()
        return self.non_local_block(clips).transpose(1, 2).flatten(0, 1)


class FrameBottleneck(_FrameBlock, Bottleneck):
    """1x1, 3x3, 1x1 over frames."""


class FrameBasicBlock(_FrameBlock, BasicBlock):
    """3x3, 3x3 over frames."""


def _check_options(depth: int, shift_div: int | None, non_local_mode: str) -> None:
    check_depth(depth)
    if shift_div is not None and shift_div < 2:
        raise ValueError(f"shift_div must be 2 or more, or None for no shift, got {shift_div}")
    check_non_local_mode(non_local_mode)


def _shifted_blocks(num_blocks: Sequence[int], shift_div: int | None) -> tuple[bool, ...]:
    """Return whether each block shifts: deep networks shift in every other one, as published."""
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
        non_local_blocks: per stage, the indices of the blocks that a non-local block follows.
        non_local_mode: how it compares two places, one of ``NON_LOCAL_MODES``.
        spatial_strides: per stage.
        dilations: per stage, in space.
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
        block = FrameBottleneck if depth >= BOTTLENECK_DEPTH else FrameBasicBlock
        self.conv1 = conv_bn(in_channels, base_channels, kernel=(7, 7), stride=2)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        channels = base_channels
        for i in range(NUM_STAGES):
            stage = make_stage(
                block,
                channels,
                base_channels * 2**i,
                num_blocks=DEPTHS[depth][i],
                time=(),
                stride=spatial_strides[i],
                non_local_blocks=non_local_blocks[i],
                make_non_local=functools.partial(NonLocal, mode=non_local_mode),
                dilation=dilations[i],
                with_checkpoint=with_checkpoint,
            )
            self.add_module(f"layer{i + 1}", stage)
            channels = base_channels * 2**i * block.expansion
        self.is_shifted = _shifted_blocks(DEPTHS[depth], shift_div)
        self._freeze()

    def forward_frames(
        self, frames: Tensor, num_frames: int, shifts: Sequence[Shift | None]
    ) -> Tensor:
        """Return the maps of frames.

        Args:
            frames: (N * T, C, H, W) float, normalised.
            num_frames: T.
            shifts: one per block, in order: changes the input of the branch of convolutions.

        Returns:
            (N * T, C', H/s, W/s).
        """
        x = self.maxpool(self.conv1(frames))
        blocks = [block for i in range(NUM_STAGES) for block in self.stage(i)]
        for block, shift in zip(blocks, shifts, strict=True):
            x = block(x, num_frames, shift)
        return x

    def forward(self, clips: Tensor) -> tuple[Tensor]:
        """Return the features of clips.

        Args:
            clips: (N, C, T, H, W) float, normalised.

        Returns:
            One map, (N, C', T, H/s, W/s): C' is 2048 from depth 50 on, s is 4 * the product of
            the strides.
        """
        num_frames = clips.shape[2]
        shift = None
        if self.shift_div is not None:
            shift = functools.partial(
                shift_frames,
                num_frames=num_frames,
                shift_div=self.shift_div,
                bidirectional=self.bidirectional,
            )
        frames = clips.transpose(1, 2).flatten(0, 1)
        shifts = [shift if shifted else None for shifted in self.is_shifted]
        maps = self.forward_frames(frames, num_frames, shifts)
        return (torch.unflatten(maps, 0, (-1, num_frames)).transpose(1, 2),)
