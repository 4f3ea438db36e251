"""Write labels of people as AVA CSV: boxes with a class and a person at single times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stad.annotations.ava_writer import AvaFormat, ava_row, ava_time
from stad.annotations.own.examples import POSITIVE, boxes_at, is_seen, labels_at
from stad.annotations.own.labels import NOTHING, ActorTrack, LabelSpan, VideoLabels
from stad.errors import InputError

# A millionth of a frame is less than the tenth of a pixel that labels have.
NUMBERS = AvaFormat(ava_time, ".6f", "d")
STEP_SEC = 1.0


@dataclass(frozen=True)
class AvaRows:
    """The rows of a video, and what the format cannot hold.

    Attributes:
        lines: rows, without line ends.
        num_whole: labels of the whole frame.
        num_absent: labels that say that a class, or all of them, is not there.
    """

    lines: list[str]
    num_whole: int
    num_absent: int


def ava_rows(labels: VideoLabels, *, classes: Sequence[str], step_sec: float = STEP_SEC) -> AvaRows:
    """Return the rows of a video.

    A person has rows every ``step_sec`` seconds of the video, and in the middle of each label that
    is shorter.

    Args:
        labels: of a video whose size is known.
        classes: names; the ids count from 1.
        step_sec: seconds between the annotated times.

    Raises:
        InputError: the size of the video is not known.
    """
    if labels.tracks and not (labels.width_px and labels.height_px):
        raise InputError(
            f"The size of {labels.video} is not known. Put the video back, or import its labels "
            "again."
        )
    size = np.array([labels.width_px, labels.height_px] * 2, np.float64)
    rows: list[tuple[float, int, int, np.ndarray]] = []
    for track in labels.tracks:
        spans = labels.spans_of(track.id)
        times = sample_times(track, spans, step_sec)
        known = labels_at(spans, times, classes=classes) == POSITIVE
        boxes = boxes_at(track.times_sec, track.boxes, times) / size
        for row, column in np.argwhere(known).tolist():
            rows.append((float(times[row]), track.id, column + 1, boxes[row]))
    rows.sort(key=lambda row: row[:3])
    lines = [
        ava_row(labels.video, time_sec, box, class_id, track, numbers=NUMBERS)
        for time_sec, track, class_id, box in rows
    ]
    absent = [one for one in labels.spans if one.label == NOTHING or not one.is_positive]
    whole = [one for one in labels.spans_of(None) if one not in absent]
    return AvaRows(lines, len(whole), len(absent))


def sample_times(track: ActorTrack, spans: Sequence[LabelSpan], step_sec: float) -> np.ndarray:
    """Return ascending times, (N,) float64, at which a person is seen: a grid, and each short span.

    Args:
        track: of the person.
        spans: of the person.
        step_sec: seconds between the times of the grid, which begins with the video.
    """
    first, last = np.ceil(track.start_sec / step_sec), np.floor(track.end_sec / step_sec)
    grid = (np.arange(first, last + 1) * step_sec).round(3)
    seen = grid[is_seen(track.times_sec, grid)] if len(grid) else grid
    extra = []
    for span in spans:
        if ((seen >= span.start_sec) & (seen < span.end_sec)).any():
            continue
        # A person with boxes at single times is only seen at these.
        inside = track.times_sec[
            (track.times_sec >= span.start_sec) & (track.times_sec < span.end_sec)
        ]
        start, end = max(span.start_sec, track.start_sec), min(span.end_sec, track.end_sec)
        middle = round((start + end) / 2, 3)
        if start <= end and is_seen(track.times_sec, np.array([middle]))[0]:
            extra.append(middle)
        elif len(inside):
            extra.append(float(inside[len(inside) // 2]))
    return np.unique(np.concatenate([seen, np.array(extra, np.float64)]))
