"""5 epochs of Adam: 0.8 times the rate after each 2,000,000 samples, each gradient clipped to 1."""

from mmengine.runner import EpochBasedTrainLoop, ValLoop
from torch.optim import Adam

from stad.engine.clipping import EachNormWrapper
from stad.engine.sample_schedule import SampleStepLR

train_cfg = dict(type=EpochBasedTrainLoop, max_epochs=5, val_interval=1)
val_cfg = dict(type=ValLoop)
optim_wrapper = dict(
    type=EachNormWrapper,
    optimizer=dict(type=Adam, lr=2e-4),
    each_norm=1.0,
)
# The rate is for 160 samples per step and is not scaled for other numbers.
param_scheduler = [dict(type=SampleStepLR, every_samples=2_000_000, gamma=0.8)]
