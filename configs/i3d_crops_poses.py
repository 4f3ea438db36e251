"""Postures from frozen Kinetics-400 I3D features of each actor's crop, as a baseline."""

from mmengine.config import read_base

from stad.models.actor_crops import ActorCrops

with read_base():
    from ._base_.data.poses import *
    from ._base_.models.i3d_detector import *
    from ._base_.runtime import *
    from ._base_.schedules.adamw_cosine import *

# Eight frames of one second, an eighth of a second apart: more would cost too much.
window = dict(num_frames=8, interval_frames=3.75)
model.update(
    actor_crops=dict(type=ActorCrops, size_px=112, oversample=2),
    backbone=dict(frozen=True),
    roi_head=dict(num_classes=12, roi_size=4, multilabel=True),
)
start_from = "i3d_k400"
train_dataloader.update(
    batch_size=8,
    num_workers=1,
    persistent_workers=True,
    collate_fn=val_dataloader.collate_fn,
)
train_dataloader.dataset = train_dataloader.dataset.source
train_dataloader.dataset.window.update(window)
val_dataloader.dataset.window.update(window)
