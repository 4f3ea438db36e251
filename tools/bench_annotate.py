"""Compare the speed and the results of this checkout with another one, on one video.

    python tools/bench_annotate.py vtest.avi --baseline ../before --limit 2.5
    python tools/bench_annotate.py vtest.avi --baseline ../before --options="--end 20" --limit 2.5

Both annotate the video in turn, in new processes and with every output. With --limit the exit code
is 1 if the wall time improves by less than that ratio.
"""

from __future__ import annotations

import shlex
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tyro.conf import Positional

from stad.cli.arguments import parse
from stad.cli.option_types import option
from stad.errors import run_script


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options for the video, the other checkout and the runs."""

    video: Annotated[str, Positional, option("video to annotate", metavar="VIDEO")]
    baseline: Annotated[Path, option("root of the other checkout", metavar="DIR")]
    options: Annotated[str, option("options of both runs, in quotes", metavar="WORDS")] = ""
    baseline_options: Annotated[
        str, option("more options of the other checkout", metavar="WORDS")
    ] = ""
    current_options: Annotated[str, option("more options of this checkout", metavar="WORDS")] = ""
    rounds: Annotated[int, option("runs of each", metavar="N")] = 3
    limit: Annotated[float | None, option("minimum ratio of the wall times", metavar="RATIO")] = (
        None
    )


def main() -> int:
    """Measure and print; return 1 below the limit."""
    options = parse(Options, description=__doc__)
    from benchmarks.annotate_speed import compare_checkouts
    from stad.utils.markdown import markdown_table

    both = [options.video, *shlex.split(options.options)]
    with tempfile.TemporaryDirectory() as folder:
        found = compare_checkouts(
            options.baseline,
            ROOT,
            [*both, *shlex.split(options.current_options)],
            folder=Path(folder),
            rounds=options.rounds,
            baseline_words=[*both, *shlex.split(options.baseline_options)],
        )
    rows = [(name, *(f"{value:.2f}" for value in values)) for name, *values in found.rows()]
    print(markdown_table(("median", "baseline", "this checkout", "ratio"), rows), end="")
    same = found.agreement
    print(
        f"{same.num_frames} frames: the same ids in {same.same_ids:.1%}, boxes at most "
        f"{same.max_apart_px:.2f} px apart (IoU {same.min_iou:.3f} or more)\n"
        f"{same.num_keyframes} keyframes: the same labels in {same.same_labels:.1%}"
    )
    return int(options.limit is not None and found.speedup < options.limit)


if __name__ == "__main__":
    run_script(main)
