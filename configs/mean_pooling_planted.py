"""The mean over the frames and a logistic classifier, on made-up records."""

from mmengine.config import read_base

from stad.models.aggregators.mean_pooling import MeanPooling

with read_base():
    from .nextvlad_planted import *

model.modalities[0].aggregator = dict(type=MeanPooling)
model.modalities[1].aggregator = dict(type=MeanPooling)
model.update(hidden=None, dropout=0.0)
# It has 3,000 weights and learns them slowly.
train_cfg.update(max_epochs=40)
optim_wrapper.optimizer.update(lr=2e-2)
