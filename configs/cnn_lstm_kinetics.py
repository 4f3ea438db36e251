"""ResNet-50 and an LSTM, 16 frames, on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.kinetics import *
    from ._base_.models.cnn_lstm_recognizer import *

val_dataloader.update(dataset=dict(window=dict(num_frames=16, interval_frames=4)))
# Trained on ImageNet.
start_from = dict(
    url="https://download.pytorch.org/models/resnet50-0676ba61.pth", sha256="0676ba61"
)
