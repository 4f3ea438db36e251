"""A TSN that trains on a CPU: depth 18, a quarter of the channels; the 10 classes of motion."""

from mmengine.config import read_base

with read_base():
    from .tsn_recognizer import *

model.update(
    backbone=dict(depth=18, base_channels=16),
    head=dict(in_channels=128, num_classes=10, dropout=0.2),
)
