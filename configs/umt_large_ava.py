"""UMT, ViT-L/16, 8x8, on AVA v2.2."""

from mmengine.config import read_base

with read_base():
    from .umt_ava import *

model.update(
    backbone=dict(
        embed_dims=1024, num_heads=16, num_layers=24, drop_path=0.4, with_checkpoint=True
    ),
    roi_head=dict(in_channels=1024),
)
train_cfg.update(max_epochs=25)
optim_wrapper.update(paramwise_cfg=dict(layer_decay=0.85))
param_scheduler[1].update(end=25, T_max=20)
start_from = "data/weights/l16_ptk710_ftk710_f8_res224.pth"
