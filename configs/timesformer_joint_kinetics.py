"""TimeSformer, joint attention over space and time, 8x32, on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from .timesformer_kinetics import *

model.update(backbone=dict(attention="joint"))
