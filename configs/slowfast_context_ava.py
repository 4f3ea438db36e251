"""SlowFast R50 4x16 on AVA v2.1, with the whole clip as the context of each actor."""

from mmengine.config import read_base

with read_base():
    from .slowfast_ava import *

model.update(roi_head=dict(context=True))
