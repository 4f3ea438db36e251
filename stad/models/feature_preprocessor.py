"""Quantised features of frames, as records hold them, become the features that taggers take."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.model import BaseDataPreprocessor
from safetensors.numpy import load_file
from torch import Tensor

from stad.registry import MODELS

# YouTube-8M's own: 256 steps over [-2, 2], each read half a step above the exact inverse.
STEP, OFFSET = 4 / 255, 4 / 512 - 2
# What reversing the whitening takes off first.
HALF_STEP = 4 / 512
EIGENVALUE_SHIFT = 1e-4
YOUTUBE8M = "youtube8m"
EIGENVALUES = Path(__file__).parent / "shipped" / "youtube8m_eigenvalues.safetensors"


@MODELS.register_module()
class FeaturePreprocessor(BaseDataPreprocessor):
    """Dequantises, blanks the frames beyond the end, and scales each modality.

    Args:
        modalities: of each, in the order of the channels: 'channels'; and 'eigenvalues', of the PCA
            that made the features, if its whitening is to be reversed: 'youtube8m' for those of
            YouTube-8M's 1024 RGB features, or a number above 0 per channel. None of 'eigenvalues'
            leaves the features as they are. Other keys, such as 'name', are not read.
        pad_to: number of frames to extend each batch to, so that padding takes part as in the
            authors' code; None for no more than the longest video of the batch.
    """

    scale: Tensor
    shift: Tensor

    def __init__(self, modalities: Sequence[dict], *, pad_to: int | None = None) -> None:
        super().__init__()
        self._channels = [one["channels"] for one in modalities]
        self._pad_to = pad_to
        scales, shifts = [], []
        for one in modalities:
            count, values = one["channels"], eigenvalues_of(one.get("eigenvalues"))
            if values is not None and len(values) != count:
                raise ValueError(
                    f"eigenvalues must be one per channel, got {len(values)} for {count} channels"
                )
            scales.append(np.ones(count) if values is None else np.sqrt(values) + EIGENVALUE_SHIFT)
            shifts.append(np.full(count, 0 if values is None else HALF_STEP))
        for name, parts in (("scale", scales), ("shift", shifts)):
            value = torch.tensor(np.concatenate(parts), dtype=torch.float32)
            # Not persistent: checkpoints hold what is learnt, the config holds these.
            self.register_buffer(name, value, persistent=False)

    def forward(self, data: dict, training: bool = False) -> dict:
        """Move a batch of the data loader to the model's device and normalise its features.

        Args:
            data: 'inputs', (N, T, D) uint8, and 'data_samples', N times ``RecordSample``.
            training: not used; both are treated alike.

        Returns:
            The same keys; 'inputs' the pair of ``normalise``.

        Raises:
            ValueError: features of another shape or type.
        """
        batch: dict[str, Any] = {key: self.cast_data(value) for key, value in data.items()}
        counts = [one.num_frames for one in data["data_samples"]]
        batch["inputs"] = self.normalise(batch["inputs"], counts)
        return batch

    def normalise(
        self, features: Tensor, num_frames: Sequence[Sequence[int]]
    ) -> tuple[Tensor, Tensor]:
        """Bring features to the scale and device of the model.

        Args:
            features: (N, T, D) uint8, on any device; D are the channels of all modalities.
            num_frames: of each of N videos, the frames of each of M modalities.

        Returns:
            Frames, (N, T, D) float32; and mask, (N, T, M) bool, True at the frames of a video.

        Raises:
            ValueError: another shape or type.
        """
        self._check(features, num_frames)
        features = features.to(self.scale.device)
        if self._pad_to is not None and features.shape[1] < self._pad_to:
            missing = self._pad_to - features.shape[1]
            features = torch.nn.functional.pad(features, (0, 0, 0, missing))
        counts = torch.tensor(num_frames, device=features.device).reshape(len(features), 1, -1)
        places = torch.arange(features.shape[1], device=features.device)
        mask = places[None, :, None] < counts
        repeats = torch.tensor(self._channels, device=features.device)
        frames = features.float().mul_(STEP).add_(OFFSET)
        # Blank is 0 before the shift, so that padding holds what it holds in the authors' code.
        frames.masked_fill_(~mask.repeat_interleave(repeats, dim=2), 0)
        return frames.sub_(self.shift).mul_(self.scale), mask

    def _check(self, features: Tensor, num_frames: Sequence[Sequence[int]]) -> None:
        width = sum(self._channels)
        if features.ndim != 3 or features.shape[2] != width or features.dtype != torch.uint8:
            raise ValueError(
                f"features must be (N, T, {width}) uint8, "
                f"got {tuple(features.shape)} {str(features.dtype).removeprefix('torch.')}"
            )
        counts = [len(one) for one in num_frames]
        if counts != [len(self._channels)] * len(features):
            raise ValueError(
                f"num_frames must be {len(features)} times {len(self._channels)} numbers, one per "
                f"modality, got {counts}"
            )


def eigenvalues_of(values: str | Sequence[float] | None) -> np.ndarray | None:
    """Return eigenvalues, (C,) float32, by name or as they are; None for None.

    Raises:
        ValueError: there is no such name, or they are not above 0.
    """
    if values is None:
        return None
    if isinstance(values, str):
        if values != YOUTUBE8M:
            raise ValueError(f"eigenvalues must be {YOUTUBE8M!r}, numbers or None, got {values!r}")
        return load_file(EIGENVALUES)["eigenvalues"]
    found = np.asarray(values, dtype=np.float32)
    if found.ndim != 1 or not (found > 0).all():
        raise ValueError(f"eigenvalues must be numbers above 0, got {values}")
    return found
