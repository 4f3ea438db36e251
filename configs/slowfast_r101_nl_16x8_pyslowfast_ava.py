"""SlowFast R101 16x8 with three non-local blocks on AVA v2.2 as PySlowFast trained it."""

from mmengine.config import read_base

with read_base():
    from .slowfast_r101_nl_pyslowfast_ava import *

window = dict(num_frames=64, interval_frames=2)
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
start_from = dict(
    url="https://dl.fbaipublicfiles.com/pyslowfast/model_zoo/ava/pretrain/"
    "SLOWFAST_64x2_R101_50_50.pkl",
    saved_as="SLOWFAST_64x2_R101_50_50_k600.pkl",
)
