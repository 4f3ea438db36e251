"""AVA-Kinetics: trains on AVA v2.2 and on keyframes of Kinetics-700, evaluates on AVA v2.2.

tools/prepare_ava_kinetics.py writes the training list. What differs from mmaction2's preparation:
it finds people in the Kinetics clips with a Cascade R-CNN and takes those boxes that overlap an
actor by more than 0.9 for training, too, but publishes none of them, so that here the Kinetics
keyframes have their annotated boxes alone; and it rounds a keyframe's time down to the second.
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
