"""VideoMAE or VideoMAE V2, ViT-B/16, 16x4, on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.kinetics import *
    from ._base_.models.videomae_recognizer import *
    from ._base_.runtime_recognizer import *
    from ._base_.schedules.vit_20e import *

window = dict(num_frames=16, interval_frames=4)
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window, short_side_px=224, crop_px=224))
