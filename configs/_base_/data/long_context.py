"""Rendered people: a raised arm has three classes by the past; tools/make_long_context.py."""

from mmengine.config import read_base

from stad.video.window import Window

with read_base():
    from .ava import *

data = dict(
    excluded=None,
    proposals=None,
    videos="data/long_context/frames",
    frames_fps=4,
    # 4 frames in 2 seconds.
    window=dict(num_frames=4, interval_frames=15),
    short_side_px=64,
    label_map="long_context",
)
train_dataloader.update(
    num_workers=1,
    pin_memory=False,
    dataset=dict(
        **data,
        annotations="data/long_context/train.csv",
        transform=dict(scale_px=(60, 68), crop_px=60, brightness=0.2, contrast=0.2),
    ),
)
# People keep still: the frames need no jitter.
train_dataloader.dataset.window = dict(type=Window, num_frames=4, interval_frames=15)
val_dataloader.update(
    batch_size=25,
    num_workers=1,
    dataset=dict(**data, annotations="data/long_context/val.csv"),
)
