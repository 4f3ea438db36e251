"""Rendered people: 11 actions, clips of 32 frames at 15 per second; tools/make_synthetic.py."""

from mmengine.config import read_base

from stad.video.window import Window

with read_base():
    from .ava import *

data = dict(
    excluded=None,
    proposals=None,
    videos="data/synthetic/videos",
    window=dict(num_frames=32, interval_frames=2),
    short_side_px=88,
    label_map="synthetic",
)
train_dataloader.update(
    num_workers=2,
    pin_memory=False,
    dataset=dict(
        **data,
        annotations="data/synthetic/train.csv",
        # People may be as small as a third of the frame: the crop keeps most of them.
        transform=dict(scale_px=(80, 100), crop_px=80, brightness=0.2, contrast=0.2),
    ),
)
# Some classes differ only in motion: the frames are not jittered.
train_dataloader.dataset.window = dict(type=Window, num_frames=32, interval_frames=2)
val_dataloader.update(
    batch_size=16,
    num_workers=1,
    dataset=dict(**data, annotations="data/synthetic/val.csv"),
)
