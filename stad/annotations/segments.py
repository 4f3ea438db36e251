"""Read segments: ActivityNet JSON, the text files of THUMOS 2014, the CSV of Charades."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from stad.annotations.charades import read_charades
from stad.errors import InputError
from stad.utils.files import read_json, read_text

# THUMOS labels segments that may show any class with this.
AMBIGUOUS = "Ambiguous"


class SegmentRows(NamedTuple):
    """Labelled segments of many videos.

    Attributes:
        video: N names of videos.
        label: N labels.
        span: (N, 2) float64 start and end, seconds.
        score: (N,) float64; 1 for annotations.
        videos: all videos that the file names, with or without segments.
    """

    video: tuple[str, ...]
    label: tuple[str, ...]
    span: np.ndarray
    score: np.ndarray
    videos: tuple[str, ...]

    def where(self, keep: Sequence[bool] | np.ndarray) -> SegmentRows:
        """Return some of the rows, and all videos; ``keep`` is (N,) bool."""
        index = np.flatnonzero(keep)
        return SegmentRows(
            tuple(self.video[i] for i in index),
            tuple(self.label[i] for i in index),
            self.span[index],
            self.score[index],
            self.videos,
        )


def read_annotations(path: str | Path, *, subset: str | None = None) -> SegmentRows:
    """Read ground truth as ActivityNet, THUMOS 2014 or Charades publish it.

    Args:
        path: a .json file with 'database', a folder with CLASS_SUBSET.txt files, or a .csv like
            Charades_v1_test.csv, whose labels are 'c000' to 'c156' and which has no subsets.
        subset: such as 'validation' or 'test', in upper or lower case; None for all.

    Raises:
        InputError: there is no such file, it has another form, or no video is in the subset.
    """
    path = Path(path)
    if path.name.lower().endswith((".csv", ".csv.gz")):
        rows = _read_csv(path, subset)
    else:
        rows = read_thumos(path, subset=subset) if path.is_dir() else _read_database(path, subset)
    if not rows.videos:
        if subset is None:
            raise InputError(f"{path} contains no videos. Give another file.")
        raise InputError(
            f"{path} contains no videos in subset {subset!r}. Give --subset as the file names it."
        )
    return rows


def _read_csv(path: Path, subset: str | None) -> SegmentRows:
    if subset is not None:
        raise InputError(f"{path} is a CSV of Charades, which has no subsets. Leave out --subset.")
    found, videos = read_charades(path)
    return _rows([(*row, 1.0) for row in found], videos)


def _read_database(path: Path, subset: str | None) -> SegmentRows:
    database = _object(path, read_json(path), "database", "annotations")
    found, videos = [], []
    for video, entry in database.items():
        entry = _as(dict, entry, path, f"for the video {video!r}")
        if subset is not None and str(entry.get("subset", "")).lower() != subset.lower():
            continue
        videos.append(video)
        for one in _as(list, entry.get("annotations", []), path, f"of annotations for {video!r}"):
            found.append((video, *_segment(path, video, one), 1.0))
    return _rows(found, videos)


def read_results(path: str | Path) -> SegmentRows:
    """Read detections: a JSON file like ActivityNet's, with 'results'.

    Raises:
        InputError: there is no such file, it has another form, or a number is not finite.
    """
    path = Path(path)
    results = _object(path, read_json(path), "results", "detections")
    found = []
    for video, entries in results.items():
        for one in _as(list, entries, path, f"of detections for {video!r}"):
            label, span = _segment(path, video, one)
            score = one.get("score")
            if not isinstance(score, int | float) or not np.isfinite(score):
                raise InputError(
                    f"{path}, video {video!r}: expected a finite number as score, got {score!r}."
                )
            found.append((video, label, span, float(score)))
    return _rows(found, results)


def read_thumos(folder: str | Path, *, subset: str | None = None) -> SegmentRows:
    """Read the annotations of THUMOS 2014: lines 'VIDEO START END' in CLASS_test.txt or _val.txt.

    Segments of ``Ambiguous_SUBSET.txt`` get the label ``AMBIGUOUS``.

    Args:
        folder: as the challenge published it.
        subset: 'test' or 'val'; None for both.

    Raises:
        InputError: the folder has no such file, or a line is wrong.
    """
    folder = Path(folder)
    short = {None: "*", "validation": "val"}.get(subset, subset)
    files = sorted(folder.glob(f"*_{short}.txt"))
    if not files:
        raise InputError(
            f"{folder} has no files of annotations such as CliffDiving_{short}.txt. "
            "Give their folder."
        )
    found = []
    for file in files:
        label = file.stem.rpartition("_")[0]
        for number, line in enumerate(read_text(file).splitlines(), start=1):
            if not line.strip():
                continue
            words = line.split()
            try:
                video, start, end = words[0], float(words[1]), float(words[2])
            except (IndexError, ValueError):
                raise InputError(
                    f"{file}, line {number}: expected a video, a start and an end, got {line!r}."
                ) from None
            found.append((video, label, (start, end), 1.0))
    return _rows(found, sorted({row[0] for row in found}))


def _rows(found: list[tuple], videos: Iterable[str]) -> SegmentRows:
    return SegmentRows(
        tuple(row[0] for row in found),
        tuple(row[1] for row in found),
        np.array([row[2] for row in found], np.float64).reshape(-1, 2),
        np.array([row[3] for row in found], np.float64),
        tuple(videos),
    )


def _object(path: Path, content: Any, key: str, what: str) -> dict:
    if not isinstance(content, dict) or not isinstance(content.get(key), dict):
        raise InputError(
            f"{path}: expected {what} as ActivityNet writes them, a JSON object with {key!r}."
        )
    return content[key]


def _as(kind: type, value: Any, path: Path, what: str) -> Any:
    if not isinstance(value, kind):
        name = "an object" if kind is dict else "a list"
        raise InputError(f"{path}: expected {name} {what}, got {value!r:.60}.")
    return value


def _segment(path: Path, video: str, one: Any) -> tuple[str, tuple[float, float]]:
    """Return the label and the span of an entry."""
    try:
        label, (start, end) = one["label"], one["segment"]
        span = float(start), float(end)
    except (TypeError, KeyError, ValueError):
        raise InputError(
            f"{path}, video {video!r}: expected a 'label' and a 'segment' of two times, "
            f"got {one!r:.80}."
        ) from None
    if not np.isfinite(span).all() or not isinstance(label, str):
        raise InputError(
            f"{path}, video {video!r}: expected finite times and a text as label, got {one!r:.80}."
        )
    return label, span
