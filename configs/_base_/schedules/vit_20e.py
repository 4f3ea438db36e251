"""20 epochs of AdamW: 5 of linear warm-up, half a cosine to 0, lower rates for early layers."""

from mmengine.optim import CosineAnnealingLR, LinearLR, OptimWrapper
from mmengine.runner import EpochBasedTrainLoop, ValLoop
from torch.optim import AdamW

from stad.engine.layer_decay import LayerDecay

train_cfg = dict(type=EpochBasedTrainLoop, max_epochs=20, val_interval=1)
val_cfg = dict(type=ValLoop)
optim_wrapper = dict(
    type=OptimWrapper,
    constructor=LayerDecay,
    paramwise_cfg=dict(layer_decay=0.75),
    optimizer=dict(type=AdamW, lr=1.25e-4, betas=(0.9, 0.999), weight_decay=0.05),
    clip_grad=dict(max_norm=40, norm_type=2),
)
# The learning rate is for 64 clips per step and is scaled for other numbers.
auto_scale_lr = dict(enable=True, base_batch_size=64)
param_scheduler = [
    dict(
        type=LinearLR,
        start_factor=0.01,
        by_epoch=True,
        begin=0,
        end=5,
        convert_to_iter_based=True,
    ),
    # Ends with the run, whose length others change.
    dict(
        type=CosineAnnealingLR,
        eta_min=0,
        by_epoch=True,
        begin=5,
        end=20,
        T_max=15,
        convert_to_iter_based=True,
    ),
]
