"""Read and write boxes of people detected in keyframes: CSV, npz or published pickles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stad.annotations.csv_rows import read_rows
from stad.errors import InputError
from stad.utils.boxes import box_iou
from stad.utils.files import write_whole
from stad.utils.npz import UNREADABLE, open_npz

# Keyframes are compared to six decimals of a second.
MICROSECONDS = 1_000_000
FORMATS = ".csv (video, time, x1, y1, x2, y2, action or nothing, score), .npz or .pkl"

KeyframeId = tuple[str, int]


class Proposals(NamedTuple):
    """The people detected in one keyframe.

    Attributes:
        boxes: (P, 4) float64 xyxy, fractions of the width and height, 0-1.
        scores: (P,) float64 in [0, 1].
    """

    boxes: np.ndarray
    scores: np.ndarray


NO_PROPOSALS = Proposals(np.zeros((0, 4)), np.zeros(0))


def keyframe_id(video_id: str, time_sec: float) -> KeyframeId:
    """Return the key of a keyframe; the times '0902', '902' and '902.000000' are the same.

    >>> keyframe_id("a", 902.0)
    ('a', 902000000)
    """
    return video_id, round(float(time_sec) * MICROSECONDS)


def read_proposals(path: str | Path) -> dict[KeyframeId, Proposals]:
    """Read the proposals of a file, by keyframe.

    Args:
        path: .csv in the format of AVA's detections, where the action may be empty; .npz with
            'video_ids' (N,) str, 'times_sec' (N,), 'boxes' (N, 4) and 'scores' (N,); or .pkl,
            a published dict from 'VIDEO,TIME' to (P, 5) arrays of boxes and scores.

    Raises:
        InputError: there is no such file, its ending is unknown, or its content is wrong; for a
            CSV the message names the line.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"There is no file of proposals {path}. Check the path.")
    readers = {".csv": _read_csv, ".npz": _read_npz, ".pkl": _read_pickle}
    if path.suffix not in readers:
        raise InputError(f"{path}: proposals are read from {FORMATS}, by the file's ending.")
    return readers[path.suffix](path)


def write_proposals(
    path: str | Path,
    video_ids: Sequence[str] | np.ndarray,
    times_sec: Sequence[float] | np.ndarray,
    boxes: np.ndarray,
    scores: np.ndarray,
) -> None:
    """Write an npz of N boxes, as ``read_proposals`` reads it; it appears whole or not at all.

    Args:
        path: of the file, which ends with .npz.
        video_ids: N names.
        times_sec: of the N keyframes.
        boxes: (N, 4) xyxy, fractions of the width and height, 0-1.
        scores: (N,) in [0, 1].

    Raises:
        InputError: the file cannot be written.
    """
    arrays = {
        "video_ids": np.asarray(video_ids, str),
        "times_sec": np.asarray(times_sec, np.float64),
        "boxes": np.asarray(boxes, np.float64),
        "scores": np.asarray(scores, np.float64),
    }
    write_whole(path, lambda part: np.savez_compressed(part, allow_pickle=False, **arrays))


def confident(proposals: Proposals, min_score: float, *, keep_best: bool = True) -> Proposals:
    """Return the proposals that score ``min_score`` or more.

    Args:
        proposals: of one keyframe.
        min_score: in [0, 1].
        keep_best: if all are below it, keep the best one, as mmaction2's AVADataset does;
            PySlowFast drops every box below it (slowfast/datasets/ava_helper.py).
    """
    if not len(proposals.scores):
        return proposals
    lowest = min(min_score, proposals.scores.max()) if keep_best else min_score
    keep = proposals.scores >= lowest
    return Proposals(proposals.boxes[keep], proposals.scores[keep])


