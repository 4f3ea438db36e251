"""ResNet-50 and an LSTM, 16 frames, on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.kinetics import *
    from ._base_.models.cnn_lstm_recognizer import *
    from ._base_.resnet50_imagenet import *
    from ._base_.runtime_recognizer import *
    from ._base_.schedules.tsn_90e import *

window = dict(num_frames=16, interval_frames=4)
train_dataloader.update(dataset=dict(window=window))
val_dataloader.update(dataset=dict(window=window))
