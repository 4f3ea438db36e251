"""Export labels of one's own videos: the job behind ``stad export DATA --ava|--coco``."""

from __future__ import annotations

import functools
import math

from tqdm import tqdm

from stad.annotations.own.folder import OwnFolder
from stad.cli.export_options import ExportOptions
from stad.cli.log_lines import line_log, print_line
from stad.cli.output_checks import check_free
from stad.errors import InputError
from stad.own_classes.exporting import export_ava, export_coco, label_map_path
from stad.utils.files import check_output


def export_labels(options: ExportOptions) -> None:
    """Write the labels, and say what was done.

    Raises:
        InputError: an option, the folder or an output cannot be used.
    """
    if options.out is not None:
        raise InputError("Give --out for a model, or --ava and --coco for labels, not both.")
    if not 0 < options.step_sec < math.inf:
        raise InputError(f"--step must be above 0 seconds, got {options.step_sec:g}.")
    folder = OwnFolder(options.model)
    outputs = []
    if options.ava is not None:
        if options.ava.suffix.lower() != ".csv":
            raise InputError(f"--ava: the name of the file must end in .csv, got {options.ava}.")
        outputs += [("--ava", options.ava), ("--ava", label_map_path(options.ava))]
    if options.coco is not None:
        outputs.append(("--coco", options.coco))
    for flag, path in outputs:
        check_output(flag, path)
        check_free(flag, path, overwrite=options.overwrite)
    log = line_log(quiet=options.quiet)
    bar = functools.partial(
        tqdm, desc="videos", unit="video", disable=True if options.quiet else None, leave=False
    )
    written = []
    if options.ava is not None:
        written.append(export_ava(folder, options.ava, step_sec=options.step_sec, progress=bar))
    if options.coco is not None:
        written.append(export_coco(folder, options.coco, progress=bar))
    for one in written:
        rows = "rows" if one.paths[0] == options.ava else "boxes"
        log(
            f"written   {', '.join(map(str, one.paths))}: {one.num_entries} {rows} of "
            f"{one.num_videos} videos"
        )
        for note in one.notes:
            print_line(f"note: {note}")
