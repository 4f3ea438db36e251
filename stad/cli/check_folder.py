"""Check a folder of one's own videos: the job behind ``stad check DATA``."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

from rich import box
from rich.table import Table
from tqdm import tqdm

from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.split import SPLIT, TRAIN, VAL
from stad.cli.check_options import CheckFolderOptions
from stad.cli.output_checks import check_free
from stad.cli.terminal import PipeConsole
from stad.errors import InputError, one_line
from stad.own_classes.advice import class_problems, fatal_problems, folder_problems
from stad.own_classes.check import ClassFigures, FolderCheck, check_folder
from stad.utils.files import check_output
from stad.utils.text import shown

EMPTY = "-"


def run_check(options: CheckFolderOptions) -> None:
    """Print what is in a folder, what is wrong and what is too little.

    Raises:
        InputError: the folder cannot be used, or nothing can be trained with it.
    """
    if options.per_class < 1:
        raise InputError(f"--per-class must be 1 or more, got {options.per_class}.")
    if options.sheet is not None:
        check_output("--sheet", options.sheet)
        check_free("--sheet", options.sheet, overwrite=options.overwrite)
    folder = OwnFolder(options.folder)
    bar = functools.partial(tqdm, desc="videos", unit="video", disable=None, leave=False)
    found = check_folder(folder, move_labels=options.move_labels, progress=bar)
    console = PipeConsole(width=None, highlight=False)
    print("\n".join(map(one_line, summary_lines(found))))
    if found.classes:
        console.print(class_table(found.classes))
    problems = (
        folder_problems(found, folder.path)
        if not options.move_labels
        else [
            *(f"{old} is {new} now; its labels moved along." for old, new in found.moved.items()),
            *folder_problems(_without_moved(found), folder.path),
        ]
    )
    fatal = fatal_problems(found, folder.path)
    if found.labels:
        problems += class_problems(found)
    if problems:
        print("\n".join(one_line(f"- {one}") for one in problems))
    elif not fatal:
        print(f"No problem was found in {folder.path}.")
    if options.sheet is not None and found.labels:
        # Imported here: frames are only read for the page.
        from stad.own_classes.sheet import write_sheet

        notes = write_sheet(options.sheet, folder, found, per_class=options.per_class)
        print(f"written {options.sheet}")
        for note in notes:
            print(one_line(f"- {note}"))
    if fatal:
        raise InputError(" ".join(fatal))


def _without_moved(found: FolderCheck) -> FolderCheck:
    found.moved = {}
    return found


def summary_lines(found: FolderCheck) -> list[str]:
    """Return the lines about the videos."""
    whole = [one for labels in found.labels.values() for one in labels.spans_of(None)]
    own = [
        span for labels in found.labels.values() for span in labels.spans if span.track is not None
    ]
    people = sum(len(labels.tracks) for labels in found.labels.values())
    length = sum(one.duration_sec for one in found.facts.values())
    lines = [
        f"videos     {len(found.videos)} ({_clock(length)}), {len(found.labels)} labelled, "
        f"{len(found.unlabelled)} not"
    ]
    if found.unlabelled and found.labels:
        lines.append(f"unlabelled {shown(found.unlabelled)}")
    if found.labels:
        counts = [f"{len(own)} of {people} people"] if people else []
        counts += [f"{len(whole)} of whole frames"] if whole else []
        lines.append(f"labels     {', '.join(counts)}")
    if found.split:
        parts = list(found.split.values())
        lines.append(
            f"split      {parts.count(TRAIN)} videos for training, {parts.count(VAL)} for "
            f"validation, in {SPLIT}"
        )
    return lines


def class_table(classes: Sequence[ClassFigures]) -> Table:
    """Return the figures of the classes as a table, without columns that say nothing."""
    columns: list[tuple[str, Callable[[ClassFigures], str]]] = [
        ("class", lambda one: one.name or "(not there)"),
        ("examples", lambda one: str(one.examples)),
        ("people", lambda one: str(one.people)),
        ("videos", lambda one: str(one.videos)),
        ("sources", lambda one: str(one.sources)),
        ("positive s", lambda one: f"{one.positive_sec:.1f}" if one.name else EMPTY),
        ("negative s", lambda one: f"{one.negative_sec:.1f}"),
        ("height px", lambda one: f"{one.heights_px[0]:.0f}" if one.heights_px else EMPTY),
        (TRAIN, lambda one: str(one.train)),
        (VAL, lambda one: str(one.val)),
    ]
    rows = [one for one in classes if one.name or one.examples]
    empty = {
        "people": not any(one.people for one in rows),
        "sources": all(one.sources == one.videos for one in rows),
        "height px": not any(one.heights_px for one in rows),
    }
    columns = [(name, show) for name, show in columns if not empty.get(name)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=0)
    for place, (name, _) in enumerate(columns):
        table.add_column(name, justify="right" if place else "left", overflow="fold")
    for one in rows:
        table.add_row(*(show(one) for _, show in columns))
    return table


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d} min"
