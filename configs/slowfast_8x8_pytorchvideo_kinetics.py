"""SlowFast R50 8x8 on Kinetics-400 as PyTorchVideo trained it, averaging logits."""

from mmengine.config import read_base

with read_base():
    from .slowfast_8x8_pyslowfast_kinetics import *

model.update(head=dict(average="logits"))
