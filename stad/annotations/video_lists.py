"""Which video shows which class: list files, Kinetics' CSV, Something-Something's JSON, folders."""

from __future__ import annotations

import contextlib
import csv
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from stad.errors import InputError
from stad.utils.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES

# Longer ones are no labels and no seconds.
MAX_DIGITS = 12
KINETICS_COLUMNS = ("label", "youtube_id", "time_start", "time_end")
# Of the videos that something is said of, so many are named.
SHOWN_NAMES = 3


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


class ListedVideos(NamedTuple):
    """What a list names and a folder has.

    Attributes:
        videos: path below the folder and class from 0, each video once, in the list's order.
        missing: the best names of the others, each once, and why they are missing.
        notes: sentences about videos that come twice, for people.
    """

    videos: tuple[tuple[str, int], ...]
    missing: dict[str, str]
    notes: tuple[str, ...]


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
    try:
        return _read_rows(path, csv.DictReader(text.splitlines(), strict=True))
    except csv.Error as error:
        raise InputError(f"{path} is no CSV ({error}): check the quotation marks in it") from error


def _read_rows(path: Path, rows: csv.DictReader) -> VideoList:
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
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{path}: expected Something-Something's list of objects with an id and a template "
            f"({type(error).__name__}: {error})"
        ) from error
    labels = tuple(name.replace("[", "").replace("]", "") for name in templates)
    return VideoList(str(path), names, labels, has_paths=False)


def list_class_folders(folder: str | Path, *, are_frames: bool = False) -> VideoList:
    """The videos of a folder with one folder per class, sorted.

    Args:
        folder: ``CLASS/*.mp4`` is in it, or ``CLASS/VIDEO/*.jpg``.
        are_frames: whether a video is a folder of pictures.

    Raises:
        InputError: no such folder, or no video in a folder of a class.
    """
    check_folder(folder)
    paths = [path for path in find_videos(folder, are_frames=are_frames) if "/" in path]
    if not paths:
        what = "folders of pictures" if are_frames else "videos"
        raise InputError(f"{folder} has no folders of classes with {what} in them")
    labels = tuple(path.partition("/")[0] for path in paths)
    return VideoList(str(folder), tuple((path,) for path in paths), labels, has_paths=True)


def check_folder(folder: str | Path) -> None:
    """Raise InputError unless a folder of videos is there."""
    if not Path(folder).is_dir():
        raise InputError(f"there is no folder of videos {folder}: name the one to look in")


def find_videos(folder: str | Path, *, are_frames: bool = False) -> list[str]:
    """Paths of all video files below a folder, or of all folders of pictures; '/', sorted."""
    found = []
    for parent, _, files in os.walk(folder, followlinks=True):
        inside = Path(parent).relative_to(folder)
        if not are_frames:
            found += [(inside / one).as_posix() for one in files if _is_video(one)]
        elif inside.parts and any(one.lower().endswith(IMAGE_SUFFIXES) for one in files):
            found.append(inside.as_posix())
    return sorted(found)


def _is_video(name: str) -> bool:
    return name.lower().endswith(VIDEO_SUFFIXES) and not name.startswith(".")


def find_listed(
    listed: VideoList,
    folder: str | Path,
    class_names: Sequence[str],
    *,
    label_map: str,
    are_frames: bool = False,
) -> ListedVideos:
    """Where the videos of a list are, with their classes; each video once.

    Args:
        listed: of ``read_video_list`` or ``list_class_folders``.
        folder: where the videos are, in sub-folders or not.
        class_names: in the order of their numbers.
        label_map: where these come from, for people.
        are_frames: whether a video is a folder of pictures.

    Raises:
        InputError: a label is none of ``class_names``, or a video has two.
    """
    numbers = label_numbers(listed, class_names, label_map=label_map)
    paths, notes = _locate(listed, folder, are_frames=are_frames)
    rows = list(zip(listed.names, paths, numbers, strict=True))
    missing = {
        names[0]: _why_missing(names[0], folder, are_frames=are_frames)
        for names, path, _ in rows
        if path is None
    }
    there = [(path, number) for _, path, number in rows if path is not None]
    videos, repeated = _each_once(there, listed, class_names)
    if repeated:
        notes += [
            f"a video that {listed.source} names again counts once: {len(repeated)} rows are not "
            f"used ({_some(repeated)})"
        ]
    return ListedVideos(videos, missing, tuple(notes))


