"""NeXtVLAD with a mixture of 4 experts per label, the default head of its authors' code."""

from mmengine.config import read_base

from stad.models.heads.tag_heads import MoETagHead

with read_base():
    from .nextvlad_youtube8m import *

model.head = dict(type=MoETagHead, num_classes=3862, mixtures=4, l2_penalty=1e-5)
