"""UCF101-24: tubes of 24 sports in 3194 videos; 'stad prepare ucf101_24 data/ucf101_24'.

Evaluates on the annotated boxes; for boxes of a person detector ('stad prepare people'), name their
file as val_dataloader.dataset.proposals. Each actor does one thing.
"""

from mmengine.config import read_base

from stad.engine.tube_metric import TubeMetric

with read_base():
    from .ava import *

data = dict(
    excluded=None,
    proposals=None,
    videos="data/ucf101_24/videos",
    label_map="data/ucf101_24/annotations/label_map.txt",
)
train_dataloader.update(
    dataset=dict(**data, annotations="data/ucf101_24/annotations/train_1.csv"),
)
val_dataloader.update(
    dataset=dict(**data, annotations="data/ucf101_24/annotations/test_1.csv"),
)
val_evaluator = dict(type=TubeMetric, tubes="data/ucf101_24/annotations/tubes.json")
