"""Read AVA's CSV files column by column: fast, and only for files without anything unusual."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.csv

from stad.annotations.ava_cells import COLUMNS, MAX_SEC, WIDTHS
from stad.annotations.ava_table import AvaTable
from stad.annotations.csv_rows import read_rows


class UnusualFileError(Exception):
    """The file needs the reader by rows, which takes more spellings and names wrong rows."""


def read_columns(path: str, *, allow_bad_numbers: bool) -> AvaTable:
    """Read a file as whole columns, checking no more than that everything in it is usual.

    Args:
        path: AVA CSV, plain or .gz.
        allow_bad_numbers: see ``read_ava_csv``.

    Raises:
        UnusualFileError: or ``pa.ArrowInvalid``, the file has to be read row by row.
        OSError: it cannot be read.
    """
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
    """Return the number of columns of the first row with a box; 2 if no row has one."""
    width = 2
    for _, cells in read_rows(path):
        width = len(cells)
        if width > 2:
            break
    if width not in WIDTHS:
        raise UnusualFileError
    return width


def _from_arrow(path: str, arrow: pa.Table, width: int) -> AvaTable:
    if any(column.null_count for column in arrow.columns):
        raise UnusualFileError
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
    """Add the rows of two columns that were among rows with a box."""
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
        raise UnusualFileError from None


def _check(table: AvaTable, allow_bad_numbers: bool) -> None:
    values, times = [table.empty_time_sec], [table.empty_time_sec]
    if not allow_bad_numbers:
        values += [table.time_sec, table.boxes, table.last]
        times.append(table.time_sec)
    if not all(np.isfinite(one).all() for one in values) or "" in table.videos:
        raise UnusualFileError
    for one in times:
        if len(one) and not 0 <= one.min() <= one.max() < MAX_SEC:
            raise UnusualFileError
    # Person ids are converted to whole numbers, so they have to be finite in any case.
    if not np.isfinite(table.last).all():
        raise UnusualFileError
