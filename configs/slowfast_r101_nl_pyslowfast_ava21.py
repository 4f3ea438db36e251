"""SlowFast R101 8x8 with three non-local blocks on AVA v2.1 as PySlowFast trained it."""

from mmengine.config import read_base

with read_base():
    from .slowfast_r101_nl_pyslowfast_ava import *

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
start_from = dict(
    url="https://dl.fbaipublicfiles.com/pyslowfast/model_zoo/ava/pretrain/"
    "SLOWFAST_32x2_R101_50_50_v2.1.pkl",
    saved_as="SLOWFAST_32x2_R101_50_50_v2.1_k600.pkl",
)
