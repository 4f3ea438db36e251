"""Read AVA's CSV files: ground truth, detections and excluded keyframes, in all spellings.

A row is ``video id, timestamp [, x1, y1, x2, y2, action id [, last]]`` without a header, where
``last`` is a person id (ground truth) or a score (detections). A row of two columns names a
keyframe with nothing in it. Timestamps are seconds: ``0902``, ``902`` or ``902.5``. AVA-Kinetics
writes action ids such as ``12.0``; a keyframe with nothing in it may have empty columns.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from stad.annotations.ava_cells import (
    COLUMNS,
    WIDTHS,
    read_cell,
    separator_hint,
    without_empty_columns,
)
from stad.annotations.ava_columns import UnusualFileError, read_columns
from stad.annotations.ava_table import AvaTable, locate_row
from stad.annotations.csv_rows import read_rows
from stad.errors import InputError


def read_ava_csv(path: str | Path, *, allow_bad_numbers: bool = False) -> AvaTable:
    """Read an AVA CSV file, plain or .gz.

    Args:
        path: of the file.
        allow_bad_numbers: accept numbers that are not finite, and times that no video has, in
            rows with a box; the caller then has to check them.

    Raises:
        InputError: there is no such file, or a row is not an AVA row; the message has the file,
            line, column and content.
    """
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file. Give an AVA CSV file ({', '.join(COLUMNS)}).")
    try:
        return read_columns(str(path), allow_bad_numbers=allow_bad_numbers)
    except (UnusualFileError, pa.ArrowInvalid):
        return _read_rows(str(path), allow_bad_numbers)
    except (OSError, EOFError) as error:
        raise InputError(f"{path} cannot be read: {error}.") from error


def read_excluded(path: str | Path) -> AvaTable:
    """Read a file of excluded keyframes, which has rows of two columns only.

    Raises:
        InputError: as ``read_ava_csv``, or a row has more than two columns.
    """
    table = read_ava_csv(path)
    if len(table):
        raise InputError(
            f"{locate_row(table, 0)}: a list of excluded keyframes has two columns, "
            f"{COLUMNS[0]} and {COLUMNS[1]}. Remove the other columns."
        )
    return table


def _read_rows(path: str, allow_bad_numbers: bool = False) -> AvaTable:
    """Read row by row, for rare spellings and for the message about a wrong row."""
    number: dict[str, int] = {}
    full: list[tuple] = []
    empty: list[tuple] = []
    widths = set()
    for line, cells in read_rows(path):
        where = f"{path}, line {line}"
        cells = without_empty_columns(cells)
        if len(cells) not in WIDTHS:
            raise InputError(
                f"{where}: expected 2, 7 or 8 columns ({', '.join(COLUMNS)}), "
                f"got {len(cells)}: {','.join(cells)[:200]!r}.{separator_hint(cells)}"
            )
        allow = allow_bad_numbers and len(cells) > 2
        name, *values = (read_cell(where, column, text, allow) for column, text in enumerate(cells))
        widths.add(len(cells))
        row = (number.setdefault(str(name), len(number)), *values, 1.0)
        (full if len(cells) > 2 else empty).append(row[:8])
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
