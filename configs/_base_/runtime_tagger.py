"""Outputs of a tagger's run: the best checkpoint has the highest GAP at 20."""

from mmengine.config import read_base

with read_base():
    from .runtime import *

default_hooks.update(checkpoint=dict(best_metric="gap"))
