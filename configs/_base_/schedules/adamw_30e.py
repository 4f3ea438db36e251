"""30 epochs of AdamW: 3 of linear warm-up, then half a cosine to 0; for trained transformers."""

from mmengine.optim import CosineAnnealingLR, LinearLR, OptimWrapper
from mmengine.runner import EpochBasedTrainLoop, ValLoop
from torch.optim import AdamW

train_cfg = dict(type=EpochBasedTrainLoop, max_epochs=30, val_interval=1)
val_cfg = dict(type=ValLoop)
optim_wrapper = dict(
    type=OptimWrapper,
    optimizer=dict(type=AdamW, lr=1e-4, betas=(0.9, 0.999), weight_decay=0.05),
    # Neither norms nor biases and relative positions decay.
    paramwise_cfg=dict(
        norm_decay_mult=0.0,
        bias_decay_mult=0.0,
        custom_keys=dict(rel_pos=dict(decay_mult=0.0), relative_position=dict(decay_mult=0.0)),
    ),
    clip_grad=dict(max_norm=1, norm_type=2),
)
# The learning rate is for 64 clips per step and is scaled for other numbers.
auto_scale_lr = dict(enable=True, base_batch_size=64)
param_scheduler = [
    dict(
        type=LinearLR,
        start_factor=0.01,
        by_epoch=True,
        begin=0,
        end=3,
        convert_to_iter_based=True,
    ),
    dict(
        type=CosineAnnealingLR,
        T_max=27,
        eta_min=0,
        by_epoch=True,
        begin=3,
        end=30,
        convert_to_iter_based=True,
    ),
]
