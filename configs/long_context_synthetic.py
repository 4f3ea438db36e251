"""The network of short_context_synthetic.py with a memory of the last minute.

Train that one first. People are marked: each knows which actor in the memory was itself.
"""

from mmengine.config import read_base

from stad.engine.feature_bank_hook import FeatureBankHook
from stad.models.heads.long_context_head import LongContextHead
from stad.models.long_context_detector import LongContextDetector

with read_base():
    from .short_context_synthetic import *

model.update(
    type=LongContextDetector,
    roi_head=dict(
        type=LongContextHead,
        actors="marked",
        channels=64,
        num_heads=4,
        num_layers=2,
        memory_dropout=0.1,
    ),
)
custom_hooks = [dict(type=FeatureBankHook, folder="data/long_context/features")]
start_from = "work_dirs/short_context_synthetic/epoch_4.pth"
train_cfg.update(max_epochs=8, val_interval=8)
