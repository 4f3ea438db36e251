"""NeXtVLAD as PaddlePaddle trained and published it: as many clusters and groups for the audio."""

from mmengine.config import read_base
from mmengine.optim import OptimWrapper
from torch.optim import Adam

from stad.models.losses import TagLoss

with read_base():
    from .nextvlad_youtube8m import *

model.modalities[1].aggregator.update(clusters=128, groups=8)
model.update(variant="paddle", loss=dict(type=TagLoss, epsilon=0))
train_cfg.update(max_epochs=6)
# It reads a limit for the gradients, but does not apply it.
optim_wrapper = dict(type=OptimWrapper, optimizer=dict(type=Adam, lr=2e-4))
