"""Take person boxes from a file instead of a detector."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

from stad.actors.detectors.box_files import BoxRow, read_boxes
from stad.annotations.checks.boxes import check_boxes
from stad.annotations.checks.findings import settle
from stad.annotations.checks.times import check_times
from stad.structures import Actors, Frame, VideoInfo

# Coordinates above this cannot be fractions of the frame.
MAX_FRACTION = 1.5
# Coordinates are fractions if more than this fraction of the rows can be.
MIN_FRACTION_ROWS = 0.5


class PrecomputedDetections:
    """Return the boxes of a file, in place of a detector.

    Args:
        path: CSV (AVA order without a header, or any order with one; columns time_sec or
            timestamp, x1, y1, x2, y2, and optionally video_id, score, actor_id), or a JSON file
            written with --json. Coordinates are fractions of the frame, or pixels if more than
            half of the rows have one above 1.5.
        info: the video; rows of other video ids are left out.
        part_sec: start and end of the part of the video that is read, seconds; None for the
            start and end of the video.

    Attributes:
        warnings: rows that are left out, and why; sentences for users.

    Raises:
        InputError: the file cannot be read, a row is not numbers, no row is of this video, or
            too many rows are outside of its time or its frame.
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
        rows = read_boxes(path, info.name)
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
        """Return the people at the time of a frame; None where the file has none for it."""
        found = None
        while self._next < len(self._times):
            time_sec = self._times[self._next]
            if time_sec > frame.time_sec + self._half_frame_sec:
                break
            self._next += 1
            # After --start, rows of earlier times do not belong to this frame.
            if time_sec >= frame.time_sec - self.interval_sec:
                found = self._at[time_sec]
        return found


def _checked(
    path: Path, rows: list[BoxRow], info: VideoInfo
) -> tuple[list[BoxRow], np.ndarray, list[str]]:
    """Return the rows that fit the video, their (K, 4) boxes in pixels, and warnings."""
    table = np.array([row.box for row in rows], dtype=np.float64)
    size = np.array([info.width_px, info.height_px] * 2, dtype=np.float64)
    # A few wrong rows do not decide it.
    if np.mean(np.abs(table).max(axis=1) <= MAX_FRACTION) > MIN_FRACTION_ROWS:
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


def _within_time(path: Path, rows: list[BoxRow], info: VideoInfo) -> tuple[np.ndarray, list[str]]:
    """Return the indices of the rows within the video, and warnings about the others."""
    time_sec, fps = np.array([row.time_sec for row in rows]), float(info.fps)
    duration_sec = info.duration_sec or info.num_frames / fps or np.nan
    columns = np.full((2, len(rows)), [[duration_sec], [fps]])
    findings = check_times(time_sec, *columns, start_sec=0.0, tolerance_sec=0.5 / fps)
    # The video may be a part of a longer one.
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
        max_wrong=1.0,
    )
    inside = np.delete(np.arange(len(rows)), checked.left_out)
    return inside, [checked.warning] if checked.warning else []


def _without_option(guess: str) -> str:
    return guess.replace("set start_sec to 900", "subtract 900")


def _outside_part(
    path: Path, rows: list[BoxRow], part_sec: tuple[float | None, float | None]
) -> list[str]:
    """Return a warning where no box is in the part of the video that is read."""
    start_sec, end_sec = part_sec[0] or 0.0, np.inf if part_sec[1] is None else part_sec[1]
    times = np.array([row.time_sec for row in rows])
    if ((times >= start_sec) & (times < end_sec)).any():
        return []
    return [
        f"--boxes {path} has no box between --start and --end: its times are "
        f"{times.min():g} to {times.max():g} s"
    ]


def _doubtful_ids(path: Path, rows: list[BoxRow], boxes: np.ndarray) -> list[str]:
    """Return warnings about rows without an id, and about several people with one id."""
    with_id = [(row, box) for row, box in zip(rows, boxes, strict=True) if row.actor_id > 0]
    doubts = []
    if with_id and len(with_id) < len(rows):
        doubts.append(
            f"--boxes {path}: {len(rows) - len(with_id)} of {len(rows)} rows have no actor id from "
            "1 up, so a tracker gives all people new ids"
        )
    places: dict[tuple[float, int], set] = defaultdict(set)
    for row, box in with_id:
        places[row.time_sec, row.actor_id].add(tuple(box.round(2).tolist()))
    if several := [key for key, found in places.items() if len(found) > 1]:
        doubts.append(
            f"--boxes {path}: {len(several)} times an actor id has several boxes at one time, "
            f"first id {several[0][1]} at {several[0][0]:g} s. Only one of them is shown"
        )
    return doubts


def _group(rows: list[BoxRow], table: np.ndarray) -> dict[float, Actors]:
    by_time: dict[float, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        by_time[row.time_sec].append(number)
    grouped = {}
    for time_sec, numbers in by_time.items():
        # Files with several labels repeat the box for each label.
        boxes, first = np.unique(table[numbers].round(2), axis=0, return_index=True)
        kept = [numbers[i] for i in first]
        grouped[time_sec] = Actors.from_arrays(
            boxes, [rows[n].score for n in kept], [rows[n].actor_id for n in kept]
        )
    return grouped
