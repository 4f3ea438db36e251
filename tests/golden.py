"""Weights made from their names alone, for parity with outputs of the reference models."""

import json
import math
import zlib
from pathlib import Path

import numpy as np
import torch

DATA = Path(__file__).parent / "data"


def golden(name):
    """The stored numbers of one reference model, a mapping of arrays."""
    return np.load(DATA / f"{name}.npz")


def made_weight(key, shape):
    """The weight of a key: normal numbers seeded by the key, scaled so that signals keep size."""
    generator = torch.Generator().manual_seed(zlib.crc32(key.encode()))
    normal = torch.randn(shape, generator=generator)
    if key.endswith("num_batches_tracked"):
        return torch.zeros(shape, dtype=torch.int64)
    if key.endswith("running_var"):
        return 1 + 0.1 * normal.abs()
    # 'in_proj_weight' of attentions too.
    if key.endswith("weight") and len(shape) >= 2:
        return normal / math.sqrt(math.prod(shape[1:]))
    if key.endswith(".weight"):
        return 1 + 0.1 * normal
    return 0.1 * normal


def reference_state(numbers):
    """The state dict of the reference model, under its own names."""
    shapes = json.loads(str(numbers["shapes"]))
    state = {key: made_weight(key, shapes[key]) for key in numbers["keys"].tolist()}
    if "nonlocal_factor" in numbers:
        # The dot product of PySlowFast's non-local blocks explodes otherwise.
        for key in state:
            if "nonlocal" in key and not key.endswith(("running_var", "bn.weight", "_tracked")):
                state[key] *= float(numbers["nonlocal_factor"])
    return state
