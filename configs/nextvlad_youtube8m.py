"""NeXtVLAD, 128 clusters in 8 groups, 89M parameters, on YouTube-8M."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.youtube8m import *
    from ._base_.models.nextvlad_tagger import *
    from ._base_.runtime_tagger import *
    from ._base_.schedules.nextvlad_5e import *
