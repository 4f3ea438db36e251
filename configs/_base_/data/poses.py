"""Postures of real and synthetic people, boxes along their tracks; tools/prepare_poses.py."""

from stad.datasets.ava import AVADataset, collate_clips
from stad.datasets.epoch_sampler import EpochSampler, WeightedSampler
from stad.datasets.keypoints import SkeletonDataset, collate_skeletons
from stad.datasets.transforms.detection import ActorTransform
from stad.engine.ava_metric import AVAMetric
from stad.video.window import Window

clips = dict(
    type=AVADataset,
    videos="data/poses/videos",
    # 0.8 seconds before and after, every 0.4 seconds.
    window=dict(type=Window, num_frames=5, interval_frames=12),
    short_side_px=480,
    label_map="poses",
    tracks=True,
)
train_dataloader = dict(
    batch_size=256,
    num_workers=0,
    sampler=dict(type=WeightedSampler, num_items=64_000),
    collate_fn=dict(type=collate_skeletons),
    dataset=dict(
        type=SkeletonDataset,
        keypoints="data/poses/keypoints.npz",
        annotations="data/poses/train.csv",
        label_map="poses",
        variants=2,
        synthetic=dict(count=40_000, real_ratio=0.1, min_examples=10),
        source=dict(
            **clips,
            annotations="data/poses/train.csv",
            transform=dict(
                type=ActorTransform,
                brightness=0.4,
                contrast=0.3,
                saturation=0.5,
                blur=0.3,
                jitter=0.06,
                cut=0.12,
            ),
        ),
    ),
)
val_dataloader = dict(
    # One by one: the videos differ in shape.
    batch_size=1,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type=EpochSampler, shuffle=False, pad=False),
    collate_fn=dict(type=collate_clips),
    dataset=dict(**clips, annotations="data/poses/unseen.csv"),
)
val_evaluator = dict(type=AVAMetric)
