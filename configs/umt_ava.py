"""UMT, ViT-B/16, 8x8, on AVA v2.2."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.ava22_pyslowfast import *
    from ._base_.models.umt_detector import *
    from ._base_.runtime import *
    from ._base_.schedules.vit_20e import *

window = dict(num_frames=8, interval_frames=8)
# The authors jitter colours as well, in another colour space.
colours = dict(scale_px=(256, 256), brightness=0.2, contrast=0.2, saturation=0.2)
train_dataloader.update(batch_size=8, dataset=dict(window=window, transform=colours))
val_dataloader.update(dataset=dict(window=window))
train_cfg.update(max_epochs=30)
optim_wrapper.update(optimizer=dict(lr=2.5e-4))
auto_scale_lr.update(base_batch_size=128)
param_scheduler[1].update(end=30, T_max=25)
# Trained on Kinetics-710; from the authors, github.com/OpenGVLab/unmasked_teacher.
start_from = "data/weights/b16_ptk710_ftk710_f8_res224.pth"
