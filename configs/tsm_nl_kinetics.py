"""TSM R50, 8 segments, with five non-local blocks, on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from .tsm_kinetics import *

# Wang et al., "Non-local Neural Networks", CVPR 2018: after every other block of res3 and res4.
model.update(backbone=dict(non_local_blocks=((), (0, 2), (0, 2, 4), ())))
