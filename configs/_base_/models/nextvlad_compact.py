"""NeXtVLAD for made-up records: 20 labels, 32 clusters in 4 groups."""

from mmengine.config import read_base

with read_base():
    from .nextvlad_tagger import *

model.modalities[0].update(channels=128, eigenvalues=None)
model.modalities[0].aggregator.update(clusters=32, groups=4)
model.modalities[1].update(channels=32)
model.modalities[1].aggregator.update(clusters=16, groups=2)
# A run has hundreds of steps, not tens of thousands.
model.update(hidden=256, norm_momentum=0.1, head=dict(num_classes=20))
