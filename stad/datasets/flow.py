"""Batches with optical flow, computed in the processes of the data loader."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from stad.datasets.videos import collate_videos
from stad.video.optical_flow import append_flow


def collate_with_flow(items: Sequence[dict]) -> dict:
    """As ``collate_videos``, with 'inputs' (N, T, H, W, 5) uint8, see ``append_flow``."""
    batch = collate_videos(items)
    return {**batch, "inputs": torch.from_numpy(append_flow(batch["inputs"].numpy()))}
