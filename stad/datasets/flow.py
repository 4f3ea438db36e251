"""Make batches with optical flow, computed in the processes of the data loader."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from stad.datasets.videos import collate_videos
from stad.video.optical_flow import append_flow


def collate_with_flow(items: Sequence[dict]) -> dict:
    """Join items as ``collate_videos`` does, with optical flow in the last two channels.

    Returns:
        'inputs' (N, T, H, W, 5) uint8, see ``append_flow``, and 'data_samples'.
    """
    batch = collate_videos(items)
    return {**batch, "inputs": torch.from_numpy(append_flow(batch["inputs"].numpy()))}
