"""SlowFast R101 8x8 with three non-local blocks on AVA v2.2 as PySlowFast trained it."""

from mmengine.config import read_base

with read_base():
    from .slowfast_8x8_pytorchvideo_ava import *

model.update(
    backbone=dict(
        depth=101,
        lateral_kernel=5,
        # Of the 23 blocks of res4, six see neighbouring frames.
        temporal_blocks=(None, None, 6, None),
        non_local_blocks=((), (), (6, 13, 20), ()),
        non_local_mode="dot_product",
        non_local_pool=(2, 2, 2),
    ),
)
train_dataloader.update(batch_size=2)
# Trained on Kinetics-600. The detector's own file has the same name; no hash is published.
start_from = dict(
    url="https://dl.fbaipublicfiles.com/pyslowfast/model_zoo/ava/pretrain/"
    "SLOWFAST_32x2_R101_50_50.pkl",
    saved_as="SLOWFAST_32x2_R101_50_50_k600.pkl",
)
