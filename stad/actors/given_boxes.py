"""Person boxes from a file instead of a detector: AVA-style CSV, or stad's own JSON."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

import numpy as np

from stad.errors import InputError
from stad.structures import Actors, Frame, VideoInfo

# AVA's order when the file has no header: video, time, box, (score | action), (id).
COLUMNS = ("video_id", "time_sec", "x1", "y1", "x2", "y2", "score")
ALIASES = {"timestamp": "time_sec", "time": "time_sec", "id": "actor_id", "person_id": "actor_id"}
# Coordinates above this cannot be fractions of the picture: the file is in pixels.
LARGEST_FRACTION = 1.5
EXPECTED = "expected rows video_id,timestamp,x1,y1,x2,y2[,score], or a header naming the columns"


class GivenBoxes:
    """A detector that answers from a file.

    Args:
        path: CSV (AVA order without a header, or any order with one; columns time_sec or
            timestamp, x1, y1, x2, y2, and if there video_id, score, actor_id), or a JSON that
            the demo wrote. Coordinates are fractions of the picture, or pixels if any is > 1.5.
        info: the video; rows of other video ids are left out.

    Raises:
        InputError: unreadable, a row that is not numbers (with its line), or nothing for this
            video.
    """

    name = "given boxes"
    person_threshold = 0.5

    def __init__(self, path: Path, info: VideoInfo) -> None:
        path = Path(path)
        if not path.is_file():
            raise InputError(f"--boxes: no such file: {path}")
        rows = _read_json(path) if path.suffix == ".json" else _read_csv(path, Path(info.name).stem)
        if not rows:
            raise InputError(f"--boxes: {path} holds no box for {info.name}")
        self.gives_ids = all(row[-1] > 0 for row in rows)
        self._at = _group(rows, info)
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


def _group(rows: list[tuple], info: VideoInfo) -> dict[float, Actors]:
    table = np.array([row[1:5] for row in rows], dtype=np.float64)
    if table.max() <= LARGEST_FRACTION:
        table = table * [info.width_px, info.height_px, info.width_px, info.height_px]
    table[:, 0::2] = table[:, 0::2].clip(0, info.width_px)
    table[:, 1::2] = table[:, 1::2].clip(0, info.height_px)
    by_time: dict[float, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        if table[number, 2] > table[number, 0] and table[number, 3] > table[number, 1]:
            by_time[row[0]].append(number)
    grouped = {}
    for time_sec, numbers in by_time.items():
        # Multi-label files repeat a box once a label.
        boxes, first = np.unique(table[numbers].round(2), axis=0, return_index=True)
        kept = [numbers[i] for i in first]
        grouped[time_sec] = Actors.of(
            boxes, [rows[n][5] for n in kept], [int(rows[n][6]) for n in kept]
        )
    return grouped


def _read_csv(path: Path, video_id: str) -> list[tuple]:
    """Rows (time_sec, x1, y1, x2, y2, score, actor_id or 0)."""
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
        raise InputError(f"--boxes: {path} has no column {', '.join(missing)}: {EXPECTED}")
    rows, ids = [], set()
    for number, line in enumerate(lines, start=first_line):
        if not any(cell.strip() for cell in line):
            continue
        row = dict(zip(header, line, strict=False))
        ids.add(row.get("video_id", video_id))
        rows.append((row.get("video_id", video_id), *_numbers(row, path, number, line)))
    # A file of one video serves whatever that video is called now.
    return [row[1:] for row in rows if row[0] == video_id or len(ids) == 1]


def _numbers(row: dict, path: Path, number: int, line: list[str]) -> tuple:
    try:
        values = [float(row[name]) for name in ("time_sec", "x1", "y1", "x2", "y2")]
        score = float(row.get("score") or 1.0)
        actor_id = int(float(row.get("actor_id") or 0))
    except (KeyError, ValueError) as error:
        raise InputError(
            f"--boxes: {path}, line {number}: {','.join(line)!r} cannot be read: {EXPECTED}"
        ) from error
    if not np.isfinite([*values, score]).all():
        raise InputError(f"--boxes: {path}, line {number}: {','.join(line)!r} is not finite")
    # AVA's label files hold an action id in the seventh column: not a score.
    return (*values, score if 0 <= score <= 1 else 1.0, actor_id)


def _read_json(path: Path) -> list[tuple]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return [
            (float(frame["time_sec"]), *map(float, actor["box"]), 1.0, int(actor["id"]))
            for frame in document["frames"]
            for actor in frame["actors"]
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"--boxes: {path} is not a JSON file that the demo wrote ({error!r})"
        ) from error


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
