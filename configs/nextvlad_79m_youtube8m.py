"""NeXtVLAD, 112 clusters, narrower gating, 79M parameters, on YouTube-8M."""

from mmengine.config import read_base

with read_base():
    from .nextvlad_youtube8m import *

model.modalities[0].aggregator.update(clusters=112)
model.modalities[1].aggregator.update(clusters=56)
model.update(gating_reduction=16)
