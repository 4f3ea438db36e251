"""The original NeXtVLADs of tests/data: weights made from names, their inputs and networks."""

import json
import math
import zlib

import numpy as np
import torch

from stad.models.aggregators.nextvlad import NeXtVLAD
from stad.models.heads.tag_heads import LogisticTagHead
from stad.models.tagger_mixture import MixedVideoTagger
from stad.models.video_tagger import VideoTagger
from stad.registry import MODELS
from tests.golden import golden


def made_weight(name, shape):
    """The weight of a TensorFlow or Paddle name: normal numbers seeded by the name."""
    normal = torch.randn(shape, generator=torch.Generator().manual_seed(zlib.crc32(name.encode())))
    last = name.rpartition("/")[2]
    if last == "moving_variance" or name.endswith(".w_2"):
        return 1 + 0.1 * normal.abs()
    if last == "moving_mean" or name.endswith(".w_1"):
        return 0.1 * normal
    if len(shape) >= 2:
        return normal / math.sqrt(math.prod(shape[:-1]))
    if last == "gamma" or name.endswith(".w_0"):
        return 1 + 0.1 * normal
    return 0.1 * normal


def open_golden(name):
    """The numbers, the sizes and the weights of a file, under its own names."""
    numbers = golden(f"nextvlad_{name}")
    shapes = json.loads(str(numbers["shapes"]))
    weights = {key: made_weight(key, shapes[key]) for key in numbers["keys"].tolist()}
    for key, first in (
        json.loads(str(numbers["weight_first2"])).items() if name != "standard" else ()
    ):
        np.testing.assert_allclose(weights[key].flatten()[:2].numpy(), first, atol=1e-6)
    return numbers, json.loads(str(numbers["config"])), weights


def build(sizes, *, variant="masked", **changes):
    """The network of the sizes of a file, without drop-out unless ``changes`` say so."""
    # Paddle has as many clusters and groups for the audio.
    part = 1 if variant == "paddle" else 2
    modalities = [
        {
            "name": name,
            "channels": sizes[key],
            "aggregator": {
                "type": NeXtVLAD,
                "clusters": sizes["K"] // divisor,
                "groups": sizes["G"] // divisor,
                "expansion": sizes["X"],
            },
        }
        for name, key, divisor in (("rgb", "VD", 1), ("audio", "AD", part))
    ]
    branch = {
        "modalities": modalities,
        "hidden": sizes["H"],
        "gating_reduction": sizes["R"],
        "dropout": 0.0,
        "head": {"type": LogisticTagHead, "num_classes": sizes["C"]},
        **changes,
    }
    if count := sizes.get("mix"):
        config = {"type": MixedVideoTagger, "branch": branch, "num_branches": count}
    else:
        config = {"type": VideoTagger, **branch}
    return MODELS.build({**config, "variant": variant})


def inputs_of(numbers, sizes, mode):
    """Frames, mask and labels of a mode such as 'train_padded'."""
    generator = torch.Generator().manual_seed(sizes["seed"])
    frames = torch.randn(sizes["B"], sizes["T"], sizes["VD"] + sizes["AD"], generator=generator)
    np.testing.assert_allclose(frames.flatten()[:8].numpy(), numbers["x_first8"], atol=1e-6)
    counts = [sizes["T"]] * sizes["B"] if mode.endswith("full") else sizes["num_frames"]
    mask = torch.arange(sizes["T"])[None] < torch.tensor(counts)[:, None]
    labels = torch.from_numpy(numbers["labels"]).float()
    return frames * mask[..., None], mask[..., None].repeat(1, 1, 2), labels
