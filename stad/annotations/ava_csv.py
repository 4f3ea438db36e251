"""Reading AVA's CSV files: ground truth, detections and excluded keyframes, in all spellings.

A row is ``video id, timestamp [, x1, y1, x2, y2, action id [, last]]`` without a header, where
``last`` is a person id (ground truth) or a score (detections). A row of two columns names a
keyframe with nothing in it. Timestamps are seconds: ``0902``, ``902`` or ``902.5``.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.csv

from stad.annotations import label_maps
from stad.annotations.ava_cells import (
    COLUMNS,
    MAX_SEC,
    MICROSECONDS_PER_VIDEO,
    TIME_DECIMALS,
    read_cell,
    separator_hint,
)
from stad.annotations.label_maps import read_label_map
from stad.annotations.labelled_boxes import LabelledBoxes
from stad.errors import InputError
from stad.utils.numbers import round_decimals

BOX_COLUMNS = COLUMNS[2:6]
WIDTHS = (2, 7, 8)
EVALUATED_CLASSES = "ava60.pbtxt"

# Of a row, in messages.
SHOWN_CHARACTERS = 80


@dataclass(frozen=True)
class AvaTable:
    """The columns of an AVA CSV file, N rows with a box and E rows without.

    Attributes:
        path: where it was read from.
        videos: the video ids.
        video: (N,) int32 index in ``videos``.
        time_sec: (N,) float64.
        boxes: (N, 4) float64 xyxy as written, normally in [0, 1] of the frame.
        class_id: (N,) int64 action ids.
        last: (N,) float64 eighth column, person id or score; 1 where there is none.
        has_last: whether the file has an eighth column.
        empty_video, empty_time_sec: (E,) the same of the rows of two columns.
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

    def __len__(self) -> int:
        return len(self.video)

    def without_rows(self, rows: np.ndarray) -> AvaTable:
        """The table without some of its rows with a box; (K,) int64 indices."""
        keep = np.ones(len(self), dtype=bool)
        keep[rows] = False
        columns = ("video", "time_sec", "boxes", "class_id", "last")
        return replace(self, **{name: getattr(self, name)[keep] for name in columns})


class _NotPlain(Exception):
    """The file needs the careful reader, which takes more spellings and finds the culprit."""


