"""20 epochs of SGD: 5 of linear warm-up, then a tenth of the rate from epochs 10 and 15."""

from mmengine.optim import LinearLR, MultiStepLR, OptimWrapper
from mmengine.runner import EpochBasedTrainLoop, ValLoop
from torch.optim import SGD

train_cfg = dict(type=EpochBasedTrainLoop, max_epochs=20, val_interval=1)
val_cfg = dict(type=ValLoop)
optim_wrapper = dict(
    type=OptimWrapper,
    optimizer=dict(type=SGD, lr=0.2, momentum=0.9, weight_decay=1e-5),
    clip_grad=dict(max_norm=40, norm_type=2),
)
# The learning rate is for 128 clips per step and is scaled for other numbers.
auto_scale_lr = dict(enable=True, base_batch_size=128)
param_scheduler = [
    dict(type=LinearLR, start_factor=0.1, by_epoch=True, begin=0, end=5),
    dict(type=MultiStepLR, by_epoch=True, begin=0, end=20, milestones=[10, 15], gamma=0.1),
]
