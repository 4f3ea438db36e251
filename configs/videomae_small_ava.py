"""VideoMAE V2, ViT-S/16 distilled from ViT-g, 16x4, on AVA-Kinetics, evaluated on AVA v2.2."""

from mmengine.config import read_base

with read_base():
    from .videomae_ava import *

model.update(
    backbone=dict(embed_dims=384, num_heads=6, drop_path=0.1), roi_head=dict(in_channels=384)
)
start_from = "videomae2_vit_s16_k400"
