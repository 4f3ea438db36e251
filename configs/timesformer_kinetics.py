"""TimeSformer, divided attention, 8x32, on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.kinetics import *
    from ._base_.models.timesformer_recognizer import *
    from ._base_.runtime_recognizer import *
    from ._base_.schedules.timesformer_15e import *

window = dict(num_frames=8, interval_frames=32)
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window, short_side_px=224, crop_px=224))
# Trained on ImageNet.
start_from = dict(
    url="https://download.pytorch.org/models/vit_b_16-c867db91.pth", sha256="c867db91"
)
