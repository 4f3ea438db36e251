"""State what a clip costs in each detector of actions, and measure what this machine can do."""

from __future__ import annotations

import time
from functools import cache

# Billions of multiply-adds of the backbone for one clip of a 16:9 video at the size of the model's
# config, as benchmarks.model_cost counts them.
GFLOPS: dict[str, int] = {
    "umt_vit_l16_ava22": 1801,
    "videomae_vit_l16_avakinetics": 1719,
    "videomae_vit_b16_avakinetics": 545,
    "umt_vit_b16_ava22": 571,
    "slowonly_r50_16x4_tricks_k700_avakinetics": 300,
    "slowonly_r50_8x8_tricks_k700_avakinetics": 150,
    "slowfast_acrn_r50_8x8_ava22": 175,
    "slowfast_r50_8x8_tmax_focal_ava22": 175,
    "slowfast_r50_8x8_ava22": 175,
    "slowonly_r50_4x16_k700_avakinetics": 75,
    "slowfast_r50_4x16_context_ava21": 95,
    "slowfast_r50_4x16_ava21": 95,
    "slowonly_r50_4x16_ava21": 75,
}
# Networks reach about half of the rate of a product of large matrices (docs/speed.md).
EFFICIENCY = 0.5
# Side of the matrices that are multiplied, and how often.
SIDE, TIMES = 1024, 4


def clip_sec(name: str, device: str) -> float | None:
    """Return an estimate of the time of a clip in a model, seconds; None where it is not known.

    It is of torch in float32 on a CPU. OpenVINO takes less, with bfloat16 down to a tenth of it.

    Args:
        name: of the model.
        device: 'cpu', 'cuda:0' ...
    """
    rate = measure_rate(device)
    if rate is None or name not in GFLOPS:
        return None
    return GFLOPS[name] / (EFFICIENCY * rate)


@cache
def measure_rate(device: str) -> float | None:
    """Return the billions of multiply-adds a second in products of matrices; None without the GPU.

    On a GPU they are of bfloat16, where it has it, as runs are; on a CPU of float32. It takes a
    fraction of a second, once a process.
    """
    # Imported here: it takes seconds.
    import torch

    is_gpu = device.startswith("cuda")
    if is_gpu and not torch.cuda.is_available():
        return None
    half = is_gpu and torch.cuda.is_bf16_supported()
    dtype = torch.bfloat16 if half else torch.float32
    one = torch.full((SIDE, SIDE), 0.5, dtype=dtype, device=device)
    seconds = []
    # The first product opens the library.
    for _ in range(TIMES + 1):
        start = time.perf_counter()
        product = one @ one
        # Waits for the result.
        product[0, 0].item()
        seconds.append(time.perf_counter() - start)
    return SIDE**3 / min(seconds[1:]) / 1e9
