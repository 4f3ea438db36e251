"""AVA v2.1: 80 actions of the people in films; clips of 32 frames, about two seconds."""

from stad.datasets.ava import AVADataset, collate_clips
from stad.datasets.epoch_sampler import EpochSampler
from stad.datasets.transforms.detection import TrainTransform
from stad.engine.ava_metric import AVAMetric
from stad.video.window import Window

train_dataloader = dict(
    batch_size=16,
    num_workers=8,
    persistent_workers=True,
    pin_memory=True,
    sampler=dict(type=EpochSampler, shuffle=True),
    collate_fn=dict(type=collate_clips),
    dataset=dict(
        type=AVADataset,
        annotations="data/ava/annotations/ava_train_v2.1.csv",
        excluded="data/ava/annotations/ava_train_excluded_timestamps_v2.1.csv",
        proposals="data/ava/annotations/ava_dense_proposals_train.FAIR.recall_93.9.pkl",
        videos="data/ava/videos",
        # As published, the frames are jittered in time: mmaction2's SampleAVAFrames.
        window=dict(type=Window, num_frames=32, interval_frames=2, jitter=True),
        short_side_px=256,
        label_map="ava",
        # As published, without colour augmentation.
        transform=dict(type=TrainTransform, scale_px=(256, 320), crop_px=256, flip=0.5),
    ),
)
val_dataloader = dict(
    # One by one: the films differ in shape.
    batch_size=1,
    num_workers=8,
    persistent_workers=True,
    sampler=dict(type=EpochSampler, shuffle=False, pad=False),
    collate_fn=dict(type=collate_clips),
    dataset=dict(
        type=AVADataset,
        annotations="data/ava/annotations/ava_val_v2.1.csv",
        excluded="data/ava/annotations/ava_val_excluded_timestamps_v2.1.csv",
        proposals="data/ava/annotations/ava_dense_proposals_val.FAIR.recall_93.9.pkl",
        videos="data/ava/videos",
        window=dict(type=Window, num_frames=32, interval_frames=2),
        short_side_px=256,
        label_map="ava",
    ),
)
val_evaluator = dict(type=AVAMetric)
