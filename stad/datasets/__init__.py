"""Data sets that models are trained and tested on, and what prepares them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stad.utils.lazy import lazy_exports

if TYPE_CHECKING:
    from stad.datasets.actor_tracks import ActorTracks
    from stad.datasets.ava import AVADataset, collate_clips
    from stad.datasets.epoch_sampler import EpochIndex, EpochSampler
    from stad.datasets.flow import collate_with_flow
    from stad.datasets.keypoints import SkeletonDataset, collate_skeletons
    from stad.datasets.records.dataset import RecordDataset, collate_records
    from stad.datasets.records.shard_sampler import ShardSampler
    from stad.datasets.videos import VideoDataset, collate_videos

__all__ = [
    "AVADataset",
    "ActorTracks",
    "EpochIndex",
    "EpochSampler",
    "RecordDataset",
    "ShardSampler",
    "SkeletonDataset",
    "VideoDataset",
    "collate_clips",
    "collate_records",
    "collate_skeletons",
    "collate_videos",
    "collate_with_flow",
]

_MODULES = {
    "AVADataset": "ava",
    "ActorTracks": "actor_tracks",
    "EpochIndex": "epoch_sampler",
    "EpochSampler": "epoch_sampler",
    "RecordDataset": "records.dataset",
    "ShardSampler": "records.shard_sampler",
    "SkeletonDataset": "keypoints",
    "VideoDataset": "videos",
    "collate_clips": "ava",
    "collate_records": "records.dataset",
    "collate_skeletons": "keypoints",
    "collate_videos": "videos",
    "collate_with_flow": "flow",
}

__getattr__, __dir__ = lazy_exports(__name__, _MODULES)
