"""Measure how fast training gets its records, beside a plain loop over the same files.

    python tools/bench_records.py
    python tools/bench_records.py --config configs/nextvlad_youtube8m.py --step-batch 16

Without --records, records of YouTube-8M's size are made up in a temporary folder. With --config,
steps of training are timed with and without a loader beside them.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import records as benchmark
from stad.cli.arguments import parse
from stad.cli.option_types import option
from stad.datasets.records.dataset import RecordDataset
from stad.errors import InputError, run_script


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options for the reading to measure."""

    records: Annotated[
        str | None, option("shards of YouTube-8M (default: made up)", metavar="FOLDER|PATTERN")
    ] = None
    count: Annotated[int, option("records that are made up", metavar="N")] = 1000
    batch: Annotated[int, option("records per batch", metavar="N")] = 160
    workers: Annotated[tuple[int, ...], option("processes of a loader", metavar="N ...")] = (
        *(0, 1, 2),
    )
    config: Annotated[
        Path | None, option("also time training steps of its model", metavar="CONFIG")
    ] = None
    step_batch: Annotated[int, option("records per training step", metavar="N")] = 16
    steps: Annotated[int, option("training steps", metavar="N")] = 10


def main() -> None:
    """Measure and print."""
    options = parse(Options, description=__doc__)
    if min(options.count, options.batch, options.step_batch, options.steps) < 1:
        raise InputError("--count, --batch, --step-batch and --steps must be 1 or more.")
    with tempfile.TemporaryDirectory() as folder:
        pattern = options.records or benchmark.write_records(Path(folder), options.count)
        dataset = RecordDataset(
            pattern,
            modalities=[{"name": k, "channels": v} for k, v in benchmark.CHANNELS.items()],
            label_map="youtube8m",
        )
        # The first loop brings the files into memory.
        benchmark.time_plain_loop(pattern)
        plain = benchmark.time_plain_loop(pattern)
        print(f"{'reader':<24}{'records/s':>12}{'of plain':>10}")
        print(f"{'plain loop':<24}{plain.per_sec:>12.0f}{1:>10.2f}")
        for workers in options.workers:
            speed = benchmark.time_loader(dataset, batch=options.batch, workers=workers)
            ratio = speed.per_sec / plain.per_sec
            print(f"{f'loader, {workers} processes':<24}{speed.per_sec:>12.0f}{ratio:>10.2f}")
        if options.config is not None:
            print_training(options, dataset)


def print_training(options: Options, dataset: RecordDataset) -> None:
    """Print how long a step of training takes, and how long it waits for records."""
    from stad.zoo.configs import read_config

    assert options.config is not None
    config = read_config(options.config)
    for workers in options.workers:
        times = benchmark.time_training(
            config, dataset, batch=options.step_batch, workers=workers, steps=options.steps
        )
        print(
            f"step of {options.step_batch} records, {workers} processes: "
            f"{times.reading:.3f} s ({times.alone:.3f} s without reading), of which "
            f"{times.waiting:.3f} s waiting for records"
        )


if __name__ == "__main__":
    run_script(main)
