"""Find segments in the tables of a corpus: the job behind ``stad find``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import astuple
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stad.annotations.csv_rows import csv_text
from stad.cli.figure_table import FigureTable
from stad.cli.find_options import FindOptions
from stad.cli.log_lines import line_log
from stad.cli.output_checks import check_outputs
from stad.corpus.query import COLUMNS, FoundSegment, Query, Totals
from stad.corpus.search import Tables, with_tables
from stad.corpus.store import ResultStore
from stad.errors import InputError
from stad.utils.files import write_whole

# Segments that are printed, cut and shown, unless --limit says otherwise.
DEFAULT_LIMIT = 100
VIDEO_COLUMN = 5


class Found(NamedTuple):
    """The findings of a search.

    Attributes:
        totals: how much there is.
        segments: those that are shown.
        boxes: of each of these, for the page; [] without one.
    """

    totals: Totals
    segments: list[FoundSegment]
    boxes: list[np.ndarray]


def find(options: FindOptions) -> None:
    """Search, print a table, and write the outputs.

    Raises:
        InputError: the results, an output or an option cannot be used.
    """
    outputs = {"--csv": options.csv, "--json": options.json, "--html": options.html}
    check_outputs(options, outputs, overwrite=options.overwrite)
    if options.clips is not None and options.clips.exists() and not options.clips.is_dir():
        raise InputError(f"--clips: {options.clips} is a file. Give the name of a folder.")
    log = line_log(quiet=options.quiet)
    store = ResultStore.open(options.results, create=False)
    found = with_tables(store, lambda tables: _search(tables, options))
    if not options.quiet:
        _print(found)
    log(summary(found))
    for flag in ("--csv", "--json"):
        if outputs[flag] is not None:
            log(f"{flag.strip('-'):<9} {outputs[flag]}")
    if options.clips is not None or options.html is not None:
        _use_videos(options, found)


def _search(tables: Tables, options: FindOptions) -> Found:
    query = Query(
        labels=options.label,
        min_score=options.min_score,
        longer_sec=options.longer_sec,
        videos=options.video,
        models=options.model,
        where=options.where,
    )
    totals = tables.count(query)
    segments = tables.best(query, options.limit or DEFAULT_LIMIT)
    if options.csv is not None:
        write_csv(options.csv, tables.iterate(query, options.limit))
    if options.json is not None:
        write_json(options.json, tables.iterate(query, options.limit))
    boxes = []
    if options.html is not None:
        from stad.corpus.found_page import find_boxes

        boxes = find_boxes(tables, segments)
    return Found(totals, segments, boxes)


def _print(found: Found) -> None:
    from stad.cli.figure_table import as_rich
    from stad.cli.terminal import PipeConsole

    if found.segments:
        table = as_rich(found_table(found))
        # The end of a path says the most.
        table.columns[VIDEO_COLUMN].overflow = "fold"
        PipeConsole().print(table)


def found_table(found: Found) -> FigureTable:
    """Return a row for each segment."""
    from rich.markup import escape

    rows = []
    for one in found.segments:
        row = [
            "?" if one.score is None else f"{one.score:.2f}",
            escape(one.label),
            clock(one.start_sec),
            clock(one.end_sec),
            str(one.actor_id),
            escape(_short(one.path)),
        ]
        rows.append(tuple(row + [one.model] * (found.totals.num_models > 1)))
    columns = ("score", "label", "from", "to", "person", "video")
    columns += ("model",) * (found.totals.num_models > 1)
    return FigureTable("", columns, rows, texts=(1, VIDEO_COLUMN, 6))


def _short(path: str) -> str:
    """Return a path below the working folder relative to it; others as they are."""
    return path.removeprefix(f"{Path.cwd()}/")


def summary(found: Found) -> str:
    """Return a line about what was found."""
    totals = found.totals
    if not totals.num_segments:
        return "found     nothing. Lower --min-score, or leave out a condition"
    segments = "1 segment" if totals.num_segments == 1 else f"{totals.num_segments:,} segments"
    videos = "1 video" if totals.num_videos == 1 else f"{totals.num_videos:,} videos"
    line = f"found     {segments} in {videos}"
    if len(found.segments) < totals.num_segments:
        line += f"; shown: the {len(found.segments)} with the highest scores (--limit)"
    return line


def clock(time_sec: float) -> str:
    """Return a time as h:mm:ss.s.

    >>> clock(3723.04), clock(59.96)
    ('1:02:03.0', '0:01:00.0')
    """
    minutes, tenths = divmod(round(time_sec * 10), 600)
    return f"{minutes // 60}:{minutes % 60:02d}:{tenths / 10:04.1f}"


def write_csv(path: Path, found: Iterable[FoundSegment]) -> None:
    """Write a row for each segment; other paths of a video are joined with ';'."""

    def write(part: Path) -> None:
        with part.open("w", encoding="utf-8", newline="") as file:
            file.write(csv_text([COLUMNS]))
            for one in found:
                *row, copies = astuple(one)
                file.write(csv_text([[*row, ";".join(copies)]]))

    write_whole(path, write)


def write_json(path: Path, found: Iterable[FoundSegment]) -> None:
    """Write a list with an object for each segment."""

    def write(part: Path) -> None:
        with part.open("w", encoding="utf-8") as file:
            before = "["
            for one in found:
                entry = dict(zip(COLUMNS, astuple(one), strict=True))
                file.write(f"{before}\n{json.dumps(entry, ensure_ascii=False)}")
                before = ","
            file.write("[]\n" if before == "[" else "\n]\n")

    write_whole(path, write)


def _use_videos(options: FindOptions, found: Found) -> None:
    """Cut the clips and write the page."""
    from stad.corpus.clips import cut_clips
    from stad.corpus.found_page import write_found_page
    from stad.corpus.originals import Originals, problem_lines

    log = line_log(quiet=options.quiet)
    with Originals() as originals:
        if options.clips is not None:
            cut = cut_clips(
                found.segments,
                options.clips,
                originals,
                overwrite=options.overwrite,
                progress=not options.quiet,
            )
            kept = f"; {len(cut.kept)} were there already and stay" if cut.kept else ""
            log(f"clips     {options.clips}: {len(cut.written)} written{kept}")
        if options.html is not None:
            write_found_page(
                options.html,
                found.segments,
                found.totals,
                found.boxes,
                originals,
                title=describe(options),
                progress=not options.quiet,
            )
            log(f"html      {options.html}")
    for line in problem_lines(originals.problems):
        line_log(quiet=False)(line)


def describe(options: FindOptions) -> str:
    """Return what was searched for, as the title of the page."""
    parts = [", ".join(options.label) or "all actions"]
    parts += [f"score from {options.min_score:g}"] * bool(options.min_score)
    parts += [f"longer than {options.longer_sec:g} s"] * bool(options.longer_sec)
    parts += [f"videos {', '.join(options.video)}"] * bool(options.video)
    parts += [f"where {options.where}"] * bool(options.where)
    return ", ".join(parts)
