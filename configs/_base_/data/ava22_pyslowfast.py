"""AVA v2.2 as PySlowFast reads it, for PyTorchVideo's models, which it trained and evaluated.

Every box of a person has a score of 0.8 or more; frames are at regular times; training crops are
224 pixels. See slowfast/datasets/ava_dataset.py and configs/AVA/*_SHORT.yaml in PySlowFast.
"""

from mmengine.config import read_base

with read_base():
    from .ava22 import *

train_dataloader.update(
    dataset=dict(
        min_score=0.8,
        keep_best=False,
        window=dict(jitter=False),
        transform=dict(crop_px=224),
    )
)
val_dataloader.update(dataset=dict(min_score=0.8, keep_best=False))
