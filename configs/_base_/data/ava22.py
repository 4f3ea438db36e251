"""AVA v2.2: the labels of v2.1, corrected."""

from mmengine.config import read_base

with read_base():
    from .ava import *

train_dataloader.update(
    dataset=dict(
        annotations="data/ava/annotations/ava_train_v2.2.csv",
        excluded="data/ava/annotations/ava_train_excluded_timestamps_v2.2.csv",
    )
)
val_dataloader.update(
    dataset=dict(
        annotations="data/ava/annotations/ava_val_v2.2.csv",
        excluded="data/ava/annotations/ava_val_excluded_timestamps_v2.2.csv",
    )
)