def _each_once(
    rows: Iterable[tuple[str, int]], listed: VideoList, class_names: Sequence[str]
) -> tuple[tuple[tuple[str, int], ...], list[str]]:
    """The rows of different videos, and the paths of those that repeat one."""
    videos: dict[str, tuple[str, int]] = {}
    repeated = []
    for path, number in rows:
        key = os.path.normpath(path)
        if key not in videos:
            videos[key] = (path, number)
            continue
        first = videos[key][1]
        if first != number:
            advice = "" if listed.has_paths else ", or cut the video to the times of each"
            raise InputError(
                f"{listed.source} gives {path} two classes, {class_names[first]!r} and "
                f"{class_names[number]!r}: leave one of the rows out{advice}"
            )
        repeated.append(path)
    return tuple(videos.values()), repeated


def _locate(
    listed: VideoList, folder: str | Path, *, are_frames: bool
) -> tuple[list[str | None], list[str]]:
    """Where each video is below ``folder``, or None; and what is to be said of doubles."""
    if listed.has_paths:
        paths = [name for (name,) in listed.names]
        is_there = _is_folder if are_frames else _is_file
        return [path if is_there(Path(folder) / path) else None for path in paths], []
    by_name: dict[str, list[str]] = {}
    for path in find_videos(folder, are_frames=are_frames):
        last = path.rpartition("/")[2]
        by_name.setdefault(last if are_frames else last.rpartition(".")[0], []).append(path)
    chosen = [next((one for one in names if one in by_name), None) for names in listed.names]
    doubles = [by_name[one] for one in dict.fromkeys(chosen) if one and len(by_name[one]) > 1]
    notes = []
    if doubles:
        shown = [f"{first}, not {', '.join(others)}" for first, *others in doubles]
        notes += [
            f"of a video of {listed.source} that is in {folder} several times the first is taken: "
            f"{len(doubles)} are ({_some(shown, between='; ')})"
        ]
    return [by_name[one][0] if one else None for one in chosen], notes


def _why_missing(name: str, folder: str | Path, *, are_frames: bool) -> str:
    path = Path(folder) / name
    if are_frames and (_is_folder(path) or _is_file(path)):
        return "is no folder of pictures, as frames_fps says"
    if _is_folder(path):
        return "is a folder: where videos are folders of pictures, give frames_fps"
    return f"is not in {folder}"


def _is_file(path: Path) -> bool:
    # What is too long for the disk raises, and is not there.
    with contextlib.suppress(OSError):
        return path.is_file()
    return False


def _is_folder(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return path.is_dir()
    return False


def _some(names: Sequence[str], *, between: str = ", ") -> str:
    more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    return between.join(names[:SHOWN_NAMES]) + more


def label_numbers(listed: VideoList, class_names: Sequence[str], *, label_map: str) -> list[int]:
    """The labels of a list as numbers from 0, in the order of ``class_names``.

    Names are compared without regard to case, and with '_' as a blank.

    Raises:
        InputError: a number or a name that ``label_map`` does not have.
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
            f"label_map {label_map!r}: labels are numbers from 0, or names of the label map. "
            f"{len(wrong)} of {len(numbers)} rows have such classes, the first one for "
            f"{listed.names[wrong[0]][0]}.{_from_one(numbers, len(class_names))}"
        )
    return numbers


def _from_one(numbers: Sequence[int], num_classes: int) -> str:
    """What to do about labels that are all too high by one."""
    if min(numbers) == 1 and max(numbers) == num_classes:
        return " These look like numbers from 1: subtract 1 from all."
    return ""


def plain_name(name: str) -> str:
    """A class as it is compared.

    >>> plain_name("Playing_guitar")
    'playing guitar'
    """
    return " ".join(name.replace("_", " ").lower().split())


def list_text(rows: Iterable[tuple[str, int]]) -> str:
    """The text of a list file of paths and labels."""
    return "".join(f"{path} {label}\n" for path, label in rows)
