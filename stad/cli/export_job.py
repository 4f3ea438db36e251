"""Export a model: the job behind ``stad export``."""

from __future__ import annotations

import re
from pathlib import Path

from stad.cli.export_options import ExportOptions
from stad.cli.log_lines import line_log
from stad.cli.output_checks import check_free, check_not_input
from stad.errors import InputError
from stad.inference.exported_card import output_paths
from stad.inference.exported_files import check_suffix, is_exported
from stad.utils.files import check_output
from stad.utils.locks import only_writer
from stad.utils.part_files import is_special

MIN_SIDE_PX, MAX_SIDE_PX = 16, 16384


def export(options: ExportOptions) -> None:
    """Write the model of the options, and say what was done.

    Raises:
        InputError: an option, the model or an output cannot be used, or the exported network
            differs from torch; nothing is written then.
    """
    if options.out is None:
        hint = "; --ava or --coco writes its labels" if Path(options.model).is_dir() else ""
        raise InputError(f"--out must be given: the file to write, .onnx or .xml{hint}.")
    size = None if options.size is None else parse_size(options.size)
    if size is not None and options.dynamic:
        raise InputError("Give --dynamic, which takes every size, or --size, not both.")
    if is_exported(options.model):
        raise InputError(f"{options.model} is exported already. Give the model's name or config.")
    check_suffix(options.out)
    paths = output_paths(options.out)
    check_not_input(options, dict.fromkeys(("--out",), options.out))
    for path in paths:
        if is_special(path):
            raise InputError(f"--out: {path} is a device or a pipe. Give the name of a file.")
        check_output("--out", path)
        check_free("--out", path, overwrite=options.overwrite)
    # Imported here, because torch takes seconds.
    from stad import zoo
    from stad.inference.export import check_packages, export_model
    from stad.inference.precision import note_network

    check_packages(options.out)
    loaded = zoo.open_model(
        options.model, weights=options.weights, device="cpu", progress=not options.quiet
    )

    log = line_log(quiet=options.quiet)
    log(f"model     {loaded.name} ({loaded.source})")
    note_network(loaded.name, "cpu", "float32")
    with only_writer(*paths, log=log):
        written = export_model(
            loaded, options.out, video_size=size, dynamic=options.dynamic, log=log
        )
    log(f"written   {', '.join(map(str, written))}")


def parse_size(text: str) -> tuple[int, int]:
    """Return (width, height), pixels, of a text such as '1280x720'.

    Raises:
        InputError: the text is something else.

    >>> parse_size("1280x720")
    (1280, 720)
    """
    found = re.fullmatch(r"(\d+)x(\d+)", text.strip().lower())
    if not found:
        raise InputError(f"--size must be WIDTHxHEIGHT, such as 1280x720, got {text!r}.")
    width, height = int(found[1]), int(found[2])
    if not all(MIN_SIDE_PX <= side <= MAX_SIDE_PX for side in (width, height)):
        raise InputError(
            f"--size must have sides of {MIN_SIDE_PX} to {MAX_SIDE_PX} pixels, got {text!r}."
        )
    return width, height
