"""Tune the localizer from files of curves and annotations, and write its best options."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from stad.annotations.segments import read_annotations
from stad.cli.option_ranges import check_numbers
from stad.cli.output_checks import check_not_input
from stad.cli.tune_options import TuneOptions
from stad.errors import EXIT_INTERRUPTED, EXIT_OK, InputError
from stad.localization.curve_files import read_curves
from stad.localization.options import LocalizerOptions
from stad.localization.tuning import Tuned, tune
from stad.utils.interrupt import StopRequest


def tune_files(options: TuneOptions) -> int:
    """Read the files, search, write and print the result, and return the exit code.

    Raises:
        InputError: a file or a number cannot be used; then nothing is written.
    """
    _check(options)
    base = LocalizerOptions()
    if options.start_from:
        base = LocalizerOptions.from_file(options.start_from)
    if options.window_sec is not None:
        base = replace(base, window_sec=options.window_sec)
    truth = read_annotations(options.gt, subset=options.subset)
    curves = read_curves(options.curves)
    with (
        StopRequest() as stop,
        tqdm(desc="tune", unit="label", dynamic_ncols=True, disable=options.quiet) as bar,
    ):

        def show(done: int, total: int) -> bool:
            bar.total = total
            bar.update(done - bar.n)
            return not stop.requested

        tuned = tune(
            curves,
            truth,
            base=base,
            stride_sec=options.stride_sec,
            overlap=options.tiou,
            per_label=options.per_label,
            on_label=show,
        )
    tuned.options.to_file(options.out)
    if not options.quiet:
        print(tuned_table(tuned, options.tiou))
        print(f"written   {options.out}")
    if tuned.num_left:
        print(f"interrupted: {tuned.num_left} labels were not tuned", file=sys.stderr)
        return EXIT_INTERRUPTED
    return EXIT_OK


def tuned_table(tuned: Tuned, overlap: float) -> str:
    """Return a table of the average precision of each label before and after, and of the means."""
    rows = list(zip(tuned.labels, tuned.ap_before, tuned.ap_after, strict=True))
    rows.append((f"mAP@{overlap:g}", tuned.ap_before.mean(), tuned.ap_after.mean()))
    width = max(len(name) for name, *_ in rows)
    lines = [f"{'label':<{width}}  before   after"]
    lines += [f"{name:<{width}}  {before:.4f}  {after:.4f}" for name, before, after in rows]
    return "\n".join(lines)


def _check(options: TuneOptions) -> None:
    if not 0 < options.tiou <= 1:
        raise InputError(f"--tiou must be above 0 and at most 1, got {options.tiou:g}.")
    check_numbers(options)
    folder = Path(options.out).parent
    if not folder.is_dir():
        raise InputError(f"--out: the folder {folder} does not exist. Create it first.")
    check_not_input(options, {"--out": options.out})
