"""Show the progress of an annotation run and what it found on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TypeVar

from tqdm import tqdm

from stad.cli.log_lines import print_line
from stad.cli.terminal import PipeConsole
from stad.inference.annotation import Annotation
from stad.outputs.outputs import Outputs
from stad.outputs.writers import segments_table

Result = TypeVar("Result")


def progress_bar(results: Iterable[Result], *, total: int, quiet: bool) -> Iterable[Result]:
    """Yield the results and show how many of ``total`` there were; 0: the total is not known."""
    return tqdm(
        # A run that fails is closed by its caller, not by the bar.
        (result for result in results),
        total=total or None,
        desc="annotate",
        unit="frame",
        dynamic_ncols=True,
        smoothing=0.05,
        disable=quiet,
    )


def print_report(
    annotation: Annotation,
    outputs: Outputs,
    *,
    warnings: list[str],
    interrupted: bool,
    resumable: bool,
    quiet: bool,
) -> None:
    """Print warnings, segments and files of a run that is over; ``quiet``: warnings only."""
    for warning in warnings:
        print_line(f"warning: {warning}")
    if interrupted:
        advice = " Run the same command with --resume to continue." if resumable else ""
        print(
            f"interrupted after {outputs.num_frames} frames ({outputs.last_sec:.1f} s): the files "
            f"hold the results so far.{advice}",
            file=sys.stderr,
        )
    if quiet:
        return
    console = PipeConsole()
    if outputs.num_actors == 0:
        console.print(f"No people were found in {annotation.info.video.name}.", markup=False)
    elif not annotation.segments:
        console.print(
            f"{outputs.num_actors} people were found, but no action reached the threshold "
            f"{annotation.info.threshold:g}. Try a lower --threshold."
        )
    else:
        console.print(segments_table(annotation.segments, annotation.class_names))
    for line in (annotation.counts.report(), annotation.looks.report()):
        if line:
            console.print(line, soft_wrap=True, highlight=False)
    for kind, path in outputs.written():
        console.print(f"{kind:<9} {path}", soft_wrap=True, highlight=False, markup=False)
