"""The fast pathway of slowfast_motion.py alone: all 32 frames, a quarter of the channels."""

from mmengine.config import read_base

from stad.models.backbones.resnet3d import ResNet3d

with read_base():
    from .slowfast_motion import *

model.backbone = dict(
    type=ResNet3d,
    depth=18,
    base_channels=4,
    conv1_kernel=(5, 7, 7),
    inflate=(1, 1, 1, 1),
)
model.update(head=dict(in_channels=32))
# So few channels take longer to learn.
train_cfg.update(max_epochs=8)
