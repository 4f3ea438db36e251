"""Outputs of a run: logs, TensorBoard, checkpoints."""

from mmengine.hooks import LoggerHook
from mmengine.visualization import LocalVisBackend, TensorboardVisBackend, Visualizer

from stad.engine.checkpoints import AtomicCheckpointHook

default_scope = "stad"
default_hooks = dict(
    logger=dict(type=LoggerHook, interval=20),
    checkpoint=dict(type=AtomicCheckpointHook, keep=2, best_metric="mAP"),
)
visualizer = dict(
    type=Visualizer,
    vis_backends=[dict(type=LocalVisBackend), dict(type=TensorboardVisBackend)],
)
# OpenCV's threads would compete with the loader's processes.
env_cfg = dict(mp_cfg=dict(mp_start_method="fork", opencv_num_threads=0))
randomness = dict(seed=0)
