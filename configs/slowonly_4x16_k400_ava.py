"""Slow only, R50 4x16, on AVA-Kinetics, from Kinetics-400, evaluated on AVA v2.2."""

from mmengine.config import read_base

with read_base():
    from .slowonly_4x16_ava import *

# Trained on Kinetics-400, top-1 75.12.
start_from = dict(
    url="https://download.openmmlab.com/mmaction/v1.0/recognition/slowonly/"
    "slowonly_imagenet-pretrained-r50_8xb16-4x16x1-steplr-150e_kinetics400-rgb/"
    "slowonly_imagenet-pretrained-r50_8xb16-4x16x1-steplr-150e_kinetics400-rgb"
    "_20220901-e7b65fad.pth",
    sha256="e7b65fad",
)
