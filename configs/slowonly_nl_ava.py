"""Slow only, R50 4x16, with five non-local blocks, on AVA v2.1."""

from mmengine.config import read_base

with read_base():
    from .slowonly_ava import *

# Wang et al., "Non-local Neural Networks", CVPR 2018: after every other block of res3 and res4.
model.update(
    backbone=dict(
        non_local_blocks=((), (0, 2), (0, 2, 4), ()), non_local_mode="scaled_embedded_gaussian"
    )
)
# Trained on Kinetics-400.
start_from = dict(
    url="https://download.openmmlab.com/mmaction/recognition/slowonly/"
    "slowonly_nl_embedded_gaussian_r50_4x16x1_150e_kinetics400_rgb/"
    "slowonly_nl_embedded_gaussian_r50_4x16x1_150e_kinetics400_rgb_20210308-0d6e5a69.pth",
    sha256="0d6e5a69",
)
