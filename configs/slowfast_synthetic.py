"""A compact SlowFast on rendered people: trains on two CPU cores."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.synthetic import *
    from ._base_.models.slowfast_compact import *
    from ._base_.runtime import *
    from ._base_.schedules.adamw_cosine import *
