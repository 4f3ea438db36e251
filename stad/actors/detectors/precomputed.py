"""Person boxes from a file instead of a detector: AVA-style CSV, or stad's own JSON."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stad.annotations.ava_cells import separator_hint
from stad.annotations.checks.boxes import check_boxes
from stad.annotations.checks.findings import settle
from stad.annotations.checks.rows import check_times
from stad.annotations.video_ids import guess_video_ids
from stad.errors import InputError
from stad.structures import Actors, Frame, VideoInfo

# AVA's order when the file has no header: video, time, box, (score | action), (id).
COLUMNS = ("video_id", "time_sec", "x1", "y1", "x2", "y2", "score")
ALIASES = {"timestamp": "time_sec", "time": "time_sec", "id": "actor_id", "person_id": "actor_id"}
# Coordinates above this cannot be fractions of the frame.
MAX_ID = 2**31
MAX_FRACTION = 1.5
MAX_ROWS = 0.5
EXPECTED = "expected rows video_id,timestamp,x1,y1,x2,y2[,score], or a header naming the columns"


class _Row(NamedTuple):
    """One box: its time, (4,) corners as written, and where it stands."""

    time_sec: float
    box: tuple[float, ...]
    score: float
    actor_id: int
    place: str


class PrecomputedDetections:
    """A detector that answers from a file.

    Args:
        path: CSV (AVA order without a header, or any order with one; columns time_sec or
            timestamp, x1, y1, x2, y2, and if there video_id, score, actor_id), or a JSON that
            the demo wrote. Coordinates are fractions of the frame, or pixels if most rows have
            one above 1.5.
        info: the video; rows of other video ids are left out.
        part_sec: start and end of what is read of the video; None for where it starts and ends.

    Attributes:
        warnings: rows that are left out, and why, for people.

    Raises:
        InputError: unreadable, a row that is not numbers (with its line), nothing for this
            video, or most rows are outside of its time or its frame.
    """

    name = "given boxes"
    person_threshold = 0.5

    def __init__(
        self,
        path: Path,
        info: VideoInfo,
        *,
        part_sec: tuple[float | None, float | None] = (None, None),
    ) -> None:
        path = Path(path)
        if not path.is_file():
            raise InputError(f"--boxes: no such file: {path}")
        rows = _read_json(path) if path.suffix == ".json" else _read_csv(path, info.name)
        if not rows:
            raise InputError(f"--boxes: {path} holds no box for {info.name}")
        rows, boxes, self.warnings = _checked(path, rows, info)
        self.warnings += _outside_part(path, rows, part_sec)
        self.gives_ids = all(row.actor_id > 0 for row in rows)
        self.warnings += _doubtful_ids(path, rows, boxes)
        self._at = _group(rows, boxes)
        self._times = sorted(self._at)
        self._half_frame_sec = 0.5 / float(info.fps)
        gaps = np.diff(self._times)
        self.interval_sec = float(np.median(gaps)) if len(gaps) else 1.0
        self._next = 0

    def detect(self, frame: Frame) -> Actors | None:
        """The rows whose time has come with this frame; None between them."""
        found = None
        while self._next < len(self._times):
            time_sec = self._times[self._next]
            if time_sec > frame.time_sec + self._half_frame_sec:
                break
            self._next += 1
            # After --start, rows of earlier times are not this frame's.
            if time_sec >= frame.time_sec - self.interval_sec:
                found = self._at[time_sec]
        return found


def _checked(
    path: Path, rows: list[_Row], info: VideoInfo
) -> tuple[list[_Row], np.ndarray, list[str]]:
    """The rows that can be meant, their (K, 4) boxes in pixels, and what is told of the others."""
    table = np.array([row.box for row in rows], dtype=np.float64)
    size = np.array([info.width_px, info.height_px] * 2, dtype=np.float64)
    # One stray row says nothing of the others.
    if np.mean(np.abs(table).max(axis=1) <= MAX_FRACTION) > MAX_ROWS:
        table = table * size
    inside, warnings = _within_time(path, rows, info)
    checked = settle(
        check_boxes(table[inside] / size),
        name=f"--boxes {path}",
        num_rows=len(inside),
        locate=lambda wanted: [rows[inside[row]].place for row in wanted],
    )
    kept = np.delete(inside, checked.left_out)
    warnings += [checked.warning] if checked.warning else []
    return [rows[index] for index in kept], table[kept].clip(0, size), warnings


def _within_time(path: Path, rows: list[_Row], info: VideoInfo) -> tuple[np.ndarray, list[str]]:
    """The rows that lie within the video, and what is told of the others."""
    time_sec, fps = np.array([row.time_sec for row in rows]), float(info.fps)
    duration_sec = info.duration_sec or info.num_frames / fps or np.nan
    columns = np.full((2, len(rows)), [[duration_sec], [fps]])
    findings = check_times(time_sec, *columns, start_sec=0.0, tolerance_sec=0.5 / fps)
    # The file may be of a longer video, of which this is a part.
    none_fits = sum(one.number for one in findings) == len(rows)
    findings = [
        replace(one, guess=_without_option(one.guess), stops=one.stops or none_fits)
        for one in findings
    ]
    checked = settle(
        findings,
        name=f"--boxes {path}",
        num_rows=len(rows),
        locate=lambda wanted: [rows[row].place for row in wanted],
        most=1.0,
    )
    inside = np.delete(np.arange(len(rows)), checked.left_out)
    return inside, [checked.warning] if checked.warning else []


def _without_option(guess: str) -> str:
    return guess.replace("set start_sec to 900", "subtract 900")


def _outside_part(path: Path, rows: list[_Row], part_sec: tuple) -> list[str]:
    """What is told where no box is in the part of the video that is read."""
    start_sec, end_sec = part_sec[0] or 0.0, np.inf if part_sec[1] is None else part_sec[1]
    times = np.array([row.time_sec for row in rows])
    if ((times >= start_sec) & (times < end_sec)).any():
        return []
    return [
        f"--boxes {path} has no box between --start and --end: its times are "
        f"{times.min():g} to {times.max():g} s"
    ]


def _doubtful_ids(path: Path, rows: list[_Row], boxes: np.ndarray) -> list[str]:
    """Return what is to be said of rows without an id, or of several people with one id."""
    with_id = [(row, box) for row, box in zip(rows, boxes, strict=True) if row.actor_id > 0]
    said = []
    if with_id and len(with_id) < len(rows):
        said.append(
            f"--boxes {path}: {len(rows) - len(with_id)} of {len(rows)} rows have no actor id from "
            "1 up, so people are followed and numbered anew"
        )
    places: dict[tuple[float, int], set] = defaultdict(set)
    for row, box in with_id:
        places[row.time_sec, row.actor_id].add(tuple(box.round(2).tolist()))
    if several := [key for key, found in places.items() if len(found) > 1]:
        said.append(
            f"--boxes {path}: {len(several)} times an actor id has several boxes at one time, "
            f"first id {several[0][1]} at {several[0][0]:g} s; one of them is shown"
        )
    return said


def _group(rows: list[_Row], table: np.ndarray) -> dict[float, Actors]:
    by_time: dict[float, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        by_time[row.time_sec].append(number)
    grouped = {}
    for time_sec, numbers in by_time.items():
        # Multi-label files repeat a box once a label.
        boxes, first = np.unique(table[numbers].round(2), axis=0, return_index=True)
        kept = [numbers[i] for i in first]
        grouped[time_sec] = Actors.from_arrays(
            boxes, [rows[n].score for n in kept], [rows[n].actor_id for n in kept]
        )
    return grouped


def _read_csv(path: Path, video_name: str) -> list[_Row]:
    video_id = Path(video_name).stem
    try:
        lines = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"--boxes: {path} is not a CSV file ({error}): {EXPECTED}") from error
    header, first_line = list(COLUMNS), 1
    if lines and not _is_number(lines[0][1] if len(lines[0]) > 1 else ""):
        header = [ALIASES.get(n.strip().lower(), n.strip().lower()) for n in lines[0]]
        lines, first_line = lines[1:], 2
    missing = [name for name in ("time_sec", "x1", "y1", "x2", "y2") if name not in header]
    if missing:
        raise InputError(
            f"--boxes: {path} has no column {', '.join(missing)}: {EXPECTED}."
            f"{separator_hint(header)}"
        )
    rows: dict[str, list[_Row]] = {}
    for number, line in enumerate(lines, start=first_line):
        if not any(cell.strip() for cell in line):
            continue
        row = dict(zip(header, line, strict=False))
        values, score, actor_id = _numbers(row, path, number, line)
        place = f"{path}:{number}"
        rows.setdefault(row.get("video_id", video_id), []).append(
            _Row(values[0], tuple(values[1:]), score, actor_id, place)
        )
    # A file of one video serves whatever that video is called now.
    if len(rows) > 1 and video_id not in rows:
        count, first = sum(map(len, rows.values())), next(iter(rows))
        raise InputError(
            f"--boxes: {path} holds no box for {video_name}: 0 of {count} rows match. They are of "
            f"{first!r} and {len(rows) - 1} more, the video is {video_id!r}. "
            f"{guess_video_ids([_closest(rows, video_id)], [video_id])}"
        )
    return rows.get(video_id) or next(iter(rows.values()), [])


def _closest(names: Iterable[str], video_id: str) -> str:
    """A name that is the video's in another spelling, else any."""
    names = list(names)
    return next((one for one in names if guess_video_ids([one], [video_id])), names[0])


