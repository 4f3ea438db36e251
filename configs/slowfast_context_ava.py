"""SlowFast R50 4x16 on AVA; each actor is seen with the whole clip beside it."""

from mmengine.config import read_base

with read_base():
    from .slowfast_ava import *

model.update(roi_head=dict(context=True))
