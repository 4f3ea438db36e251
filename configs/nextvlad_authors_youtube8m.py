"""NeXtVLAD as its authors' code trains it: padding to 300 frames counts in batch norm."""

from mmengine.config import read_base

with read_base():
    from .nextvlad_youtube8m import *

model.update(variant="authors", data_preprocessor=dict(pad_to=300))
