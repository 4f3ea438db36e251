"""Write rows of AVA's CSV files, with the number format that each kind of file has."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stad.annotations.ava_table import AvaTable
from stad.annotations.csv_rows import csv_text
from stad.utils.files import AtomicFile


def ava_time(time_sec: float) -> str:
    """Format seconds as AVA does: four digits when whole, else three decimals.

    >>> ava_time(902.0), ava_time(2.9999), ava_time(1.25)
    ('0902', '0003', '1.250')
    """
    rounded = round(time_sec, 3)
    return f"{int(rounded):04d}" if rounded == int(rounded) else f"{rounded:.3f}"


class AvaFormat(NamedTuple):
    """Formats of the numbers of a row.

    Attributes:
        time: formats seconds.
        box: format specification of the corners, such as '.4f'.
        last: format specification of the eighth column, a score or a person id.
    """

    time: Callable[[float], str]
    box: str
    last: str


# Detections of a run, as AVA's own files have them.
DETECTIONS = AvaFormat(ava_time, ".4f", ".5f")
# Detections of an evaluation, with all digits of float32.
EXACT_DETECTIONS = AvaFormat("{:.10g}".format, ".6g", ".6g")
# Ground truth with person ids.
GROUND_TRUTH = AvaFormat("{:.6g}".format, ".4f", "d")


def ava_row(
    video_id: str,
    time_sec: float,
    box: Sequence[float] | np.ndarray,
    class_id: int,
    last: float,
    *,
    numbers: AvaFormat,
) -> str:
    """Return one row, without the line end.

    Args:
        video_id: put in quotation marks if it has a comma or a quotation mark.
        time_sec: of the keyframe, seconds.
        box: x1, y1, x2, y2.
        class_id: action id.
        last: score or person id.
        numbers: how the numbers are written.

    >>> ava_row("a", 902.0, (0, 0, 0.5, 1), 12, 0.25, numbers=DETECTIONS)
    'a,0902,0.0000,0.0000,0.5000,1.0000,12,0.25000'
    """
    corners = ",".join([format(value, numbers.box) for value in box])
    return (
        f"{_quoted(video_id)},{numbers.time(time_sec)},{corners},{class_id},"
        f"{format(last, numbers.last)}"
    )


@functools.lru_cache(maxsize=1024)
def _quoted(text: str) -> str:
    return csv_text([[text, ""]]).removesuffix(",\n")


def write_ava_csv(path: str | Path, table: AvaTable, *, numbers: AvaFormat) -> None:
    """Write the rows of a table that have a box; the file appears whole or not at all.

    Raises:
        InputError: the file cannot be written.
    """
    file = AtomicFile(path)
    try:
        columns = (table.video, table.time_sec, table.boxes, table.class_id, table.last)
        for video, *rest in zip(*(column.tolist() for column in columns), strict=True):
            file.write(ava_row(table.videos[video], *rest, numbers=numbers) + "\n")
        file.close()
    finally:
        file.abort()
