"""MultiSports: tubes of 66 actions in four sports; 'stad prepare multisports data/multisports'."""

from mmengine.config import read_base

with read_base():
    from .ucf101_24 import *

data = dict(
    videos="data/multisports/trainval",
    label_map="multisports",
)
train_dataloader.update(
    dataset=dict(**data, annotations="data/multisports/annotations/train_1.csv")
)
val_dataloader.update(dataset=dict(**data, annotations="data/multisports/annotations/test_1.csv"))
val_evaluator.update(
    tubes="data/multisports/annotations/tubes.json",
    protocol="multisports",
)
