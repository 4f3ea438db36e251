"""TimeSformer, divided attention, 8x32, on Kinetics-400, for the files of its authors.

These files expect another normalisation than mmaction2's. They are licensed under CC BY-NC 4.0 and
stad cannot download them: pass the file as the checkpoint.
"""

from mmengine.config import read_base

with read_base():
    from .timesformer_kinetics import *

model.update(data_preprocessor=dict(mean=[114.75, 114.75, 114.75], std=[57.375, 57.375, 57.375]))
