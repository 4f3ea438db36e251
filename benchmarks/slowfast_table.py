"""Compare the cost of SlowFast's options with the figures of its paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from mmengine.config import Config

from benchmarks.model_cost import Cost, count_cost
from stad import zoo
from stad.utils.markdown import markdown_table

# The paper's accuracy and GFLOPs are those of views of this size.
VIEW_PX = 256
COLUMNS = (
    "variant",
    "config",
    "paper's top-1, %",
    "paper's GFLOPs",
    "GFLOPs",
    "difference",
    "parameters",
)


@dataclass(frozen=True)
class Variant:
    """A row of the paper's table 5, Kinetics-400, R50, 4x16.

    Attributes:
        title: of the row.
        config: file name of a config.
        paper_top1: percent.
        paper_gflops: billions of multiply-adds of a view.
        changes: of the config's model, by path.
    """

    title: str
    config: str
    paper_top1: float
    paper_gflops: float
    changes: Mapping[str, object] = field(default_factory=dict)


def _beta(inverse: int, top1: float, gflops: float, *, fast_channels: int) -> Variant:
    changes = {"backbone.beta_inverse": inverse, "head.in_channels": 2048 + fast_channels}
    return Variant(f"beta 1/{inverse}", "slowfast_kinetics.py", top1, gflops, changes)


_LATE_KERNELS = {"backbone.inflate": (0, 0, 1, 1)}

VARIANTS = (
    Variant("Slow only", "slowonly_kinetics.py", 72.6, 27.3),
    Variant("Fast only", "fastonly_kinetics.py", 51.7, 6.4),
    Variant("Fast only, 3D in res4 and res5", "fastonly_kinetics.py", 51.7, 6.4, _LATE_KERNELS),
    Variant("none (late concat)", "slowfast_late_concat_kinetics.py", 73.5, 34.2),
    Variant("time-to-channel, sum", "slowfast_time_to_channel_sum_kinetics.py", 74.5, 34.2),
    Variant("time-to-channel, concat", "slowfast_time_to_channel_concat_kinetics.py", 74.3, 39.8),
    Variant("time-strided sampling", "slowfast_time_strided_sampling_kinetics.py", 75.4, 34.9),
    Variant("time-strided conv, beta 1/8, RGB", "slowfast_kinetics.py", 75.6, 36.1),
    _beta(4, 75.6, 54.5, fast_channels=512),
    _beta(6, 75.8, 41.8, fast_channels=352),
    _beta(12, 75.2, 32.8, fast_channels=192),
    _beta(16, 75.1, 30.6, fast_channels=128),
    _beta(32, 74.2, 28.6, fast_channels=64),
    Variant("half resolution, beta 1/4", "slowfast_half_resolution_kinetics.py", 74.7, 34.4),
    Variant("grayscale", "slowfast_grayscale_kinetics.py", 75.5, 34.1),
    Variant("time difference", "slowfast_time_difference_kinetics.py", 74.5, 34.2),
    Variant("optical flow", "slowfast_optical_flow_kinetics.py", 73.8, 35.1),
)


@cache
def variant_cost(title: str) -> Cost:
    """Return the cost per view of the variant with this title.

    Raises:
        KeyError: there is no such variant.
    """
    variant = {one.title: one for one in VARIANTS}[title]
    config = Config.fromfile(zoo.config_dir() / variant.config)
    config.merge_from_dict({f"model.{path}": value for path, value in variant.changes.items()})
    frames = config.val_dataloader.dataset.window.num_frames
    return count_cost(config.model, num_frames=frames, size_px=VIEW_PX)


def difference(variant: Variant) -> float:
    """Return the relative difference of the GFLOPs from the paper's; 0.01 is 1 % more."""
    return variant_cost(variant.title).gflops / variant.paper_gflops - 1


def as_markdown(variants: Sequence[Variant] = VARIANTS) -> str:
    """Return the table of the documentation."""
    rows = []
    for one in variants:
        cost = variant_cost(one.title)
        rows.append(
            (
                one.title,
                f"`{one.config}`",
                f"{one.paper_top1:.1f}",
                f"{one.paper_gflops:.1f}",
                f"{cost.gflops:.2f}",
                f"{difference(one):+.1%}",
                f"{cost.parameters_m:.2f} M",
            )
        )
    return markdown_table(COLUMNS, rows, texts=(0, 1))
