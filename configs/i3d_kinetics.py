"""I3D on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.kinetics import *
    from ._base_.models.i3d_recognizer import *
    from ._base_.runtime_recognizer import *
    from ._base_.schedules.slowfast_256e import *

# It was trained on 64 frames at 25 per second. Its published accuracy is of whole videos.
window = dict(num_frames=64, interval_frames=1.2)
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window, short_side_px=224, crop_px=224))
