"""A mixture of three NeXtVLADs of 79M parameters that learn from each other, on YouTube-8M."""

from mmengine.config import read_base

from stad.models.tagger_mixture import MixedVideoTagger

with read_base():
    from .nextvlad_79m_youtube8m import *

model = dict(
    type=MixedVideoTagger,
    branch=dict(
        modalities=model.modalities,
        hidden=model.hidden,
        gating_reduction=model.gating_reduction,
        dropout=model.dropout,
        head=model.head,
    ),
    num_branches=3,
    temperature=3,
    distillation_weight=9,
)
train_cfg.update(max_epochs=15)
param_scheduler[0].update(every_samples=2_500_000)
