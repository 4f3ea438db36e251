"""VideoMAE V2, ViT-S/16 distilled from ViT-g, 16x4, on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from .videomae_kinetics import *

model.update(backbone=dict(embed_dims=384, num_heads=6, drop_path=0.1), head=dict(in_channels=384))
