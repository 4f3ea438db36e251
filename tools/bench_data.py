"""Measure how fast training gets its clips: by stage, and against decord in a plain loop.

    python tools/bench_data.py configs/slowfast_ava.py --video film.mp4

Times are medians in one process of a loader; the processor time ('CPU') is that of all its threads.
The exit code is 1 if the pipeline takes over 10 % more processor time than the plain loop.
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

MAX_SLOWDOWN = 0.10


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
    collate = config.train_dataloader.collate_fn.type
    with tempfile.TemporaryDirectory() as folder:
        data_changes = {}
        if options.video is not None:
            data_changes = benchmark.annotate_video(config, options.video, Path(folder))
        dataset, window = benchmark.build_dataset(config, data_changes)
        wall, cpu = benchmark.time_pipeline(
            dataset, collate, num_clips=options.clips, batch_size=options.batch
        )
        print(f"{benchmark.shape_of_videos(dataset)}, clips of {window.num_frames} frames")
        print(f"{'stage':<16}{'ms a clip':>12}{'CPU ms':>12}{'CPU ratio':>12}")
        rows = {"decord alone": (wall.plain, cpu.plain)}
        for name in ("decode", "augment", "collate", "pipeline"):
            rows[name] = getattr(wall, name), getattr(cpu, name)
        for name, (seconds, busy) in rows.items():
            print(f"{name:<16}{1000 * seconds:>12.1f}{1000 * busy:>12.1f}{busy / cpu.plain:>12.2f}")
        if options.steps:
            device = options.device or ("cuda:0" if torch.cuda.is_available() else "cpu")
            batch = collate([dataset[index % len(dataset)] for index in range(options.batch)])
            step = benchmark.time_training_step(config, batch, steps=options.steps, device=device)
            print(f"{'training step':<16}{1000 * step:>12.1f}")
    print(
        f"compared with decord alone, the pipeline takes {cpu.slowdown:+.1%} of processor time and "
        f"{wall.slowdown:+.1%} of time"
    )
    return 1 if cpu.slowdown > MAX_SLOWDOWN else 0


if __name__ == "__main__":
    run_script(main)
