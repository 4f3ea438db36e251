"""Measure how much video one core gets through in a corpus: decoding, a model, and parts.

    python tools/bench_corpus.py video.mp4 --model skeleton_poses --parts 60
    python tools/bench_corpus.py video.mp4 --model slowfast_r50_4x16_ava21 --random

Times are those of the processor, so that other work on the machine matters little.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.arguments import parse
from stad.cli.option_groups import ModelOptions
from stad.cli.option_types import option
from stad.errors import run_script


@dataclass(frozen=True, kw_only=True)
class Options(ModelOptions):
    """Options of the measurement."""

    HEADING = "general"

    video: Annotated[Path, Positional, option("video to annotate", metavar="VIDEO")]
    random: Annotated[bool, option("random weights, which are as fast as others")] = False
    parts: Annotated[float, option("length of parts, 0: none", metavar="SEC")] = 0.0


def main() -> None:
    """Measure, and print a table."""
    options = parse(Options, description=__doc__)
    # One core, as a worker of 'stad corpus' has it; libraries start their threads after this.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    from benchmarks.corpus import measure_decoding, measure_model, report
    from stad.inference.options import InferenceOptions

    models = InferenceOptions(
        model=options.model,
        weights=None if options.random else options.weights,
        detector=options.detector,
        detector_weights=options.detector_weights,
        device=options.device,
        precision=options.precision,
        runtime=options.runtime,
    )
    speeds = [measure_decoding(options.video), measure_model(options.video, models)]
    if options.parts:
        speeds.append(measure_model(options.video, models, part_sec=options.parts))
    print(report(speeds))


if __name__ == "__main__":
    run_script(main)
