"""Rendered motion: 10 classes in 5 pairs of opposite directions in time; tools/make_motion.py."""

from mmengine.config import read_base

with read_base():
    from .kinetics import *

data = dict(
    videos="data/motion",
    # The whole two seconds, at 16 frames per second.
    window=dict(num_frames=32, interval_frames=1.875),
    short_side_px=64,
    label_map="motion",
)
train_dataloader.update(
    batch_size=8,
    num_workers=1,
    pin_memory=False,
    dataset=dict(
        **data,
        annotations="data/motion/train.txt",
        # No flip: left and right are classes.
        transform=dict(scale_px=(64, 72), crop_px=64, flip=0.0),
    ),
)
val_dataloader.update(
    batch_size=40,
    num_workers=1,
    dataset=dict(**data, annotations="data/motion/val.txt", crop_px=64),
)
val_evaluator.update(topk=(1, 2))
