"""The network of tiny_train.py with a memory, for tests."""

from mmengine.config import read_base

from stad.engine.feature_bank_hook import FeatureBankHook
from stad.models.heads.long_context_head import LongContextHead
from stad.models.long_context_detector import LongContextDetector

with read_base():
    from .tiny_train import *

model.update(
    type=LongContextDetector,
    roi_head=dict(type=LongContextHead, actors="marked", channels=8, num_heads=2, num_layers=1),
)
custom_hooks = [dict(type=FeatureBankHook, batch_size=3)]
