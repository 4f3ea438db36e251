"""NetVLAD on made-up records."""

from mmengine.config import read_base

from stad.models.aggregators.netvlad import NetVLAD

with read_base():
    from .nextvlad_planted import *

model.modalities[0].aggregator = dict(type=NetVLAD, clusters=32)
model.modalities[1].aggregator = dict(type=NetVLAD, clusters=16)
