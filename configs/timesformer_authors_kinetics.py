"""TimeSformer, divided attention, 8x32, on Kinetics-400, for the files of its own authors.

Theirs are normalised otherwise than mmaction2's. They are CC BY-NC 4.0 and have no address that
stad can fetch: give the file as the checkpoint.
"""

from mmengine.config import read_base

with read_base():
    from .timesformer_kinetics import *

model.update(data_preprocessor=dict(mean=[114.75, 114.75, 114.75], std=[57.375, 57.375, 57.375]))
