"""Read a folder of clips and of the postures in them; docs/evaluate_poses.md has the format."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from stad.annotations import label_maps
from stad.annotations.ava_csv import read_ava_csv
from stad.annotations.ava_table import AvaTable, locate_row
from stad.annotations.posture_tables import TableRow, read_table
from stad.annotations.postures import (
    SAMPLE_SEC,
    TIME_EPSILON_SEC,
    PostureClip,
    PostureKeyframes,
    PostureSegments,
    segments_of,
)
from stad.errors import InputError

LABEL_MAP = "poses"
# The first classes of this label map; a person has exactly one of them.
NUM_POSTURES = 8
KEYFRAMES, POSTURES, BOXES = "keyframes.csv", "postures.csv", "boxes.csv"
PEOPLE, COMPLETE, LABELS = "people.csv", "complete.csv", "labels.txt"
UNKNOWN = (np.nan,) * 4
# Times are compared to a tenth of a millisecond.
STEPS_PER_SEC = 10_000

Box = tuple[float, ...]


@dataclass
class _Person:
    """The annotations of one person of one clip, as the files have them."""

    keyframes: dict[float, tuple[set[int], Box]] = field(default_factory=dict)
    segments: list[tuple[float, float, int]] = field(default_factory=list)
    boxes: dict[float, Box] = field(default_factory=dict)


Clips = dict[str, dict[str, _Person]]


@dataclass(frozen=True)
class PostureFolder:
    """The annotations of a folder.

    Attributes:
        path: of the folder.
        postures: names of the classes that exclude each other.
        clips: those with a posture, by name.
    """

    path: Path
    postures: tuple[str, ...]
    clips: tuple[PostureClip, ...]


def read_posture_folder(path: str | Path) -> PostureFolder:
    """Read all annotations of a folder.

    Raises:
        InputError: a file is missing or wrong; the message has the file and the line.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}. Give the folder of the clips' annotations.")
    names, num_postures = _read_labels(folder)
    clips: Clips = defaultdict(lambda: defaultdict(_Person))
    files = [one for one in (KEYFRAMES, POSTURES) if (folder / one).is_file()]
    if not files:
        raise InputError(
            f"{folder} has neither {KEYFRAMES} nor {POSTURES}. docs/evaluate_poses.md has the "
            "format; 'python tools/prepare_poses.py data/poses' makes such a folder."
        )
    if KEYFRAMES in files:
        _add_keyframes(clips, folder / KEYFRAMES, names, num_postures)
    if POSTURES in files:
        _add_segments(clips, folder / POSTURES, names[:num_postures])
    if (folder / BOXES).is_file():
        _add_boxes(clips, folder / BOXES)
    subjects = _read_subjects(folder / PEOPLE, clips)
    complete = _read_complete(folder / COMPLETE, clips)
    built = [
        _build(
            folder,
            name,
            clips[name],
            subjects,
            num_postures=num_postures,
            is_complete=name in complete,
        )
        for name in sorted(clips)
    ]
    return PostureFolder(
        folder, names[:num_postures], tuple(one for one in built if len(one.keyframes.time_sec))
    )


def _read_labels(folder: Path) -> tuple[tuple[str, ...], int]:
    """Return the names of the classes, and how many of them are postures."""
    own = folder / LABELS
    if not own.is_file():
        return label_maps.class_names(LABEL_MAP), NUM_POSTURES
    names = label_maps.class_names(str(own))
    return names, len(names)


def _add_keyframes(clips: Clips, path: Path, names: Sequence[str], num_postures: int) -> None:
    table = read_ava_csv(path)
    if not table.has_last and len(table):
        raise InputError(
            f"{locate_row(table, 0)}: expected 8 columns, the last one a person id. Number the "
            "people of each clip."
        )
    for row in range(len(table)):
        posture = int(table.class_id[row]) - 1
        if not 0 <= posture < len(names):
            raise InputError(
                f"{locate_row(table, row)}: there is no class {posture + 1}. Classes are numbered "
                f"from 1 to {len(names)}."
            )
        if posture < num_postures:
            _add_keyframe(clips, table, row, posture)


def _add_keyframe(clips: Clips, table: AvaTable, row: int, posture: int) -> None:
    box = tuple(table.boxes[row].tolist())
    if not (0 <= box[0] <= box[2] <= 1 and 0 <= box[1] <= box[3] <= 1):
        raise InputError(
            f"{locate_row(table, row)}: expected x1, y1, x2, y2 as fractions of the frame, from 0 "
            "to 1 and ascending."
        )
    person = clips[table.videos[table.video[row]]][f"{table.last[row]:g}"]
    time_sec = _rounded(float(table.time_sec[row]))
    known = person.keyframes.setdefault(time_sec, (set(), box))
    if known[1] != box:
        raise InputError(
            f"{locate_row(table, row)}: this person has another box at {time_sec:g} s. Give each "
            "person of a clip an id, in the eighth column."
        )
    known[0].add(posture)


def _add_segments(clips: Clips, path: Path, postures: Sequence[str]) -> None:
    header = ("video", "person", "start_sec", "end_sec", "label")
    for row in read_table(path, header):
        start, end = row.number("start_sec"), row.number("end_sec")
        if end <= start:
            raise InputError(f"{row.place}: the end {end:g} s is not after the start {start:g} s.")
        label = row.text("label")
        if label not in postures:
            raise InputError(
                f"{row.place}, column 'label': there is no posture {label!r}. Use one of "
                f"{', '.join(postures)}."
            )
        person = clips[row.text("video")][row.text("person")]
        for other_start, other_end, _ in person.segments:
            if start < other_end - TIME_EPSILON_SEC and other_start < end - TIME_EPSILON_SEC:
                raise InputError(
                    f"{row.place}: overlaps the interval {other_start:g} to {other_end:g} s of the "
                    "same person. Postures exclude each other."
                )
        person.segments.append((start, end, postures.index(label)))


