"""Which video shows which class: list files, Kinetics' CSV, Something-Something's JSON, folders."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from stad.datasets.clips import VIDEO_SUFFIXES
from stad.errors import InputError

# Longer ones are no labels and no seconds.
MAX_DIGITS = 12
KINETICS_COLUMNS = ("label", "youtube_id", "time_start", "time_end")


@dataclass(frozen=True)
class VideoList:
    """Videos and their classes, in the order of the file.

    Attributes:
        source: the file or folder, for people.
        names: for each video its path below the folder of the videos, with '/'; of a CSV or
            JSON, the names that its file may go by, without an ending, best first.
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
    """Read a list of videos; its form follows from its ending.

    Args:
        path: .txt or .list, a line ``path label`` per video, label a number from 0 (the path
            may have blanks); .csv with the header of the Kinetics distribution, ``label,
            youtube_id,time_start,time_end,split``; .json as Something-Something has it, a list
            of ``{"id": ..., "template" or "label": ...}``.

    Raises:
        InputError: another ending, a line that is none, or no video at all.
    """
    path = Path(path)
    readers = {".txt": _read_lines, ".list": _read_lines, ".csv": _read_csv, ".json": _read_json}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path}: a list of videos ends in {', '.join(readers)}")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as a list of videos ({error})") from error
    found = reader(path, text)
    if not found.names:
        raise InputError(f"{path} lists no video")
    return found


def _read_lines(path: Path, text: str) -> VideoList:
    names, labels = [], []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        path_text, _, label = line.strip().replace("\t", " ").rpartition(" ")
        if not path_text.strip() or not _is_number(label) or "." in label:
            raise InputError(
                f"{path}, line {number}: expected 'path label' with a label from 0, "
                f"got {line.strip()[:60]!r}"
            )
        names.append((path_text.strip(),))
        labels.append(int(label))
    return VideoList(str(path), tuple(names), tuple(labels), has_paths=True)


def _read_csv(path: Path, text: str) -> VideoList:
    rows = csv.DictReader(text.splitlines())
    if missing := [name for name in KINETICS_COLUMNS if name not in (rows.fieldnames or ())]:
        raise InputError(
            f"{path} has no column {', '.join(missing)}: expected the header of Kinetics, "
            f"{','.join(KINETICS_COLUMNS)},split (a list of a test set has no labels)"
        )
    names, labels = [], []
    for row in rows:
        values = [(row[name] or "").strip() for name in KINETICS_COLUMNS]
        label, video_id, start, end = values
        if not label or not video_id or not _is_number(start) or not _is_number(end):
            raise InputError(f"{path}, line {rows.line_num}: expected a label, an id and two times")
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
        # A template says 'Holding [something]': without brackets it is the name of the class.
        templates = [str(row.get("template") or row["label"]) for row in rows]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"{path}: expected Something-Something's list of objects with an id and a template "
            f"({type(error).__name__}: {error})"
        ) from error
    labels = tuple(name.replace("[", "").replace("]", "") for name in templates)
    return VideoList(str(path), names, labels, has_paths=False)


def list_class_folders(folder: str | Path) -> VideoList:
    """The videos of a folder with one folder per class, sorted.

    Raises:
        InputError: no video in a folder of a class.
    """
    folder = Path(folder)
    paths = [path for path in find_videos(folder) if "/" in path]
    if not paths:
        raise InputError(f"{folder} has no folders of classes with videos in them")
    labels = tuple(path.partition("/")[0] for path in paths)
    return VideoList(str(folder), tuple((path,) for path in paths), labels, has_paths=True)


def find_videos(folder: str | Path) -> list[str]:
    """Paths of all video files below a folder, with '/', sorted."""
    found = []
    for parent, _, files in os.walk(folder, followlinks=True):
        inside = Path(parent).relative_to(folder)
        found += [(inside / one).as_posix() for one in files if _is_video(one)]
    return sorted(found)


def _is_video(name: str) -> bool:
    return name.lower().endswith(VIDEO_SUFFIXES) and not name.startswith(".")


def locate(listed: VideoList, folder: str | Path) -> list[str | None]:
    """Where each video of a list is: its path below ``folder``, or None."""
    if listed.has_paths:
        paths = [name for (name,) in listed.names]
        return [path if (Path(folder) / path).exists() else None for path in paths]
    by_name = {path.rpartition("/")[2].rpartition(".")[0]: path for path in find_videos(folder)}
    return [
        next((by_name[name] for name in names if name in by_name), None) for names in listed.names
    ]


def label_numbers(listed: VideoList, class_names: Sequence[str], *, label_map: str) -> list[int]:
    """The labels of a list as numbers from 0, in the order of ``class_names``.

    Names are compared without regard to case, and with '_' as a blank.

    Raises:
        InputError: a number or a name that ``label_map`` does not have.
    """
    by_name = {plain_name(name): number for number, name in enumerate(class_names)}
    numbers = []
    for label in listed.labels:
        number = label if isinstance(label, int) else by_name.get(plain_name(label), -1)
        if not 0 <= number < len(class_names):
            raise InputError(
                f"{listed.source} has the class {label!r}, which is none of the "
                f"{len(class_names)} of label_map {label_map!r}: labels are numbers from 0, or "
                "names of the label map"
            )
        numbers.append(number)
    return numbers


def plain_name(name: str) -> str:
    """A class as it is compared.

    >>> plain_name("Playing_guitar")
    'playing guitar'
    """
    return " ".join(name.replace("_", " ").lower().split())


def list_text(rows: Iterable[tuple[str, int]]) -> str:
    """The text of a list file of paths and labels."""
    return "".join(f"{path} {label}\n" for path, label in rows)
