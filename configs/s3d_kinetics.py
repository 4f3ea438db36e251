"""S3D on Kinetics-400, 64 frames at 15 per second."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.kinetics import *
    from ._base_.models.torchvision_recognizer import *
    from ._base_.runtime_recognizer import *
    from ._base_.schedules.slowfast_256e import *

model.update(
    backbone=dict(name="s3d"), head=dict(in_channels=1024, pool_window=(2, 7, 7), dropout=0.2)
)
# torchvision trained it this way. Its published accuracy is of clips of 128 frames, see
# tools/test.py s3d_k400.
window = dict(num_frames=64, interval_frames=2)
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window, crop_px=224))
