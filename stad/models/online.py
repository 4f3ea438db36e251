"""TSM frame by frame: each block keeps its part of the last frame, so a frame costs one forward."""

from __future__ import annotations

from collections import deque
from typing import cast

import torch
from torch import Tensor, nn

from stad.models.backbones.frame_resnet import FrameResNet
from stad.models.fast_inference import cast_like
from stad.models.heads.clip_head import ClipHead
from stad.models.recognizer import Recognizer
from stad.models.two_stream import TwoStreamRecognizer


class _BlockMemory:
    """Replaces the uni-directional shift of one block: keeps channels for the next frame.

    Args:
        shift_div: C // shift_div channels come from the last frame.
    """

    def __init__(self, shift_div: int) -> None:
        self._shift_div = shift_div
        self._kept: Tensor | None = None

    def __call__(self, x: Tensor) -> Tensor:
        """Return a frame (N, C, H, W) with the first channels of the frame before it."""
        fold = x.shape[1] // self._shift_div
        fresh = x[:, :fold].clone()
        kept = torch.zeros_like(fresh) if self._kept is None else self._kept
        self._kept = fresh
        return torch.cat((kept, x[:, fold:]), dim=1)


class OnlineRecognizer:
    """Scores a stream with a uni-directional TSM, one frame at a time.

    Lin et al., "TSM", ICCV 2019, section 4.2. The logits after a step are the consensus of the
    frames up to this one, so that step t equals ``score_clips`` of the frames 0 to t.

    Args:
        model: a ``Recognizer`` of a ``FrameResNet`` that is uni-directional, or does not shift,
            and a ``ClipHead``; in eval mode.
        consensus_frames: None takes the mean over all frames since the start or ``reset``; k
            takes the last k frames, so that a live view follows what happens now. The memory of
            the blocks is the same either way.

    Raises:
        ValueError: a model that looks ahead or needs the whole clip, or a consensus of 0 frames.
    """

    def __init__(self, model: Recognizer, *, consensus_frames: int | None = None) -> None:
        if reason := online_unsupported_reason(model):
            raise ValueError(f"OnlineRecognizer cannot run this model: {reason}")
        if model.training:
            raise ValueError("OnlineRecognizer needs a model in eval mode: call model.eval() first")
        if consensus_frames is not None and consensus_frames < 1:
            raise ValueError(f"consensus_frames must be 1 or more, or None, got {consensus_frames}")
        self.model = model
        # online_unsupported_reason has checked the type.
        self._backbone = cast(FrameResNet, model.backbone)
        self._consensus_frames = consensus_frames
        self.reset()

    def reset(self) -> None:
        """Forget all frames: the next one starts a clip."""
        shift_div = self._backbone.shift_div
        self._memories = [
            _BlockMemory(shift_div) if shift_div is not None and shifted else None
            for shifted in self._backbone.is_shifted
        ]
        self._shape: tuple[int, ...] | None = None
        self._mean: Tensor | None = None
        self._recent: deque[Tensor] = deque(maxlen=self._consensus_frames)
        self.num_frames = 0

    @torch.no_grad()
    def step(self, frame: Tensor) -> Tensor:
        """Return the logits of every class after one more frame.

        Args:
            frame: (3, H, W), or (N, 3, H, W) for N parallel streams, float32, normalised.

        Returns:
            (num_classes,), or (N, num_classes), float32.

        Raises:
            ValueError: another shape than the first frame's.
        """
        self._check_frame(frame)
        frames = frame if frame.ndim == 4 else frame[None]
        frames = cast_like(self._backbone, frames)
        maps = self._backbone.forward_frames(frames, 1, self._memories)
        # The head is linear: the mean of the logits of frames is the logits of the mean.
        logits = self._consensus(self.model.head((maps[:, :, None],)))
        return logits if frame.ndim == 4 else logits[0]

    def _check_frame(self, frame: Tensor) -> None:
        good = frame.ndim in (3, 4) and frame.shape[-3] == 3 and frame.is_floating_point()
        if not good or self._shape not in (None, tuple(frame.shape)):
            wanted = "(3, H, W) or (N, 3, H, W)" if self._shape is None else self._shape
            raise ValueError(
                f"a frame must be {wanted} floating point, normalised, got {tuple(frame.shape)} "
                f"{str(frame.dtype).removeprefix('torch.')}; call reset() before another stream"
            )
        self._shape = tuple(frame.shape)

    def _consensus(self, logits: Tensor) -> Tensor:
        self.num_frames += 1
        if self._consensus_frames is not None:
            self._recent.append(logits)
            return torch.stack(list(self._recent)).mean(dim=0)
        if self._mean is None:
            self._mean = logits.double()
        else:
            self._mean = self._mean + (logits.double() - self._mean) / self.num_frames
        return self._mean.float()


def online_unsupported_reason(model: nn.Module) -> str | None:
    """Return why a model cannot be run frame by frame; None if it can.

    Args:
        model: any model of stad.
    """
    if not isinstance(model, Recognizer):
        return f"it needs a Recognizer, got {type(model).__name__}"
    if isinstance(model, TwoStreamRecognizer):
        return "its second stream needs optical flow between frames"
    backbone, head = model.backbone, model.head
    if not isinstance(backbone, FrameResNet) or not isinstance(head, ClipHead):
        return (
            "it needs a FrameResNet with a ClipHead, got "
            f"{type(backbone).__name__} with {type(head).__name__}"
        )
    if head.pool_window is not None:
        return "its ClipHead must average over the frames: pool_window=None"
    if backbone.shift_div is not None and backbone.bidirectional:
        return "a bi-directional shift sees the next frame: it needs bidirectional=False"
    if backbone.has_non_local:
        return "non-local blocks see the whole clip"
    return None
