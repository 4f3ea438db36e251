"""VideoMAE, ViT-B/16, 16x4, on AVA v2.2, for the files of its authors.

These files (VideoMAE-Action-Detection, CC BY-NC 4.0) are trained and evaluated by the rules of UMT,
which comes from the same code. stad cannot download them: pass the file as the checkpoint.
"""

from mmengine.config import read_base

with read_base():
    from .umt_ava import *

model.update(backbone=dict(num_frames=16, tubelet_frames=2))
window = dict(num_frames=16, interval_frames=4)
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
start_from = None
