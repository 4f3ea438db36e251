"""The tiny detector with a network that fails, see tests/corpus/failing.py."""

from mmengine.config import read_base

with read_base():
    from .tiny_detector import *

from tests.corpus.failing import FailingResNet3d

model["backbone"]["type"] = FailingResNet3d
