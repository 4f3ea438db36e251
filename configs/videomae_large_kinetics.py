"""VideoMAE, ViT-L/16, 16x4, on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from .videomae_kinetics import *

model.update(
    backbone=dict(embed_dims=1024, num_heads=16, num_layers=24, with_checkpoint=True),
    head=dict(in_channels=1024),
)
optim_wrapper.update(paramwise_cfg=dict(layer_decay=0.8))
