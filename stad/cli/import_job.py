"""Import labels: the job behind ``stad import``."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from stad.annotations.importers import is_format, open_importer
from stad.annotations.importers.contract import ReadOptions
from stad.annotations.own.labels import NOTHING, LabelSpan
from stad.cli.import_options import ImportOptions
from stad.cli.log_lines import print_line
from stad.errors import InputError, one_line
from stad.own_classes.importing import ImportRequest, ImportResult, import_labels
from stad.utils.text import and_more, shown

SHOWN_NOTES = 20


def run_import(options: ImportOptions) -> None:
    """Import what the options say, and print what was done.

    Raises:
        InputError: an option, a file or the folder cannot be used, or no video was found.
    """
    request = read_request(options)
    bar = functools.partial(
        tqdm, desc="videos", unit="video", disable=True if options.quiet else None, leave=False
    )
    result = import_labels(request, progress=bar)
    if not options.quiet:
        print("\n".join(map(one_line, summary_lines(request, result))))
    for note in result.notes[:SHOWN_NOTES]:
        print_line(f"note: {note}")
    if len(result.notes) > SHOWN_NOTES:
        print_line(f"note: {and_more(len(result.notes) - SHOWN_NOTES)}.")


def read_request(options: ImportOptions) -> ImportRequest:
    """Return what the options ask for.

    Raises:
        InputError: they contradict each other, or a value is wrong.
    """
    files, name = _files(options)
    for first, second in (("link", "copy"), ("overwrite", "merge")):
        if getattr(options, first) and getattr(options, second):
            raise InputError(f"Give --{first} or --{second}, not both.")
    for flag, value in (("--fps", options.fps), ("--step", options.step_sec)):
        if value is not None and not 0 < value < math.inf:
            raise InputError(f"{flag} must be above 0, got {value:g}.")
    if options.first_frame not in (None, 0, 1):
        raise InputError(f"--first-frame must be 0 or 1, got {options.first_frame}.")
    renames = dict(pair.split("=", 1) for pair in options.rename)
    return ImportRequest(
        folder=options.folder,
        files=files,
        format=name,
        videos=options.videos,
        transfer="link" if options.link else "copy" if options.copy else None,
        read=ReadOptions(first_frame=options.first_frame, step_sec=options.step_sec),
        fps=options.fps,
        renames={old.strip(): new.strip() for old, new in renames.items()},
        classes=tuple(one.strip() for one in options.classes),
        ignore=tuple(one.strip() for one in options.ignore),
        others=None if options.others == "auto" else options.others,
        existing="overwrite" if options.overwrite else "merge" if options.merge else "keep",
        keep_missing=options.keep_missing,
        is_trial=options.dry_run,
    )


def _files(options: ImportOptions) -> tuple[tuple[Path, ...], str | None]:
    """Return the files, and the name of their format if one is given."""
    words, name = list(options.from_), options.format
    if name is not None:
        open_importer(name)
    # A file may have the name of a format: it is one if it is all that there is.
    if len(words) > 1 and is_format(words[0]):
        if name is not None and name != words[0]:
            raise InputError(f"Give one format, got --from {words[0]} and --format {name}.")
        name = words.pop(0)
    elif len(words) == 1 and is_format(words[0]) and not Path(words[0]).exists():
        raise InputError(f"--from {words[0]} needs a file after the format.")
    elif len(words) > 1 and not Path(words[0]).exists() and "." not in words[0]:
        open_importer(words[0])
    if not words:
        raise InputError(
            "Name the file of labels: 'stad import data/mine --from cvat task.zip'. The format is "
            "recognized if it is left out."
        )
    return tuple(Path(one) for one in words), name


def summary_lines(request: ImportRequest, result: ImportResult) -> list[str]:
    """Return the lines that say what was done."""
    verb = "would be written" if request.is_trial else "written"
    spans = [span for labels in result.labels.values() for span in labels.spans]
    num_tracks = sum(len(labels.tracks) for labels in result.labels.values())
    lines = [
        f"read      {shown([str(one) for one in request.files])} ({', '.join(result.formats)})"
    ]
    if result.brought:
        how = "copied" if request.transfer == "copy" else "linked"
        lines.append(f"brought   {_count(len(result.brought), 'video')} {how}")
    people = f", {_count(num_tracks, 'person', 'people')}" if num_tracks else ""
    lines.append(
        f"labels    {_count(len(spans), 'label')} of {_count(len(result.labels), 'video')}{people} "
        f"{verb}"
    )
    lines += [f"          {text}" for text in _by_class(spans, result.choice.classes)]
    if result.unchanged:
        lines.append(f"same      {_count(len(result.unchanged), 'video')} had these labels already")
    if result.left:
        lines.append(
            f"left      {_count(len(result.left), 'video')} with other labels: "
            f"{shown(result.left)}; --merge adds to them, --overwrite replaces them"
        )
    if result.choice.new:
        lines.append(f"classes   new: {', '.join(result.choice.new)}")
    if result.sources:
        lines.append(f"sources   of {_count(len(result.sources), 'video')} {verb} to sources.csv")
    if result.missing:
        first, reason = next(iter(result.missing.items()))
        lines.append(
            f"missing   {_count(len(result.missing), 'video')} of the files, such as {first}: "
            f"{reason}"
        )
    return lines


def _by_class(spans: Sequence[LabelSpan], classes: Sequence[str]) -> list[str]:
    """Return a line for each class: how many labels, and how many that deny it."""
    lines = []
    names = [*classes, NOTHING]
    width = max(len(name) for name in [*names, "nothing of these"]) + 2
    for name in names:
        own = [one for one in spans if one.label == name]
        if own:
            denied = sum(not one.is_positive for one in own)
            text = f"{len(own) - denied:>5}" + (f", not there {denied}" if denied else "")
            lines.append(f"{(name or 'nothing of these').ljust(width)}{text}")
    return lines


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