def add_positives(
    boxes: np.ndarray, labels: np.ndarray, proposals: np.ndarray, *, min_iou: float
) -> tuple[np.ndarray, np.ndarray]:
    """Add proposals that overlap an actor by more than ``min_iou`` to the ground truth.

    Such a proposal gets the labels of the actor that it overlaps most: Feichtenhofer et al.,
    "SlowFast Networks", ICCV 2019, section 5.

    Args:
        boxes: (K, 4) ground truth, xyxy in any one unit.
        labels: (K, C) float32.
        proposals: (P, 4) in that unit.
        min_iou: in [0, 1].

    Returns:
        (K + Q, 4) boxes and (K + Q, C) labels, the ground truth first.
    """
    if not len(boxes) or not len(proposals):
        return boxes, labels
    overlap = box_iou(proposals, boxes)
    good = overlap.max(axis=1) > min_iou
    owner = overlap.argmax(axis=1)[good]
    return np.concatenate((boxes, proposals[good])), np.concatenate((labels, labels[owner]))


def _read_csv(path: Path) -> dict[KeyframeId, Proposals]:
    grouped: dict[KeyframeId, list[list[float]]] = {}
    for line, row in read_rows(path):
        if len(row) not in (6, 7, 8):
            raise InputError(
                f"{path}, line {line}: expected 6 to 8 columns, got {len(row)}: "
                f"{','.join(row)!r}. Write {FORMATS.partition('), ')[0].removeprefix('.csv (')}."
            )
        try:
            time_sec, *box = map(float, row[1:6])
            score = float(row[7]) if len(row) == 8 else 1.0
            key = keyframe_id(row[0], time_sec)
        except (ValueError, OverflowError):
            raise InputError(
                f"{path}, line {line}: expected numbers as time, box and score, got "
                f"{','.join(row)!r}."
            ) from None
        grouped.setdefault(key, []).append([*box, score])
    arrays = {key: np.array(rows) for key, rows in grouped.items()}
    return {key: _checked(path, str(key[0]), array) for key, array in arrays.items()}


def _read_npz(path: Path) -> dict[KeyframeId, Proposals]:
    try:
        with open_npz(path) as file:
            names, times = file["video_ids"], file["times_sec"]
            rows = np.column_stack((file["boxes"], file["scores"])).astype(np.float64)
    except UNREADABLE as error:
        raise InputError(
            f"{path} is not an npz of proposals. It needs the arrays video_ids (N,), "
            "times_sec (N,), boxes (N, 4) and scores (N,)."
        ) from error
    if not len(names) == len(times) == len(rows) or not np.isfinite(times).all():
        raise InputError(
            f"{path} has {len(names)} video_ids, {len(times)} times_sec and {len(rows)} boxes. "
            "It needs the same number of each, and finite times."
        )
    grouped: dict[KeyframeId, list[int]] = {}
    for index, (name, time_sec) in enumerate(zip(names.tolist(), times.tolist(), strict=True)):
        grouped.setdefault(keyframe_id(name, time_sec), []).append(index)
    return {key: _checked(path, key[0], rows[index]) for key, index in grouped.items()}


def _read_pickle(path: Path) -> dict[KeyframeId, Proposals]:
    from stad.utils.pickles import read_numpy_pickle

    content = read_numpy_pickle(path)
    if not isinstance(content, dict):
        raise InputError(
            f"{path} holds a {type(content).__name__}. It needs a dict from 'VIDEO,TIME' to arrays."
        )
    found: dict[KeyframeId, Proposals] = {}
    for key, value in content.items():
        video_id, comma, time_text = str(key).rpartition(",")
        try:
            time_sec = float(time_text)
        except ValueError:
            comma, time_sec = "", 0.0
        if not np.isfinite(time_sec):
            comma = ""
        if not comma:
            raise InputError(f"{path}: expected keys like 'VIDEO,0902', got {key!r}.")
        found[keyframe_id(video_id, time_sec)] = _checked(path, str(key), np.asarray(value))
    return found


def _checked(path: Path, where: str, rows: np.ndarray) -> Proposals:
    if rows.ndim != 2 or rows.shape[1] not in (4, 5) or rows.dtype.kind not in "fiu":
        raise InputError(
            f"{path}: expected (P, 5) numbers, boxes and scores, for {where!r}, got shape "
            f"{rows.shape} of {rows.dtype}."
        )
    rows = rows.astype(np.float64)
    if not np.isfinite(rows).all():
        raise InputError(f"{path}: a box or a score of {where!r} is not a finite number.")
    scores = rows[:, 4] if rows.shape[1] == 5 else np.ones(len(rows))
    return Proposals(rows[:, :4], scores)
