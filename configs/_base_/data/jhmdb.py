"""JHMDB-21, split 1: tubes of 21 actions in 928 trimmed videos; 'stad prepare jhmdb data/jhmdb'."""

from mmengine.config import read_base

with read_base():
    from .ucf101_24 import *

data = dict(
    videos="data/jhmdb/ReCompress_Videos",
    label_map="data/jhmdb/annotations/label_map.txt",
)
train_dataloader.update(dataset=dict(**data, annotations="data/jhmdb/annotations/train_1.csv"))
val_dataloader.update(dataset=dict(**data, annotations="data/jhmdb/annotations/test_1.csv"))
val_evaluator.update(tubes="data/jhmdb/annotations/tubes.json")
