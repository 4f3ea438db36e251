"""AVA-Kinetics: trains on AVA v2.2 and on keyframes of Kinetics-700, evaluates on AVA v2.2.

'stad prepare ava_kinetics' writes the training list. Two points differ from mmaction2's
preparation. mmaction2 also trains on boxes that a Cascade R-CNN finds in the Kinetics clips and
that overlap an actor by more than 0.9; these boxes are not published, so that here the Kinetics
keyframes have only their annotated boxes. And mmaction2 rounds a keyframe's time down to a second.
"""

from mmengine.config import read_base

with read_base():
    from .ava22 import *

train_dataloader.update(
    batch_size=8,
    dataset=dict(
        annotations="data/ava_kinetics/annotations/ava_kinetics_train_v2.2.csv",
        videos="data/ava_kinetics/videos",
    ),
)