def _add_boxes(clips: Clips, path: Path) -> None:
    boxes = ("video", "time_sec", "person", "x1", "y1", "x2", "y2")
    points = ("video", "time_sec", "person", "x", "y")
    for row in read_table(path, boxes, points):
        video, name = row.text("video"), row.text("person")
        if video not in clips or name not in clips[video]:
            raise InputError(
                f"{row.place}: the person {name!r} of {video!r} has no posture in {POSTURES}."
            )
        time_sec = _rounded(row.number("time_sec"))
        person = clips[video][name]
        if time_sec in person.boxes:
            raise InputError(f"{row.place}: a second box of this person at {time_sec:g} s.")
        person.boxes[time_sec] = _read_box(row)


def _read_box(row: TableRow) -> Box:
    if "x" in row.cells:
        x, y = (row.number(column, high=1) for column in "xy")
        return (x, y, x, y)
    box = tuple(row.number(column, high=1) for column in ("x1", "y1", "x2", "y2"))
    if not (box[0] <= box[2] and box[1] <= box[3]):
        raise InputError(f"{row.place}: x2 must not be less than x1, nor y2 less than y1.")
    return box


def _read_subjects(path: Path, clips: Clips) -> dict[tuple[str, str], str]:
    if not path.is_file():
        return {}
    subjects: dict[tuple[str, str], str] = {}
    for row in read_table(path, ("video", "person", "subject")):
        key = row.text("video"), row.text("person")
        if key in subjects:
            raise InputError(f"{row.place}: the person {key[1]!r} of {key[0]!r} is named twice.")
        if key[0] not in clips or key[1] not in clips[key[0]]:
            raise InputError(f"{row.place}: no person {key[1]!r} of {key[0]!r} has a posture.")
        subjects[key] = row.text("subject")
    return subjects


def _read_complete(path: Path, clips: Clips) -> set[str]:
    if not path.is_file():
        return set()
    names = set()
    for row in read_table(path, ("video",)):
        name = row.text("video")
        if name not in clips:
            raise InputError(f"{row.place}: no person has a posture in {name!r}.")
        names.add(name)
    return names


def _build(
    folder: Path,
    video: str,
    people: dict[str, _Person],
    subjects: dict[tuple[str, str], str],
    *,
    num_postures: int,
    is_complete: bool,
) -> PostureClip:
    names = sorted(people, key=lambda name: (len(name), name))
    rows = [
        (number, time_sec, shown, box)
        for number, name in enumerate(names)
        for time_sec, (shown, box) in sorted(_keyframes_of(people[name]).items())
    ]
    if len(names) > 1 and (lost := [row for row in rows if np.isnan(row[3][0])]):
        raise InputError(
            f"{folder / BOXES}: {video!r} has {len(names)} people, so each needs boxes or points; "
            f"there is none for the person {names[lost[0][0]]!r} at {lost[0][1]:g} s."
        )
    keyframes = PostureKeyframes(
        time_sec=np.array([row[1] for row in rows], np.float64),
        person=np.array([row[0] for row in rows], np.int64),
        postures=np.array([[k in row[2] for k in range(num_postures)] for row in rows], bool),
        boxes=np.array([row[3] for row in rows], np.float64).reshape(-1, 4),
    )
    return PostureClip(
        video=video,
        people=tuple(names),
        subjects=tuple(subjects.get((video, name), "") for name in names),
        keyframes=keyframes,
        segments=_segments(keyframes, [people[name].segments for name in names]),
        is_complete=is_complete,
    )


def _keyframes_of(person: _Person) -> dict[float, tuple[set[int], Box]]:
    """Return the postures at single times: those of the file, else read off the intervals."""
    if person.keyframes:
        return person.keyframes
    times = person.boxes or {
        _rounded(step * SAMPLE_SEC): UNKNOWN
        for start, end, _ in person.segments
        for step in range(int(np.ceil(start / SAMPLE_SEC)), int(np.ceil(end / SAMPLE_SEC)))
    }
    found = {}
    for time_sec, box in times.items():
        for start, end, posture in person.segments:
            if start <= time_sec < end:
                found[time_sec] = {posture}, box
    return found


def _segments(
    keyframes: PostureKeyframes, timed: Sequence[Sequence[tuple[float, float, int]]]
) -> PostureSegments:
    """Return the intervals of the file; those of other people come from their keyframes."""
    joined = segments_of(keyframes)
    rows = [
        (person, posture, span)
        for person, posture, span in zip(*(part.tolist() for part in joined), strict=True)
        if not timed[person]
    ]
    for person, own in enumerate(timed):
        rows += [(person, posture, [start, end]) for start, end, posture in own]
    rows.sort(key=lambda row: (row[0], row[2]))
    return PostureSegments(
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.int64),
        np.array([row[2] for row in rows], np.float64).reshape(-1, 2),
    )


def _rounded(time_sec: float) -> float:
    return round(time_sec * STEPS_PER_SEC) / STEPS_PER_SEC
