"""NetVLAD, 128 clusters, with the hidden layer and gating of its time, on YouTube-8M."""

from mmengine.config import read_base

from stad.models.aggregators.netvlad import NetVLAD

with read_base():
    from .nextvlad_youtube8m import *

model.modalities[0].aggregator = dict(type=NetVLAD, clusters=128)
model.modalities[1].aggregator = dict(type=NetVLAD, clusters=64)
model.update(gating_reduction=None)
