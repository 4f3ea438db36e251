"""Measure how fast training gets its clips: by stage, and against decord in a plain loop.

    python tools/bench_data.py configs/slowfast_ava.py --video film.mp4

The exit code is 1 if the pipeline is more than 25 % slower than the plain loop.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2
import torch
from mmengine.config import Config
from tyro.conf import Positional

from benchmarks import reading as benchmark
from stad.cli.arguments import parse
from stad.cli.option_types import option
from stad.cli.train_options import ConfigOptions
from stad.engine.config_options import read_changes
from stad.errors import run_script

MAX_SLOWDOWN = 0.25


@dataclass(frozen=True, kw_only=True)
class Options(ConfigOptions):
    """Options for the reading to measure."""

    config: Annotated[
        Path, Positional, option("its training data and model are measured", metavar="CONFIG")
    ]
    video: Annotated[
        Path | None, option("measure on this video instead of the config's data", metavar="FILE")
    ] = None
    clips: Annotated[int, option("clips to read", metavar="N")] = 32
    batch: Annotated[int, option("clips per batch", metavar="N")] = 4
    steps: Annotated[int, option("training steps; 0 leaves them out", metavar="N")] = 1
    device: Annotated[
        str | None, option("device of the steps (default: a GPU if there is one)", metavar="DEVICE")
    ] = None


def main() -> int:
    """Measure and print; exit code 1 if the pipeline is too slow."""
    options = parse(Options, description=__doc__)
    changes = read_changes(options.cfg_options)
    config = Config.fromfile(options.config)
    config.merge_from_dict(changes)
    # As in training: the process of a loader has no OpenCV threads.
    cv2.setNumThreads(0)
    with tempfile.TemporaryDirectory() as folder:
        data_changes = {}
        if options.video is not None:
            data_changes = benchmark.annotate_every_second(options.video, Path(folder))
        dataset, window = benchmark.build_dataset(config, data_changes)
        times = benchmark.time_pipeline(
            dataset, window, num_clips=options.clips, batch_size=options.batch
        )
        print(f"{benchmark.shape_of_videos(dataset)}, clips of {window.num_frames} frames")
        print(f"{'stage':<16}{'ms a clip':>10}{'clips a second':>16}")
        rows = {name: getattr(times, name) for name in ("decode", "augment", "collate")}
        rows |= {"pipeline": times.pipeline, "plain decord": times.plain}
        if options.steps:
            device = options.device or ("cuda:0" if torch.cuda.is_available() else "cpu")
            items = [dataset[index % len(dataset)] for index in range(options.batch)]
            rows["training step"] = benchmark.time_training_step(
                config, items, steps=options.steps, device=device
            )
    for name, seconds in rows.items():
        print(f"{name:<16}{1000 * seconds:>10.1f}{1 / seconds:>16.1f}")
    print(f"the pipeline is {times.slowdown:+.1%} slower than decord alone, in one process")
    return 1 if times.slowdown > MAX_SLOWDOWN else 0


if __name__ == "__main__":
    run_script(main)
