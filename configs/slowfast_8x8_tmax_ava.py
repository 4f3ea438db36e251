"""SlowFast R50 8x8 on AVA v2.2, with the maximum over time instead of the mean."""

from mmengine.config import read_base

with read_base():
    from .slowfast_8x8_ava import *

model.update(roi_head=dict(temporal_pool="max"))
