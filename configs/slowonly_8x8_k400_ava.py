"""Slow only, R50 8x8, on AVA-Kinetics, from Kinetics-400, evaluated on AVA v2.2."""

from mmengine.config import read_base

with read_base():
    from .slowonly_8x8_ava import *

# Trained on Kinetics-400.
start_from = dict(
    url="https://download.openmmlab.com/mmaction/v1.0/recognition/slowonly/"
    "slowonly_imagenet-pretrained-r50_8xb16-8x8x1-steplr-150e_kinetics400-rgb/"
    "slowonly_imagenet-pretrained-r50_8xb16-8x8x1-steplr-150e_kinetics400-rgb"
    "_20220901-df42dc84.pth",
    sha256="df42dc84",
)
