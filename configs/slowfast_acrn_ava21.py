"""SlowFast R50 8x8 on AVA v2.1, with ACRN: each actor is related to every place of the scene."""

from mmengine.config import read_base

with read_base():
    from .slowfast_acrn_ava import *

train_dataloader.update(
    dataset=dict(
        annotations="data/ava/annotations/ava_train_v2.1.csv",
        excluded="data/ava/annotations/ava_train_excluded_timestamps_v2.1.csv",
    )
)
val_dataloader.update(
    dataset=dict(
        annotations="data/ava/annotations/ava_val_v2.1.csv",
        excluded="data/ava/annotations/ava_val_excluded_timestamps_v2.1.csv",
    )
)
