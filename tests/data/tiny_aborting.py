"""The small detector of tests with a network that aborts when an environment variable says so."""

from mmengine.config import read_base

from tests.aborting import AbortingResNet3d

with read_base():
    from .tiny_detector import *

model.backbone.type = AbortingResNet3d
