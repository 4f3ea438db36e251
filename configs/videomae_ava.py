"""VideoMAE, ViT-B/16, 16x4, on AVA-Kinetics, evaluated on AVA v2.2."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.ava_kinetics import *
    from ._base_.models.videomae_detector import *
    from ._base_.runtime import *
    from ._base_.schedules.vit_20e import *

window = dict(num_frames=16, interval_frames=4)
train_dataloader.update(dataset=dict(window=window, transform=dict(crop_px=224)))
val_dataloader.update(dataset=dict(window=window))
# Trained on Kinetics-400.
start_from = "videomae_vit_b16_k400"
