"""TimeSformer, attention over space and time at once, 8x32, on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from .timesformer_kinetics import *

model.update(backbone=dict(attention="joint"))
