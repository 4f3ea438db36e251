"""Slow only, R50 4x16, on AVA v2.1, from Kinetics-700."""

from mmengine.config import read_base

with read_base():
    from .slowonly_ava import *

# Trained on Kinetics-700.
start_from = dict(
    url="https://download.openmmlab.com/mmaction/v1.0/recognition/slowonly/"
    "slowonly_imagenet-pretrained-r50_16xb16-4x16x1-steplr-150e_kinetics700-rgb/"
    "slowonly_imagenet-pretrained-r50_16xb16-4x16x1-steplr-150e_kinetics700-rgb"
    "_20221013-98b1b0a7.pth",
    sha256="98b1b0a7",
)
