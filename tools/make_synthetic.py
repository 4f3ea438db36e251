"""Render the synthetic data set: videos of people who move, CSV files and a label map like AVA's.

The same command continues an interrupted run, and adds scenes with a larger --train or --val.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tqdm import tqdm
from tyro.conf import Positional

from stad.cli.arguments import parse
from stad.cli.option_types import option
from stad.datasets.synthetic.files import RenderSettings, render_dataset
from stad.errors import InputError, run_script

# Far above the training seeds, so that more training scenes never meet the held-out ones.
FIRST_VAL_SEED = 1_000_000
USUAL = RenderSettings()


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options for the scenes to render."""

    folder: Annotated[
        Path, Positional, option("folder of the data set, such as data/synthetic", metavar="FOLDER")
    ]
    train: Annotated[int, option("training scenes", metavar="N")] = 2000
    val: Annotated[int, option("held-out scenes", metavar="N")] = 300
    size: Annotated[str, option("size in pixels", metavar="WxH")] = "{}x{}".format(*USUAL.size_px)
    fps: Annotated[float, option("frames per second", metavar="FPS")] = USUAL.fps
    duration: Annotated[float, option("length of a scene", metavar="SEC")] = USUAL.duration_sec
    stride: Annotated[float, option("time between keyframes", metavar="SEC")] = USUAL.stride_sec
    workers: Annotated[
        int | None, option("processes (default: one for each core)", metavar="N")
    ] = None


def parse_size(text: str) -> tuple[int, int]:
    """Return the width and height of '192x144'."""
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise InputError(f"--size must be WIDTHxHEIGHT in pixels, such as 192x144, got {text!r}.")
    return int(width), int(height)


def main() -> None:
    """Render with a progress bar, then print how many rows there are."""
    options = parse(Options, description=__doc__)
    workers = os.cpu_count() or 1 if options.workers is None else options.workers
    if not (0 <= options.train <= FIRST_VAL_SEED and options.val >= 0 and workers >= 1):
        raise InputError(
            f"--train must be 0 to {FIRST_VAL_SEED}, --val 0 or more, --workers 1 or more."
        )
    settings = RenderSettings(
        size_px=parse_size(options.size),
        fps=options.fps,
        duration_sec=options.duration,
        stride_sec=options.stride,
    )
    splits = {
        "train": range(options.train),
        "val": range(FIRST_VAL_SEED, FIRST_VAL_SEED + options.val),
    }
    with tqdm(total=options.train + options.val, unit="scene") as bar:
        rows = render_dataset(
            options.folder, splits, settings=settings, workers=workers, on_scene=bar.update
        )
    counts = ", ".join(f"{name}.csv {count} rows" for name, count in rows.items())
    print(f"{options.folder}: {counts}")


if __name__ == "__main__":
    run_script(main)
