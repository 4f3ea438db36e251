"""Checks of what goes into a model; each raises one error that says what was expected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from stad.structures import ClipSample, SkeletonSample

if TYPE_CHECKING:
    from typing_extensions import TypeIs

MODES = ("tensor", "loss", "predict")


def check_mode(mode: str) -> None:
    """Raise ValueError unless ``mode`` is one of mmengine's modes of ``forward``."""
    if mode not in MODES:
        raise ValueError(f"mode must be 'tensor', 'loss' or 'predict', got {mode!r}")


def is_skeleton_batch(samples: Sequence[Any] | None) -> TypeIs[Sequence[SkeletonSample]]:
    """Return whether a batch holds the kept maps of a ``SkeletonDataset`` instead of clips."""
    return bool(samples) and all(isinstance(one, SkeletonSample) for one in samples)


def check_clips(clips: Tensor, num_channels: int = 3) -> None:
    """Raise ValueError unless clips are (N, ``num_channels``, T, H, W) floating point."""
    if clips.ndim != 5 or clips.shape[1] != num_channels or not clips.is_floating_point():
        raise ValueError(
            f"clips must be (N, {num_channels}, T, H, W) floating point, normalised, "
            f"got {tuple(clips.shape)} {str(clips.dtype).removeprefix('torch.')}"
        )


def check_boxes(boxes: Sequence[Tensor], num_clips: int) -> None:
    """Raise ValueError unless there are ``num_clips`` times (K_i, 4) finite boxes."""
    if len(boxes) != num_clips:
        raise ValueError(
            f"each clip needs one array of boxes, got {num_clips} clips, {len(boxes)} arrays"
        )
    for i, one in enumerate(boxes):
        if one.ndim != 2 or one.shape[1] != 4:
            raise ValueError(f"boxes must be (K, 4) xyxy, got {tuple(one.shape)} for clip {i}")
        if not torch.isfinite(one).all():
            raise ValueError(f"boxes must be finite numbers, clip {i} has NaN or infinity")


def check_tracks(tracks: Sequence[Tensor], boxes: Sequence[Tensor], num_frames: int) -> None:
    """Raise ValueError unless tracks are (K_i, ``num_frames``, 4), finite, one per box."""
    if len(tracks) != len(boxes):
        raise ValueError(
            f"each clip needs one array of tracks, got {len(boxes)} clips, {len(tracks)} arrays"
        )
    for i, (one, box) in enumerate(zip(tracks, boxes, strict=True)):
        if one.shape != (len(box), num_frames, 4):
            raise ValueError(
                f"tracks must be ({len(box)}, {num_frames}, 4) xyxy, one per box and frame, "
                f"got {tuple(one.shape)} for clip {i}"
            )
        if not torch.isfinite(one).all():
            raise ValueError(f"tracks must be finite numbers, clip {i} has NaN or infinity")


def tracks_of(samples: Sequence[ClipSample]) -> list[Tensor] | None:
    """Return the tracks of the clips of a batch, N times (K_i, T, 4); None if none has any.

    Raises:
        ValueError: only some samples have tracks; names the first that has none.
    """
    tracks = [one.tracks for one in samples if one.tracks is not None]
    if tracks and len(tracks) < len(samples):
        index = next(i for i, one in enumerate(samples) if one.tracks is None)
        raise ValueError(
            f"{len(tracks)} of the {len(samples)} samples of a batch have tracks, but sample "
            f"{index} ({samples[index].meta.video_id}) has none: give tracks with all samples or "
            "with none"
        )
    return tracks or None
