"""Hold annotations or detections as columns, one row for each box and action."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from stad.annotations.ava_cells import (
    MICROSECONDS_PER_VIDEO,
    TIME_DECIMALS,
    without_empty_columns,
)
from stad.annotations.boxes import LabelledBoxes
from stad.annotations.csv_rows import read_rows
from stad.utils.numbers import round_decimals

# Maximum length of a row in a message.
SHOWN_CHARACTERS = 80


@dataclass(frozen=True)
class AvaTable:
    """The columns of an AVA CSV file, or of a file in another format.

    It has N rows with a box, and E rows that name a keyframe without any box.

    Attributes:
        path: the file it was read from; empty if there is none.
        videos: the video ids.
        video: (N,) int32 index in ``videos``.
        time_sec: (N,) float64.
        boxes: (N, 4) float64 xyxy as written, normally in [0, 1] of the frame.
        class_id: (N,) int64 action ids.
        last: (N,) float64 eighth column, person id or score; 1 where there is none.
        has_last: whether the file has an eighth column.
        empty_video, empty_time_sec: (E,) video and time of the keyframes without a box.
        places: (N,) texts that locate each row in messages, such as 'a.json, annotation 7';
            empty for a CSV file, whose rows are located by their lines.
    """

    path: str
    videos: tuple[str, ...]
    video: np.ndarray
    time_sec: np.ndarray
    boxes: np.ndarray
    class_id: np.ndarray
    last: np.ndarray
    has_last: bool
    empty_video: np.ndarray
    empty_time_sec: np.ndarray
    places: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.video)

    def without_rows(self, rows: np.ndarray | Sequence[int]) -> AvaTable:
        """Return the table without some of its rows with a box; (K,) int64 indices."""
        keep = np.ones(len(self), dtype=bool)
        keep[rows] = False
        columns = ("video", "time_sec", "boxes", "class_id", "last")
        places = tuple(self.places[row] for row in np.flatnonzero(keep)) if self.places else ()
        return replace(self, places=places, **{name: getattr(self, name)[keep] for name in columns})


def labelled_boxes(*tables: AvaTable) -> list[LabelledBoxes]:
    """Turn tables into columns for ``stad.evaluation``, with one numbering of keyframes."""
    videos = {name: None for table in tables for name in table.videos}
    number = {name: index for index, name in enumerate(videos)}
    result = []
    for table in tables:
        codes = np.array([number[name] for name in table.videos], dtype=np.int64)
        result.append(
            LabelledBoxes(
                keyframe=_keyframe_keys(codes, table.video, table.time_sec),
                boxes=table.boxes,
                class_id=table.class_id,
                score=table.last,
                empty_keyframes=_keyframe_keys(codes, table.empty_video, table.empty_time_sec),
            )
        )
    return result


def _keyframe_keys(codes: np.ndarray, video: np.ndarray, time_sec: np.ndarray) -> np.ndarray:
    # Rows of one keyframe mostly follow each other, so one key is made for each run of them.
    change = (video[1:] != video[:-1]) | (time_sec[1:] != time_sec[:-1])
    start = np.flatnonzero(np.append(True, change)[: len(video)])
    size = np.diff(np.append(start, len(video)))
    microseconds = np.rint(round_decimals(time_sec[start], TIME_DECIMALS) * 10**TIME_DECIMALS)
    keys = microseconds.astype(np.int64) + codes[video[start]] * MICROSECONDS_PER_VIDEO
    return np.repeat(keys, size)


def locate_row(table: AvaTable, row: int) -> str:
    """Return the file, the line and the text of a row with a box, for messages."""
    if table.places:
        return table.places[row]
    count = -1
    for line, cells in read_rows(table.path):
        count += len(without_empty_columns(cells)) > 2
        if count == row:
            return f"{table.path}, line {line}: {','.join(cells)!r}"
    return f"{table.path}, row {row} (from 0)"


def locate_rows(table: AvaTable, rows: Sequence[int]) -> list[str]:
    """Return 'file:line' of rows with a box, the first one with its text."""
    if table.places:
        return [table.places[row] for row in rows]
    wanted = set(rows)
    places: list[str] = []
    count = -1
    for line, cells in read_rows(table.path):
        has_box = len(without_empty_columns(cells)) > 2
        count += has_box
        if has_box and count in wanted:
            text = "" if places else f" ({','.join(cells)[:SHOWN_CHARACTERS]})"
            places.append(f"{table.path}:{line}{text}")
        if len(places) == len(wanted):
            break
    return places
