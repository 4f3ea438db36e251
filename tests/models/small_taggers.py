"""Small taggers with random numbers everywhere, and batches for them."""

import torch

from stad.models.aggregators.mean_pooling import MeanPooling
from stad.models.aggregators.netvlad import NetVLAD
from stad.models.aggregators.nextvlad import NeXtVLAD
from stad.models.heads.tag_heads import LogisticTagHead
from stad.models.video_tagger import VideoTagger
from stad.registry import MODELS

CHANNELS = {"rgb": 12, "audio": 6}
GROUPS = {"rgb": 4, "audio": 3}
# Frames of RGB and audio: all, fewer, none of the one, none of the other.
COUNTS = ((7, 7), (3, 3), (5, 0), (0, 4))


def modalities(kind=NeXtVLAD, **options):
    by_kind = {
        NeXtVLAD: lambda name: {"clusters": 5, "groups": GROUPS[name], "expansion": 2},
        NetVLAD: lambda name: {"clusters": 5},
        MeanPooling: lambda name: {},
    }
    return [
        {
            "name": name,
            "channels": count,
            "aggregator": {"type": kind, **by_kind[kind](name), **options},
        }
        for name, count in CHANNELS.items()
    ]


def build(kind=NeXtVLAD, *, type_=VideoTagger, head=None, **options):
    options = {"hidden": 16, "gating_reduction": 4, "dropout": 0.0, **options}
    torch.manual_seed(0)
    head = head or {"type": LogisticTagHead, "num_classes": 9}
    return MODELS.build({"type": type_, "modalities": modalities(kind), "head": head, **options})


def shaken(model, seed=0):
    """The model with other numbers in biases, norms and running statistics than 0 and 1."""
    generator = torch.Generator().manual_seed(seed)
    for name, value in model.state_dict().items():
        if value.is_floating_point():
            noise = 0.3 * torch.randn(value.shape, generator=generator)
            value.add_(noise.abs() if name.endswith("running_var") else noise)
    return model


def make_batch(counts=COUNTS, seed=0):
    """Frames and mask; what is beyond the end is not 0."""
    generator = torch.Generator().manual_seed(seed)
    length = max(max(one) for one in counts)
    frames = torch.randn(len(counts), length, sum(CHANNELS.values()), generator=generator)
    mask = torch.arange(length)[None, :, None] < torch.tensor(counts)[:, None]
    return frames, mask
