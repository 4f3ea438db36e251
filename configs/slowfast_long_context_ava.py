"""SlowFast R50 8x8 on AVA v2.2 with a memory of the last 60 s, after long-term feature banks.

The published detector is frozen, and its own features fill the memory: those of the detected people
of each second. Wu et al. 2019 see 60 s around the present, fine-tune the network of the present and
let another network fill the bank; the sizes of the attention are theirs.
"""

from mmengine.config import read_base

from stad.engine.feature_bank_hook import FeatureBankHook
from stad.models.heads.long_context_head import LongContextHead
from stad.models.long_context_detector import LongContextDetector

with read_base():
    from .slowfast_8x8_ava import *

model.update(
    type=LongContextDetector,
    roi_head=dict(
        type=LongContextHead,
        span_sec=60,
        channels=512,
        num_layers=2,
        memory_dropout=0.2,
    ),
)
custom_hooks = [dict(type=FeatureBankHook, folder="data/ava/features")]
start_from = "slowfast_r50_8x8_ava22"
