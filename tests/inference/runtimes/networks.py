"""Small networks, fixtures and marks that the tests of runtimes share."""

import numpy as np
import pytest
from torch import nn

from stad.inference.runtimes import RUNTIMES, is_installed

INSTALLED = [
    pytest.param(
        name, marks=pytest.mark.skipif(not is_installed(name), reason=f"{name} is not installed")
    )
    for name in RUNTIMES
]


class Halves(nn.Module):
    """Two outputs: half of the input, convolved, and the mean of the input."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, stride=2, padding=1)

    def forward(self, x):
        return self.conv(x) / 2, x.mean(dim=(2, 3))


def images(count, *, size=(12, 10), seed=0):
    return np.random.default_rng(seed).random((count, 3, *size), dtype=np.float32)