def _numbers(row: dict, path: Path, number: int, line: list[str]) -> tuple[list[float], float, int]:
    try:
        values = [float(row[name]) for name in ("time_sec", "x1", "y1", "x2", "y2")]
        score = float(row.get("score") or 1.0)
        actor_id = _as_id(row.get("actor_id") or 0)
    except (KeyError, ValueError, OverflowError) as error:
        raise InputError(
            f"--boxes: {path}, line {number}: {','.join(line)!r} cannot be read: {EXPECTED}"
        ) from error
    if not np.isfinite([*values, score]).all():
        raise InputError(f"--boxes: {path}, line {number}: {','.join(line)!r} is not finite")
    # AVA's label files hold an action id in the seventh column: not a score.
    return values, score if 0 <= score <= 1 else 1.0, actor_id


def _read_json(path: Path) -> list[_Row]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return [
            _Row(
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
            f"--boxes: {path} is not a JSON file that the demo wrote ({error!r})"
        ) from error


def _as_id(value: str | float) -> int:
    actor_id = int(float(value))
    if not abs(actor_id) < MAX_ID:
        raise ValueError(f"an actor id is a whole number below {MAX_ID}, got {value}")
    return actor_id


def _four(values: Sequence[float]) -> tuple[float, ...]:
    if len(values) != 4:
        raise ValueError(f"a box has 4 numbers, got {len(values)}")
    return tuple(map(float, values))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
