"""Recognize what a video shows as a whole: the job behind demo/recognize_video.py."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stad.cli.log_lines import line_log, print_line
from stad.cli.option_ranges import check_numbers
from stad.cli.output_checks import check_outputs, is_stdout
from stad.cli.recognize_options import RecognizeOptions
from stad.inference.recognition import Recognition, open_recognizer, recognize_video
from stad.utils.locks import only_writer
from stad.video.sampling import parse_views

if TYPE_CHECKING:
    from rich.table import Table

BAR_WIDTH = 32


def recognize(options: RecognizeOptions) -> None:
    """Recognize one video; print the highest classes and write the JSON.

    Raises:
        InputError: the video, an output, a model or an option cannot be used; nothing is
            written then.
    """
    check_numbers(options)
    views = None if options.views is None else parse_views(options.views)
    check_outputs(options, {"--json": options.json}, overwrite=options.overwrite)
    # Opened before torch is imported: a wrong file name must not cost seconds.
    from stad.video.source import VideoSource

    info = VideoSource(options.video).info
    loaded, device = open_recognizer(
        options.model,
        weights=options.weights,
        device=options.device,
        runtime=options.runtime,
        progress=not options.quiet,
        log=line_log(quiet=options.quiet),
    )
    with only_writer(options.json, log=print_line):
        found = recognize_video(options.video, loaded, views=views)
        for warning in found.warnings:
            print_line(f"warning: {warning}")
        if not options.quiet:
            print(
                f"model     {loaded.name} ({loaded.source}), {device}, views {found.views}",
                file=sys.stderr,
            )
            if not is_stdout(options.json):
                _print(found, options.top, title=info.name)
        if options.json is not None:
            _write_json(options.json, found, options, model=loaded.name)


def as_table(rows: Sequence[tuple[str, float]], *, title: str) -> Table:
    """Return a table of names and scores in [0, 1] with bars, for a terminal."""
    from rich.bar import Bar
    from rich.markup import escape
    from rich.table import Table

    table = Table(title_justify="left", box=None, show_header=False, pad_edge=False)
    table.title = escape(title)
    table.add_column(no_wrap=True, overflow="ellipsis")
    table.add_column(justify="right")
    table.add_column(width=BAR_WIDTH)
    for name, score in rows:
        table.add_row(escape(name), f"{score:.1%}", Bar(1, 0, score, width=BAR_WIDTH, color="cyan"))
    return table


def _print(found: Recognition, top: int, *, title: str) -> None:
    from stad.cli.terminal import PipeConsole

    rows = [(found.class_names[index], score) for index, score in found.top(top)]
    PipeConsole().print(as_table(rows, title=title))


def _write_json(path: Path, found: Recognition, options: RecognizeOptions, *, model: str) -> None:
    from stad.utils.files import write_whole

    document = {
        "video": Path(options.video).name,
        "model": model,
        "views": str(found.views),
        "top": [
            {"label": found.class_names[index], "class_index": index, "score": round(score, 6)}
            for index, score in found.top(options.top)
        ],
    }
    write_whole(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
