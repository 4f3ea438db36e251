"""The mean of the features over the frames and a logistic classifier, on YouTube-8M."""

from mmengine.config import read_base

from stad.models.aggregators.mean_pooling import MeanPooling

with read_base():
    from .nextvlad_youtube8m import *

model.modalities[0].aggregator = dict(type=MeanPooling)
model.modalities[1].aggregator = dict(type=MeanPooling)
model.update(hidden=None, dropout=0.0)
