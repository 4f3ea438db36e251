"""Read a folder of YOLO's text files, one a frame.

A row is 'class x y width height', then perhaps a confidence and the id of a person. Boxes are the
centre and the size as fractions of the frame. A file is 'VIDEO_FRAME.txt' or 'VIDEO/FRAME.txt'.
Names of the classes come from classes.txt, obj.names or data.yaml in the folder or above it, else
from the folder of the videos. A frame without a file has no label.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from stad.annotations.importers.contract import (
    FRAMES,
    FileVideo,
    ImportedFile,
    Notes,
    ReadOptions,
    wrong_file,
)
from stad.annotations.importers.frame_names import split_frame_name
from stad.annotations.importers.keyframe_people import KeyframeBox, people_of
from stad.annotations.importers.runs import usual_step
from stad.errors import InputError
from stad.utils.files import read_text

EXPECTED = "a folder of text files 'VIDEO_FRAME.txt' with rows 'class x y width height [id]'"
NAME_FILES = ("classes.txt", "obj.names", "data.names", "_darknet.labels")
YAML_FILES = ("data.yaml", "data.yml", "dataset.yaml")
# Folders of data sets that are no videos.
SPLITS = ("labels", "train", "val", "valid", "test", "obj_train_data", "obj_valid_data")
FRACTIONS = (1.0, 1.0)
MAX_NOTES = 20
TRIED_FILES = 500


class _Row(NamedTuple):
    video: str
    frame: int
    class_number: int
    box: tuple[float, ...]
    extra: tuple[float, ...]
    place: str


def recognizes(path: Path) -> bool:
    """Return whether a folder has text files of frames with rows of numbers."""
    if not path.is_dir():
        return False
    files = [one for one in _files(path) if split_frame_name(_name(one, path))]
    for file in files[:TRIED_FILES]:
        lines = file.read_text(encoding="utf-8", errors="replace").split("\n")
        rows = [line.split() for line in lines if line.strip()]
        if rows:
            return all(len(row) in (5, 6, 7) and all(map(_is_number, row)) for row in rows)
    return False


def read(path: Path, options: ReadOptions) -> ImportedFile:
    """Read boxes and their classes; see the module.

    Raises:
        InputError: there is no such file of a frame, or the names of the classes are unknown.
    """
    if not path.is_dir():
        raise wrong_file(path, "is not a folder", EXPECTED)
    notes = Notes()
    rows: list[_Row] = []
    num_files = 0
    for file in _files(path):
        place = split_frame_name(_name(file, path))
        if place is None:
            notes.add(f"{file} is left out: its name does not say the video and the frame.")
            continue
        num_files += 1
        rows += _rows(file, *place, notes)
    if not num_files:
        raise wrong_file(path, "has no text file of a frame", EXPECTED)
    names = _class_names(path, options.classes, max((one.class_number for one in rows), default=0))
    has_ids, has_scores = _extra_columns(rows)
    first = options.first_frame
    if first is None:
        first = 0 if any(one.frame == 0 for one in rows) else 1
    by_video: dict[str, list[KeyframeBox]] = defaultdict(list)
    for one in rows:
        identity = f"{one.extra[-1]:g}" if has_ids and len(one.extra) > has_scores else ""
        label = names[one.class_number]
        by_video[one.video].append(
            KeyframeBox(one.frame - first, one.box, ((label, ""),), identity)
        )
    videos = []
    for name, boxes in by_video.items():
        step = options.step_sec or usual_step((one.place for one in boxes), FRAMES)
        tracks, spans = people_of(boxes, step=step, unit=FRAMES)
        videos.append(
            FileVideo(name, str(path), FRAMES, tuple(tracks), tuple(spans), size=FRACTIONS)
        )
    used = {span.label for video in videos for span in video.spans}
    return ImportedFile(tuple(videos), tuple(one for one in names if one in used), notes.all())


def _files(path: Path) -> list[Path]:
    return sorted(one for one in path.rglob("*.txt") if one.name not in NAME_FILES)


def _name(file: Path, path: Path) -> str:
    """Return the path of a file below the folder without the folders of splits."""
    parts = file.relative_to(path).parts
    return "/".join(one for one in parts[:-1] if one.lower() not in SPLITS) + f"/{parts[-1]}"


def _rows(file: Path, video: str, frame: int, notes: Notes) -> Iterable[_Row]:
    try:
        lines = read_text(file).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} cannot be read as text: {error}.") from error
    for number, line in enumerate(lines, start=1):
        cells = line.split()
        if not cells:
            continue
        place = f"{file}:{number}"
        try:
            yield _row(cells, video.lstrip("/"), frame, place)
        except ValueError as error:
            if len(notes.lines) < MAX_NOTES:
                notes.add(f"{place} is left out: {error}.")
            else:
                notes.count("a row of another file is wrong and is left out.")


def _row(cells: Sequence[str], video: str, frame: int, place: str) -> _Row:
    if not 5 <= len(cells) <= 7 or not all(map(_is_number, cells)):
        raise ValueError(f"expected 5 to 7 numbers, got {' '.join(cells)[:60]!r}")
    number, x, y, width, height, *extra = map(float, cells)
    if number != int(number) or number < 0:
        raise ValueError(f"expected the number of a class, got {cells[0]!r}")
    if width <= 0 or height <= 0 or max(x, y, width, height) > 2:
        raise ValueError(f"expected fractions of the frame, got {' '.join(cells[1:5])!r}")
    box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    return _Row(video, frame, int(number), box, tuple(extra), place)


def _extra_columns(rows: Sequence[_Row]) -> tuple[bool, bool]:
    """Return whether rows have ids, and whether they have scores before them."""
    longest = max((len(one.extra) for one in rows), default=0)
    values = [one.extra[0] for one in rows if len(one.extra) == 1]
    if longest == 2:
        return True, True
    # One more number is an id where all are whole, and not all 1.
    is_id = bool(values) and all(one == int(one) and one >= 0 for one in values)
    return is_id and set(values) != {1.0}, False


def _class_names(path: Path, known: Sequence[str], highest: int) -> list[str]:
    """Return the names of the classes by number."""
    for folder in (path, path.parent, path.parent.parent):
        for file in (folder / one for one in NAME_FILES):
            if file.is_file():
                names = read_text(file, encoding="utf-8-sig").splitlines()
                return _enough([one.strip() for one in names if one.strip()], highest, file)
        for file in (folder / one for one in YAML_FILES):
            if file.is_file():
                return _enough(_yaml_names(file), highest, file)
    if len(known) > highest:
        return list(known)
    raise InputError(
        f"{path} has no names of classes. Write them, one a line, to {path / NAME_FILES[0]}; the "
        f"highest number of a class is {highest}."
    )


def _enough(names: list[str], highest: int, file: Path) -> list[str]:
    if len(names) <= highest:
        raise InputError(
            f"{file} names {len(names)} classes, and there is a class {highest} (from 0). Add the "
            "missing names."
        )
    return names


def _yaml_names(file: Path) -> list[str]:
    """Return the entry 'names' of a YAML file, as Ultralytics writes it."""
    text = read_text(file, encoding="utf-8-sig")
    if found := re.search(r"^names:\s*[\[{](.*?)[\]}]", text, re.MULTILINE | re.DOTALL):
        parts = [one for one in found[1].replace("\n", " ").split(",") if one.strip()]
        return [_plain(re.sub(r"^\s*\d+\s*:", "", one)) for one in parts]
    names = []
    is_inside = False
    for line in text.splitlines():
        if line.startswith("names:"):
            is_inside = True
        elif is_inside and (entry := re.match(r"\s*(?:-|\d+\s*:)\s*(.+)$", line)):
            names.append(_plain(entry[1]))
        elif is_inside and line.strip():
            break
    return names


def _plain(text: str) -> str:
    return re.sub(r"\s+#.*$", "", text).strip().strip("'\"")


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
