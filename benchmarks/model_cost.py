"""Count the multiply-adds of a network for a clip, and its weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from mmengine.config import ConfigDict
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from stad.registry import MODELS

# torch counts a multiplication and an addition as two operations; papers count the pair as one.
OPERATIONS_PER_PAIR = 2


class Cost(NamedTuple):
    """The cost of one clip in one view.

    Attributes:
        gflops: billions of multiply-adds, as papers state 'GFLOPs'.
        parameters_m: millions of weights.
    """

    gflops: float
    parameters_m: float


def count_cost(model: ConfigDict, *, num_frames: int, size_px: int) -> Cost:
    """Count with torch's own counter, from shapes alone; nothing is computed.

    Args:
        model: config of a ``Recognizer``.
        num_frames: of a clip.
        size_px: its height and width.
    """
    with torch.device("meta"):
        network = MODELS.build(model).eval()
        clips = torch.empty(1, network.data_preprocessor.num_channels, num_frames, size_px, size_px)
    return count_network(network, clips)


@torch.no_grad()
def count_network(network: torch.nn.Module, inputs: torch.Tensor) -> Cost:
    """Count the cost of any network for its inputs, both on the device 'meta' or on a real one."""
    with _plain_attention(), FlopCounterMode(display=False) as counter:
        network(inputs)
    return Cost(
        gflops=counter.get_total_flops() / OPERATIONS_PER_PAIR / 1e9,
        parameters_m=sum(one.numel() for one in network.parameters()) / 1e6,
    )


@contextmanager
def _plain_attention() -> Iterator[None]:
    """Compute attention as matrix products: the counter does not know all fused kernels."""
    was_fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(was_fast)
