"""Two streams, a frame and the flow of eleven, on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from ._base_.data.kinetics import *
    from ._base_.models.two_stream_recognizer import *

val_dataloader.update(
    dataset=dict(window=dict(num_frames=11, interval_frames=1), short_side_px=224)
)
