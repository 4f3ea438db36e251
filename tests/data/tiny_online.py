"""A small uni-directional TSM of Kinetics' classes: scored frame by frame where it is watched."""

from mmengine.config import read_base

from stad.models.backbones.frame_resnet import FrameResNet

with read_base():
    from .tiny_recognizer import *

model.backbone = dict(type=FrameResNet, depth=18, base_channels=8, shift_div=8, bidirectional=False)
