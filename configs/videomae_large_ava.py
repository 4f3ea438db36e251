"""VideoMAE, ViT-L/16, 16x4, on AVA-Kinetics, evaluated on AVA v2.2."""

from mmengine.config import read_base

with read_base():
    from .videomae_ava import *

model.update(
    backbone=dict(embed_dims=1024, num_heads=16, num_layers=24, with_checkpoint=True),
    roi_head=dict(in_channels=1024),
)
optim_wrapper.update(optimizer=dict(lr=2.5e-4), paramwise_cfg=dict(layer_decay=0.8))
start_from = "videomae_vit_l16_k400"
