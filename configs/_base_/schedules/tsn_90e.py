"""90 epochs of SGD: a tenth of the rate from epochs 30 and 60."""

from mmengine.optim import MultiStepLR, OptimWrapper
from mmengine.runner import EpochBasedTrainLoop, ValLoop
from torch.optim import SGD

train_cfg = dict(type=EpochBasedTrainLoop, max_epochs=90, val_interval=1)
val_cfg = dict(type=ValLoop)
optim_wrapper = dict(
    type=OptimWrapper,
    optimizer=dict(type=SGD, lr=0.01, momentum=0.9, weight_decay=1e-4),
    clip_grad=dict(max_norm=40, norm_type=2),
)
# The learning rate is for 256 clips per step and is scaled for other numbers.
auto_scale_lr = dict(enable=True, base_batch_size=256)
param_scheduler = [dict(type=MultiStepLR, by_epoch=True, milestones=[30, 60], gamma=0.1)]
