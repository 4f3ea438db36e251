"""The network of tiny_detector.py with a memory of 4 seconds, for tests."""

from mmengine.config import read_base

from stad.models.heads.long_context_head import LongContextHead
from stad.models.long_context_detector import LongContextDetector

with read_base():
    from .tiny_detector import *

model.update(
    type=LongContextDetector,
    roi_head=dict(
        type=LongContextHead,
        span_sec=4.0,
        max_entries=20,
        actors="marked",
        channels=16,
        num_heads=2,
        num_layers=1,
    ),
)
