"""Read person boxes from a file: AVA-style CSV, or stad's own JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stad.annotations.ava_cells import separator_hint
from stad.annotations.csv_rows import read_rows
from stad.annotations.video_ids import guess_video_ids
from stad.errors import InputError
from stad.utils.files import read_json
from stad.utils.limits import ACTORS, BOXES
from stad.utils.text import shown

# AVA's order when the file has no header: video, time, box, (score | action), (id).
COLUMNS = ("video_id", "time_sec", "x1", "y1", "x2", "y2", "score")
REQUIRED = ("time_sec", "x1", "y1", "x2", "y2")
ALIASES = {"timestamp": "time_sec", "time": "time_sec", "id": "actor_id", "person_id": "actor_id"}
MAX_ID = 2**31
EXPECTED = "expected rows video_id,timestamp,x1,y1,x2,y2[,score], or a header naming the columns"


class BoxRow(NamedTuple):
    """One box of a file.

    Attributes:
        time_sec: time in the video, seconds.
        box: (4,) xyxy as written, fractions of the frame or pixels.
        score: in [0, 1].
        actor_id: id of the person; 0 where there is none.
        place: file and line, for messages.
    """

    time_sec: float
    box: tuple[float, ...]
    score: float
    actor_id: int
    place: str


def read_boxes(path: Path, video_name: str) -> list[BoxRow]:
    """Read the boxes of a video from a CSV or JSON file.

    Raises:
        InputError: the file cannot be read, or has no box for this video.
    """
    if not path.is_file():
        raise InputError(f"--boxes: no such file: {path}. Check the name and the folder.")
    rows = _read_json(path) if path.suffix == ".json" else _read_csv(path, video_name)
    if not rows:
        raise InputError(
            f"--boxes: {path} has no box for {video_name}. Give the file of this video's boxes."
        )
    _check_amount(path, rows)
    return rows


def _check_amount(path: Path, rows: list[BoxRow]) -> None:
    if len(rows) > BOXES.value:
        raise InputError(
            f"--boxes: {path} has more than {BOXES.value:g} boxes, the limit. {BOXES.advice}"
        )
    # Files with several labels repeat the box for each label.
    people = Counter(time_sec for time_sec, _ in {(one.time_sec, one.box) for one in rows})
    time_sec, most = people.most_common(1)[0]
    if most > ACTORS.value:
        raise InputError(
            f"--boxes: {path} has {most} people at {time_sec:g} s, more than the limit of "
            f"{ACTORS.value:g}: each takes about 10 MB of memory. {ACTORS.advice}"
        )


def _read_csv(path: Path, video_name: str) -> list[BoxRow]:
    video_id = Path(video_name).stem
    try:
        # A header, and a row above the limit.
        lines = list(islice(read_rows(path), int(BOXES.value) + 2))
    except InputError as error:
        raise InputError(f"--boxes: {error} It has to be a CSV file: {EXPECTED}.") from error
    header: list[str] = list(COLUMNS)
    if lines and not _is_number(lines[0][1][1] if len(lines[0][1]) > 1 else ""):
        header = [ALIASES.get(n.strip().lower(), n.strip().lower()) for n in lines[0][1]]
        lines = lines[1:]
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise InputError(
            f"--boxes: {path} has no column {', '.join(missing)}: {EXPECTED}."
            f"{separator_hint(header)}"
        )
    rows: dict[str, list[BoxRow]] = {}
    for number, line in lines:
        values = dict(zip(header, line, strict=False))
        row = _csv_row(values, f"{path}, line {number}", line, place=f"{path}:{number}")
        rows.setdefault(values.get("video_id", video_id), []).append(row)
    return _rows_of_video(path, rows, video_name)


def _rows_of_video(path: Path, rows: dict[str, list[BoxRow]], video_name: str) -> list[BoxRow]:
    """Return the rows of a video; a file of one video matches every name."""
    video_id = Path(video_name).stem
    if len(rows) > 1 and video_id not in rows:
        count = sum(map(len, rows.values()))
        guess = guess_video_ids([_closest(rows, video_id)], [video_id])
        raise InputError(
            f"--boxes: {path} has no box for {video_name}: 0 of {count} rows match. They are of "
            f"{shown([repr(name) for name in rows], limit=1)}, the video is {video_id!r}. "
            f"{guess or 'Give the file of this video, or change the ids in the file.'}"
        )
    return rows.get(video_id) or next(iter(rows.values()), [])


def _closest(names: Iterable[str], video_id: str) -> str:
    """Return the name that is the video's in another spelling, else the first one."""
    names = list(names)
    return next((one for one in names if guess_video_ids([one], [video_id])), names[0])


def _csv_row(values: Mapping[str, str], where: str, line: list[str], *, place: str) -> BoxRow:
    try:
        numbers = [float(values[name]) for name in REQUIRED]
        score = float(values.get("score") or 1.0)
        actor_id = _as_id(values.get("actor_id") or 0)
    except (KeyError, ValueError, OverflowError) as error:
        raise InputError(
            f"--boxes: {where}: {','.join(line)!r} cannot be read: {EXPECTED}."
        ) from error
    if not np.isfinite([*numbers, score]).all():
        raise InputError(
            f"--boxes: {where}: {','.join(line)!r} is not finite. Delete the row, or correct it."
        )
    # AVA's label files have an action id in the seventh column: not a score.
    score = score if 0 <= score <= 1 else 1.0
    return BoxRow(numbers[0], tuple(numbers[1:]), score, actor_id, place)


def _read_json(path: Path) -> list[BoxRow]:
    try:
        document = read_json(path)
    except InputError as error:
        raise InputError(f"--boxes: {error}") from error
    try:
        return [
            BoxRow(
                float(frame["time_sec"]),
                _four(actor["box"]),
                1.0,
                _as_id(actor["id"]),
                f"the frame at {frame['time_sec']} s",
            )
            for frame in document["frames"]
            for actor in frame["actors"]
        ]
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise InputError(
            f"--boxes: {path} is not a JSON file written with --json ({error!r}). "
            "Write it again, or give a CSV file."
        ) from error


def _as_id(value: str | float) -> int:
    actor_id = int(float(value))
    if not abs(actor_id) < MAX_ID:
        raise ValueError(f"an actor id is a whole number below {MAX_ID}, got {value}")
    return actor_id


def _four(values: Sequence[float]) -> tuple[float, ...]:
    if not isinstance(values, list):
        raise ValueError(f"a box is a list of 4 numbers, got {values!r:.50}")
    if len(values) != 4:
        raise ValueError(f"a box has 4 numbers, got {len(values)}")
    return tuple(map(float, values))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
