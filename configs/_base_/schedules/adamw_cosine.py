"""AdamW, a short linear warm-up, then half a cosine down to 0; for small networks from scratch."""

from mmengine.optim import CosineAnnealingLR, LinearLR, OptimWrapper
from mmengine.runner import EpochBasedTrainLoop, ValLoop
from torch.optim import AdamW

train_cfg = dict(type=EpochBasedTrainLoop, max_epochs=3, val_interval=1)
val_cfg = dict(type=ValLoop)
optim_wrapper = dict(
    type=OptimWrapper,
    optimizer=dict(type=AdamW, lr=3e-3, weight_decay=0.02),
    clip_grad=dict(max_norm=5, norm_type=2),
)
param_scheduler = [
    dict(type=LinearLR, start_factor=0.05, by_epoch=False, begin=0, end=50),
    dict(type=CosineAnnealingLR, eta_min=0, by_epoch=True, convert_to_iter_based=True),
]
