"""Measures how fast training gets its clips: by stage, and against decord in a plain loop.

    python tools/bench_data.py configs/slowfast_ava.py --video film.mp4

Exit code 1 if the pipeline is more than 25 % slower than the plain loop.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2
import torch
from mmengine.config import Config

from benchmarks import reading as benchmark
from stad.cli.arguments import ArgumentParser
from stad.engine.config_options import ConfigOptions
from stad.errors import run_script

MAX_SLOWDOWN = 0.25


def parse_args() -> argparse.Namespace:
    """The options."""
    parser = ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", help="its training data and model are measured")
    parser.add_argument("--video", type=Path, help="measure on this video, not the config's data")
    parser.add_argument("--clips", type=int, default=32, help="how many are read (32)")
    parser.add_argument("--batch", type=int, default=4, help="clips per batch (4)")
    parser.add_argument("--steps", type=int, default=1, help="training steps; 0 leaves them out")
    parser.add_argument("--device", default="cuda:0" if torch.cuda.is_available() else "cpu")
    parser.add_argument(
        "--cfg-options", nargs="+", action=ConfigOptions, default={}, metavar="KEY=VALUE"
    )
    return parser.parse_args()


def main() -> int:
    """Measure and print."""
    args = parse_args()
    config = Config.fromfile(args.config)
    config.merge_from_dict(args.cfg_options)
    # As in training: a loader's process has no threads of OpenCV's.
    cv2.setNumThreads(0)
    with tempfile.TemporaryDirectory() as folder:
        changes = {}
        if args.video is not None:
            changes = benchmark.annotate_every_second(args.video, Path(folder))
        dataset, window = benchmark.build_dataset(config, changes)
        times = benchmark.time_pipeline(
            dataset, window, num_clips=args.clips, batch_size=args.batch
        )
        print(f"{benchmark.shape_of_videos(dataset)}, clips of {window.num_frames} frames")
        print(f"{'stage':<16}{'ms a clip':>10}{'clips a second':>16}")
        rows = {name: getattr(times, name) for name in ("decode", "augment", "collate")}
        rows |= {"pipeline": times.pipeline, "plain decord": times.plain}
        if args.steps:
            items = [dataset[index % len(dataset)] for index in range(args.batch)]
            rows["training step"] = benchmark.time_training_step(
                config, items, steps=args.steps, device=args.device
            )
    for name, seconds in rows.items():
        print(f"{name:<16}{1000 * seconds:>10.1f}{1 / seconds:>16.1f}")
    print(f"the pipeline is {times.slowdown:+.1%} slower than decord alone, in one process")
    return 1 if times.slowdown > MAX_SLOWDOWN else 0


if __name__ == "__main__":
    run_script(main)
