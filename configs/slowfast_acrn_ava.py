"""SlowFast R50 8x8 on AVA v2.2, with ACRN: each actor is related to every place of the scene."""

from mmengine.config import read_base

from stad.models.heads.acrn import ACRN

with read_base():
    from .slowfast_8x8_ava import *

model.update(roi_head=dict(shared_head=dict(type=ACRN, in_channels=2 * 2304, out_channels=2304)))
train_dataloader.update(batch_size=8)
