"""Two streams, a frame and the flow of eleven, on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.kinetics import *
    from ._base_.models.two_stream_recognizer import *
    from ._base_.resnet50_imagenet import *
    from ._base_.runtime_recognizer import *
    from ._base_.schedules.tsn_90e import *

window = dict(num_frames=11, interval_frames=1)
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window, short_side_px=224, crop_px=224))
