"""Write frame results and segments as JSON, as AVA detection CSV and as a table."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from rich.markup import escape
from rich.table import Table

from stad.annotations.ava_writer import DETECTIONS, ava_row
from stad.annotations.document import (
    actor_name,
    document_head,
    document_tail,
    frame_entry,
    segment_entries,
    tube_entry,
)
from stad.structures import FrameResult, RunInfo, Segment, Tube
from stad.utils.files import AtomicFile
from stad.utils.text import and_more

# Segments by actor, then start, then class, each with the boxes of its actor.
Tubes = Iterable[tuple[Segment, Tube]]


class ResultWriter(Protocol):
    """Anything that writes the results of a run into a file, frame by frame."""

    def write(self, result: FrameResult) -> None:
        """Add the next frame's result."""

    def close(self, tubes: Tubes, complete: bool) -> None:
        """Finish the file and give it its final name; ``complete``: the whole video was read."""

    def abort(self) -> None:
        """Leave nothing behind."""


class JsonWriter:
    """Writes the annotation document ``stad-annotation``, one line a frame and a segment.

    Memory does not grow with the video. docs/results.md describes the document,
    ``stad/annotations/schema.json`` defines it for programs.

    Args:
        path: the file to write.
        info: how the results were made.
        min_score: minimum score of an action that is listed at a keyframe, in [0, 1].
    """

    def __init__(self, path: str | Path, info: RunInfo, *, min_score: float = 0.05) -> None:
        self._class_names, self._min_score = info.class_names, min_score
        self._num_frames = 0
        head = to_json(document_head(info))
        self._file = AtomicFile(path)
        self._file.write(head[:-1] + ',"frames":[')

    def write(self, result: FrameResult) -> None:
        """Add a frame."""
        entry = frame_entry(result, self._class_names, min_score=self._min_score)
        self._file.write((",\n" if self._num_frames else "\n") + to_json(entry))
        self._num_frames += 1

    def close(self, tubes: Tubes, complete: bool) -> None:
        """Add the segments and finish the file."""
        self._file.write('\n],"segments":[')
        for number, (segment, tube) in enumerate(tubes):
            entry = tube_entry(segment, tube, self._class_names)
            self._file.write((",\n" if number else "\n") + to_json(entry))
        tail = document_tail(complete=complete, num_frames=self._num_frames)
        self._file.write("\n]," + to_json(tail)[1:] + "\n")
        self._file.close()

    def abort(self) -> None:
        """Remove what was written."""
        self._file.abort()


class AvaCsvWriter:
    """Writes keyframes as AVA detections: video, time, box, action, score; no header.

    The format of the AVA evaluation (research.google.com/ava, 'ava_v2.2' files): boxes
    normalised to [0, 1], action ids from 1. Whole seconds are written as in AVA, '0902', other
    times with three decimals.

    Args:
        path: the file to write.
        video_id: first column.
        width_px, height_px: size of the video.
        min_score: minimum score of a row, in [0, 1].
    """

    def __init__(
        self,
        path: str | Path,
        video_id: str,
        *,
        width_px: int,
        height_px: int,
        min_score: float = 0.002,
    ) -> None:
        self._video_id, self._min_score = video_id, min_score
        self._size_px = np.array([width_px, height_px] * 2, dtype=np.float64)
        self._file = AtomicFile(path)

    def write(self, result: FrameResult) -> None:
        """Add the rows of a keyframe; other frames have none."""
        if result.keyframe is None:
            return
        time_sec = result.keyframe.time_sec
        boxes = (result.keyframe.actors.boxes / self._size_px).clip(0, 1)
        for box, scores in zip(boxes, result.keyframe.scores, strict=True):
            for index in np.nonzero(scores >= self._min_score)[0].tolist():
                cells = (self._video_id, time_sec, box, index + 1, scores[index])
                self._file.write(ava_row(*cells, numbers=DETECTIONS) + "\n")

    def close(self, tubes: Tubes, complete: bool) -> None:
        """Finish the file; the format has no segments."""
        self._file.close()

    def abort(self) -> None:
        """Remove what was written."""
        self._file.abort()


def clock(time_sec: float) -> str:
    """Return seconds as m:ss.s, from an hour on as h:mm:ss.s.

    >>> clock(59.96), clock(75.25), clock(7323.4)
    ('1:00.0', '1:15.3', '2:02:03.4')
    """
    tenths = math.floor(time_sec * 10 + 0.5)
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{tenths // 10:02d}.{tenths % 10}"
    return f"{hours}:{minutes:02d}:{seconds}" if hours else f"{minutes}:{seconds}"


def segments_table(
    segments: list[Segment], class_names: Sequence[str], *, max_rows: int = 500
) -> Table:
    """Return a table of who does what from when to when, by actor, then start.

    Args:
        segments: of a run.
        class_names: of the model.
        max_rows: maximum number of rows; the caption counts the others.
    """
    table = Table(title="who does what, when", title_justify="left")
    table.add_column("actor", justify="right")
    table.add_column("action")
    table.add_column("from", justify="right")
    table.add_column("to", justify="right")
    table.add_column("score", justify="right")
    rows = segment_entries(segments, tuple(class_names))
    previous = None
    for row in rows[:max_rows]:
        if previous is not None and row["actor"] != previous:
            table.add_section()
        name = actor_name(row["actor"]) if row["actor"] != previous else ""
        times = clock(row["start_sec"]), clock(row["end_sec"])
        table.add_row(name, escape(row["label"]), *times, _two_digits(row["score"]))
        previous = row["actor"]
    if len(rows) > max_rows:
        table.caption = and_more(len(rows) - max_rows)
    return table


def _two_digits(score: float | None) -> str:
    return "?" if score is None else f"{score:.2f}"


def to_json(value: dict) -> str:
    """Return a line of JSON, ASCII only; raise ValueError for NaN and infinity."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
