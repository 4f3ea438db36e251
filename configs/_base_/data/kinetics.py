"""Kinetics-400: one of 400 actions per video; clips of 32 frames, about two seconds.

tools/prepare_kinetics.py writes the lists; UCF101, HMDB51 and your own videos work the same way.
"""

from stad.datasets.epoch_sampler import EpochSampler
from stad.datasets.transforms.recognition import ClipTransform
from stad.datasets.videos import VideoDataset, collate_videos
from stad.engine.classification_metric import AccuracyMetric
from stad.video.window import Window

train_dataloader = dict(
    batch_size=8,
    num_workers=8,
    persistent_workers=True,
    pin_memory=True,
    sampler=dict(type=EpochSampler, shuffle=True),
    collate_fn=dict(type=collate_videos),
    dataset=dict(
        type=VideoDataset,
        annotations="data/kinetics400/train.txt",
        videos="data/kinetics400",
        window=dict(type=Window, num_frames=32, interval_frames=2),
        short_side_px=256,
        label_map="kinetics400",
        transform=dict(type=ClipTransform, cropping="random_scale", scale_px=(256, 320)),
    ),
)
val_dataloader = dict(
    batch_size=8,
    num_workers=8,
    persistent_workers=True,
    sampler=dict(type=EpochSampler, shuffle=False, pad=False),
    collate_fn=dict(type=collate_videos),
    dataset=dict(
        type=VideoDataset,
        annotations="data/kinetics400/val.txt",
        videos="data/kinetics400",
        window=dict(type=Window, num_frames=32, interval_frames=2),
        short_side_px=256,
        label_map="kinetics400",
        crop_px=256,
    ),
)
val_evaluator = dict(type=AccuracyMetric)
