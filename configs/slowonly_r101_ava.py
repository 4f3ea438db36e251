"""Slow only, R101 8x8, on AVA v2.1."""

from mmengine.config import read_base

with read_base():
    from .slowonly_8x8_ava import *

model.update(backbone=dict(depth=101))
# No Kinetics weights of this depth are published under a name that stad knows.
start_from = None
