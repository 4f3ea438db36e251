"""What the run of a recognizer writes: the best checkpoint is that of the highest top-1."""

from mmengine.config import read_base

with read_base():
    from .runtime import *

default_hooks.update(checkpoint=dict(best_metric="top1"))