def read_ava_csv(path: str | Path, *, allow_bad_numbers: bool = False) -> AvaTable:
    """Read an AVA CSV file, plain or .gz.

    Args:
        path: of the file.
        allow_bad_numbers: let numbers that are not finite, and times that no video has, pass in
            rows with a box: whoever asks for them checks them.

    Raises:
        InputError: no such file, or a row that is no AVA row: file, line, column and content.
    """
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file. Give an AVA CSV file ({', '.join(COLUMNS)}).")
    try:
        return _read_columns(str(path), allow_bad_numbers)
    except (_NotPlain, pa.ArrowInvalid):
        return _read_rows(str(path), allow_bad_numbers)
    except (OSError, EOFError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error


def read_excluded(path: str | Path) -> AvaTable:
    """Read a file of excluded keyframes: rows of two columns only.

    Raises:
        InputError: as ``read_ava_csv``, or a row has more than two columns.
    """
    table = read_ava_csv(path)
    if len(table):
        raise InputError(
            f"{locate_row(table, 0)}: a list of excluded keyframes has two columns, "
            f"{COLUMNS[0]} and {COLUMNS[1]}."
        )
    return table


def evaluated_classes() -> dict[int, str]:
    """The 60 classes that AVA v2.1 and v2.2 evaluate: id -> name."""
    return read_label_map(Path(label_maps.__file__).parent / EVALUATED_CLASSES)


def labelled_boxes(*tables: AvaTable) -> list[LabelledBoxes]:
    """The tables as columns for ``stad.evaluation``, their keyframes numbered alike."""
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
    # Rows of one keyframe mostly follow each other: one key is made for each run of them.
    change = (video[1:] != video[:-1]) | (time_sec[1:] != time_sec[:-1])
    start = np.flatnonzero(np.append(True, change)[: len(video)])
    size = np.diff(np.append(start, len(video)))
    microseconds = np.rint(round_decimals(time_sec[start], TIME_DECIMALS) * 10**TIME_DECIMALS)
    keys = microseconds.astype(np.int64) + codes[video[start]] * MICROSECONDS_PER_VIDEO
    return np.repeat(keys, size)


def locate_row(table: AvaTable, row: int) -> str:
    """Where a row with a box stands in its file, and what it says: for messages."""
    with _open_text(table.path) as file:
        count = -1
        for line, cells in _numbered(file):
            count += len(cells) > 2
            if count == row:
                return f"{table.path}, line {line}: {','.join(cells)!r}"
    return f"{table.path}, row {row} (from 0)"


def locate_rows(table: AvaTable, rows: Sequence[int]) -> list[str]:
    """Where rows with a box stand, as 'file:line', with what the first one says."""
    wanted, places = set(rows), []
    with _open_text(table.path) as file:
        count = -1
        for line, cells in _numbered(file):
            count += len(cells) > 2
            if len(cells) > 2 and count in wanted:
                said = "" if places else f" ({','.join(cells)[:SHOWN_CHARACTERS]})"
                places.append(f"{table.path}:{line}{said}")
            if len(places) == len(wanted):
                break
    return places


# The fast reader: whole columns, no more checks than it takes to know that all is well.


def _read_columns(path: str, allow_bad_numbers: bool) -> AvaTable:
    width = _peek_width(path)
    short: list[str] = []

    def collect(row: pyarrow.csv.InvalidRow) -> str:
        if row.actual_columns == 2:
            short.append(row.text)
            return "skip"
        return "skip" if not row.text.strip() else "error"

    types = [pa.dictionary(pa.int32(), pa.string()), *[pa.float64()] * 5, pa.int64(), pa.float64()]
    columns = dict(zip(COLUMNS[:width], types, strict=False))
    arrow = pyarrow.csv.read_csv(
        path,
        read_options=pyarrow.csv.ReadOptions(column_names=list(columns), block_size=1 << 22),
        parse_options=pyarrow.csv.ParseOptions(invalid_row_handler=collect),
        convert_options=pyarrow.csv.ConvertOptions(column_types=columns, null_values=[""]),
    )
    table = _from_arrow(path, arrow.unify_dictionaries(), width)
    if width > 2 and short:
        table = _with_empty(table, short)
    _check(table, allow_bad_numbers)
    return table


def _peek_width(path: str) -> int:
    """The number of columns: that of the first row with a box, else 2."""
    width = 2
    with _open_text(path) as file:
        for _, cells in _numbered(file):
            width = len(cells)
            if width > 2:
                break
    if width not in WIDTHS:
        raise _NotPlain
    return width


def _from_arrow(path: str, arrow: pa.Table, width: int) -> AvaTable:
    if any(column.null_count for column in arrow.columns):
        raise _NotPlain
    chunks = arrow.column(0).chunks
    videos = tuple(chunks[0].dictionary.to_pylist()) if chunks else ()
    video = np.concatenate([np.empty(0, np.int32), *(c.indices.to_numpy() for c in chunks)])
    time_sec = _to_numpy(arrow.column(1))
    none = AvaTable(
        path=path,
        videos=videos,
        video=np.empty(0, np.int32),
        time_sec=np.empty(0),
        boxes=np.empty((0, 4)),
        class_id=np.empty(0, np.int64),
        last=np.empty(0),
        has_last=False,
        empty_video=np.empty(0, np.int32),
        empty_time_sec=np.empty(0),
    )
    if width == 2:
        return replace(none, empty_video=video, empty_time_sec=time_sec)
    boxes = np.empty((len(video), 4))
    for index in range(4):
        _fill(boxes[:, index], arrow.column(2 + index))
    return replace(
        none,
        video=video,
        time_sec=time_sec,
        boxes=boxes,
        class_id=_to_numpy(arrow.column(6)),
        last=_to_numpy(arrow.column(7)) if width == 8 else np.ones(len(video)),
        has_last=width == 8,
    )


def _to_numpy(column: pa.ChunkedArray) -> np.ndarray:
    out = np.empty(len(column), dtype=column.type.to_pandas_dtype())
    _fill(out, column)
    return out


def _fill(out: np.ndarray, column: pa.ChunkedArray) -> None:
    begin = 0
    for chunk in column.chunks:
        out[begin : begin + len(chunk)] = chunk.to_numpy()
        begin += len(chunk)


def _with_empty(table: AvaTable, lines: list[str]) -> AvaTable:
    """Add rows of two columns that stood among others."""
    number = {name: index for index, name in enumerate(table.videos)}
    video, time_sec = [], []
    for cells in csv.reader(lines):
        video.append(number.setdefault(cells[0], len(number)))
        time_sec.append(_number(cells[1], float))
    return replace(
        table,
        videos=tuple(number),
        empty_video=np.array(video, np.int32),
        empty_time_sec=np.array(time_sec, np.float64),
    )


def _number(text: str, kind: type) -> float | int:
    try:
        return kind(text)
    except ValueError:
        raise _NotPlain from None


def _check(table: AvaTable, allow_bad_numbers: bool) -> None:
    values, times = [table.empty_time_sec], [table.empty_time_sec]
    if not allow_bad_numbers:
        values += [table.time_sec, table.boxes, table.last]
        times.append(table.time_sec)
    if not all(np.isfinite(one).all() for one in values) or "" in table.videos:
        raise _NotPlain
    for one in times:
        if len(one) and not 0 <= one.min() <= one.max() < MAX_SEC:
            raise _NotPlain
    # A person id is cut to a whole number; the highest one of a double is out of reach.
    if not np.isfinite(table.last).all():
        raise _NotPlain


# The careful reader: row by row, for rare spellings and for the message about a wrong row.


def _read_rows(path: str, allow_bad_numbers: bool = False) -> AvaTable:
    number: dict[str, int] = {}
    full: list[tuple] = []
    empty: list[tuple] = []
    widths = set()
    with _open_text(path) as file:
        for line, cells in _numbered(file):
            where = f"{path}, line {line}"
            if len(cells) not in WIDTHS:
                raise InputError(
                    f"{where}: expected 2, 7 or 8 columns ({', '.join(COLUMNS)}), "
                    f"got {len(cells)}: {','.join(cells)[:200]!r}.{separator_hint(cells)}"
                )
            allow = allow_bad_numbers and len(cells) > 2
            values = [read_cell(where, column, text, allow) for column, text in enumerate(cells)]
            values[0] = number.setdefault(values[0], len(number))
            widths.add(len(cells))
            (full if len(cells) > 2 else empty).append((*values, 1.0)[:8])
    columns = list(zip(*full, strict=True)) or [()] * 8
    empty_columns = list(zip(*empty, strict=True)) or [()] * 2
    return AvaTable(
        path=path,
        videos=tuple(number),
        video=np.array(columns[0], np.int32),
        time_sec=np.array(columns[1], np.float64),
        boxes=np.array(columns[2:6], np.float64).T.reshape(-1, 4).copy(),
        class_id=np.array(columns[6], np.int64),
        last=np.array(columns[7], np.float64),
        has_last=8 in widths,
        empty_video=np.array(empty_columns[0], np.int32),
        empty_time_sec=np.array(empty_columns[1], np.float64),
    )


def _numbered(file: IO[str]) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each row that is not blank."""
    reader = csv.reader(file)
    for cells in reader:
        # Spreadsheets write empty rows as commas alone.
        if any(cell.strip() for cell in cells):
            yield reader.line_num, cells


@contextmanager
def _open_text(path: str) -> Iterator[IO[str]]:
    opener = gzip.open if path.endswith(".gz") else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            yield file
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text: {error}. Save it as UTF-8.") from error
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise InputError(f"{path} cannot be read: {error}.") from error
