"""Read which video shows which class: list files, Kinetics' CSV, Something-Something's JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from stad.errors import InputError
from stad.utils.files import read_text

# Longer numbers are neither labels nor seconds.
MAX_DIGITS = 12
KINETICS_COLUMNS = ("label", "youtube_id", "time_start", "time_end")


@dataclass(frozen=True)
class VideoList:
    """Videos and their classes, in the order of the file.

    Attributes:
        source: the file or folder, for messages.
        names: for each video its path below the folder of the videos, with '/'; for a CSV or
            JSON the possible names of its file without the ending, the preferred one first.
        labels: numbers from 0, or names of classes.
        has_paths: whether ``names`` are paths.
    """

    source: str
    names: tuple[tuple[str, ...], ...]
    labels: tuple[int | str, ...]
    has_paths: bool

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names among the labels, each once, in alphabetical order."""
        return tuple(sorted({one for one in self.labels if isinstance(one, str)}))


def read_video_list(path: str | Path) -> VideoList:
    """Read a list of videos in the form that its ending names.

    Args:
        path: .txt or .list, a line ``path label`` per video, label a number from 0 (the path
            may have spaces); .csv with the header of the Kinetics distribution, ``label,
            youtube_id,time_start,time_end,split``; .json like Something-Something's, a list
            of ``{"id": ..., "template" or "label": ...}``.

    Raises:
        InputError: the ending is unknown, a line is wrong, or the list is empty.
    """
    path = Path(path)
    readers = {".txt": _read_lines, ".list": _read_lines, ".csv": _read_csv, ".json": _read_json}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path}: the name of a list of videos ends in {', '.join(readers)}.")
    try:
        text = read_text(path, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as a list of videos ({error}).") from error
    found = reader(path, text)
    if not found.names:
        raise InputError(f"{path} lists no videos.")
    return found


def _read_lines(path: Path, text: str) -> VideoList:
    names, labels = [], []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        path_text, _, label = line.strip().replace("\t", " ").rpartition(" ")
        if not path_text.strip() or not _is_number(label) or "." in label:
            raise InputError(
                f"{path}, line {number}: expected 'path label' with a whole number from 0 as "
                f"label, got {line.strip()[:60]!r}."
            )
        names.append((path_text.strip(),))
        labels.append(int(label))
    return VideoList(str(path), tuple(names), tuple(labels), has_paths=True)


def _read_csv(path: Path, text: str) -> VideoList:
    try:
        return _read_rows(path, csv.DictReader(text.splitlines(), strict=True))
    except csv.Error as error:
        raise InputError(f"{path} is not CSV ({error}). Check its quotation marks.") from error


def _read_rows(path: Path, rows: csv.DictReader) -> VideoList:
    if missing := [name for name in KINETICS_COLUMNS if name not in (rows.fieldnames or ())]:
        raise InputError(
            f"{path} has no column {', '.join(missing)}. Expected the header of Kinetics, "
            f"{','.join(KINETICS_COLUMNS)},split; lists of a test set have no labels."
        )
    names, labels = [], []
    for row in rows:
        values = [(row[name] or "").strip() for name in KINETICS_COLUMNS]
        label, video_id, start, end = values
        if not label or not video_id or not _is_number(start) or not _is_number(end):
            raise InputError(
                f"{path}, line {rows.line_num}: expected a label, an id and two times, got "
                f"{','.join(values)[:60]!r}."
            )
        start_sec, end_sec = int(float(start)), int(float(end))
        padded = f"{video_id}_{start_sec:06d}_{end_sec:06d}"
        names.append((padded, f"{video_id}_{start_sec}_{end_sec}", video_id))
        labels.append(label)
    return VideoList(str(path), tuple(names), tuple(labels), has_paths=False)


def _is_number(text: str) -> bool:
    return len(text) < MAX_DIGITS and text.replace(".", "", 1).isdecimal()


def _read_json(path: Path, text: str) -> VideoList:
    try:
        rows = json.loads(text)
        names = tuple((str(row["id"]),) for row in rows)
        # A template such as 'Holding [something]' is the name of the class without the brackets.
        templates = [str(row.get("template") or row["label"]) for row in rows]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{path}: expected Something-Something's list of objects with an id and a template "
            f"({type(error).__name__}: {error})."
        ) from error
    labels = tuple(name.replace("[", "").replace("]", "") for name in templates)
    return VideoList(str(path), names, labels, has_paths=False)


def label_numbers(listed: VideoList, class_names: Sequence[str], *, label_map: str) -> list[int]:
    """Return the labels of a list as numbers from 0, in the order of ``class_names``.

    Names are compared without regard to upper and lower case, and with '_' as a space.

    Args:
        listed: the list.
        class_names: in the order of their numbers.
        label_map: their source, for messages.

    Raises:
        InputError: a number or a name is not in ``label_map``.
    """
    by_name = {plain_name(name): number for number, name in enumerate(class_names)}
    numbers = [
        label if isinstance(label, int) else by_name.get(plain_name(label), -1)
        for label in listed.labels
    ]
    wrong = [row for row, number in enumerate(numbers) if not 0 <= number < len(class_names)]
    if wrong:
        label = listed.labels[wrong[0]]
        raise InputError(
            f"{listed.source} has the class {label!r}, which is none of the {len(class_names)} of "
            f"label_map {label_map!r}. Labels are numbers from 0, or names of the label map. "
            f"{len(wrong)} of {len(numbers)} rows have such classes, the first one for "
            f"{listed.names[wrong[0]][0]}.{_from_one(numbers, len(class_names))}"
        )
    return numbers


def _from_one(numbers: Sequence[int], num_classes: int) -> str:
    """Return what to do about labels that are all too high by one, or an empty text."""
    if min(numbers) == 1 and max(numbers) == num_classes:
        return " These look like numbers from 1: subtract 1 from all."
    return ""


def plain_name(name: str) -> str:
    """Return the form of a class name in which names are compared.

    >>> plain_name("Playing_guitar")
    'playing guitar'
    """
    return " ".join(name.replace("_", " ").lower().split())


def list_text(rows: Iterable[tuple[str, int]]) -> str:
    """Return the text of a list file of paths and labels."""
    return "".join(f"{path} {label}\n" for path, label in rows)
