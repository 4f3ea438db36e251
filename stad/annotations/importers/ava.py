"""Read AVA's CSV: boxes with a class and a person at single times, see ``ava_csv``.

Names of the classes come from a label map beside the file, 'NAME.txt', 'NAME.pbtxt' or
'classes.txt', else from the folder of the videos, else they are those of AVA.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np

from stad.annotations.ava_csv import read_ava_csv
from stad.annotations.ava_table import AvaTable, locate_row
from stad.annotations.csv_rows import read_rows
from stad.annotations.importers.contract import (
    SECONDS,
    FileVideo,
    ImportedFile,
    Notes,
    ReadOptions,
)
from stad.annotations.importers.keyframe_people import KeyframeBox, people_of
from stad.annotations.importers.runs import usual_step
from stad.annotations.label_maps import class_names, read_label_map
from stad.errors import InputError

SUFFIXES = (".csv", ".csv.gz")
FRACTIONS = (1.0, 1.0)
# Detections have a score in the eighth column, with decimals.
MARGIN = 0.02


def recognizes(path: Path) -> bool:
    """Return whether a file is a CSV whose first row has a video, a time, a box and a class."""
    if not path.name.lower().endswith(SUFFIXES) or not path.is_file():
        return False
    try:
        cells = next((cells for _, cells in read_rows(path)), [])
        return len(cells) in (7, 8) and all(float(one) == float(one) for one in cells[1:])
    except (InputError, ValueError):
        return False


def read(path: Path, options: ReadOptions) -> ImportedFile:
    """Read people and labels; see the module.

    Raises:
        InputError: the file is not AVA's CSV, has scores instead of people, or a class without
            a name.
    """
    table = read_ava_csv(path)
    names = _names(path, table, options)
    if table.has_last and (table.last != table.last.round()).any():
        raise InputError(
            f"{path} has numbers with decimals in the eighth column: these are scores of "
            "detections. Expected ids of people, or 7 columns."
        )
    notes = Notes()
    boxes = table.boxes
    wrong = np.flatnonzero(
        (boxes[:, 2:] <= boxes[:, :2]).any(axis=1)
        | (boxes < -MARGIN).any(axis=1)
        | (boxes > 1 + MARGIN).any(axis=1)
    )
    for row in wrong[:3]:
        notes.add(f"{locate_row(table, int(row))} is left out: its box is not within 0 to 1.")
    if len(wrong) > 3:
        notes.add(f"{path}: {len(wrong) - 3} more rows are left out: their boxes are wrong.")
    is_wrong = np.zeros(len(table), bool)
    is_wrong[wrong] = True
    by_video: dict[str, list[KeyframeBox]] = defaultdict(list)
    for row in np.flatnonzero(~is_wrong).tolist():
        has_id = table.has_last and table.last[row] >= 0
        by_video[table.videos[table.video[row]]].append(
            KeyframeBox(
                float(table.time_sec[row]),
                tuple(boxes[row].tolist()),
                ((names[int(table.class_id[row])], ""),),
                f"{table.last[row]:g}" if has_id else "",
            )
        )
    videos = []
    for name, own in by_video.items():
        step = options.step_sec or usual_step((one.place for one in own), SECONDS)
        tracks, spans = people_of(own, step=step, unit=SECONDS)
        videos.append(
            FileVideo(name, path.name, SECONDS, tuple(tracks), tuple(spans), size=FRACTIONS)
        )
    used = {span.label for video in videos for span in video.spans}
    labels = tuple(one for one in names.values() if one in used)
    return ImportedFile(tuple(videos), labels, notes.all())


def _names(path: Path, table: AvaTable, options: ReadOptions) -> dict[int, str]:
    """Return the name of each class by its id, from 1."""
    ids = set(table.class_id.tolist())
    stem = path.name.removesuffix(".gz").removesuffix(".csv")
    beside = [path.with_name(f"{stem}{end}") for end in (".txt", ".pbtxt")]
    beside += [path.with_name("classes.txt")]
    for file in beside:
        if file.is_file():
            return _complete(read_label_map(file), ids, str(file))
    if options.classes:
        return _complete(dict(enumerate(options.classes, start=1)), ids, "the folder's classes.txt")
    return _complete(dict(enumerate(class_names("ava"), start=1)), ids, "AVA's list of classes")


def _complete(names: dict[int, str], ids: set[int], origin: str) -> dict[int, str]:
    if missing := sorted(ids - set(names)):
        raise InputError(
            f"The class {missing[0]} has no name in {origin}. Write a label map, one name a line, "
            "beside the CSV file and with its name: annotations.txt for annotations.csv."
        )
    return names
