"""Outputs of a recognizer's run: the best checkpoint has the highest top-1 accuracy."""

from mmengine.config import read_base

with read_base():
    from .runtime import *

default_hooks.update(checkpoint=dict(best_metric="top1"))
