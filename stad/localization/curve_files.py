"""Read the score curves of videos from files: JSON written with --json, or npz."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stad.annotations.document import FORMAT
from stad.errors import InputError
from stad.utils.files import read_json
from stad.utils.npz import UNREADABLE, open_npz


class VideoCurves(NamedTuple):
    """The highest scores of all actors of a video at each keyframe.

    Attributes:
        video: name of the video, without the suffix.
        class_names: C names.
        times_sec: (T,) float64 ascending, seconds.
        scores: (T, C) float64, the highest of all actors; NaN where unknown.
    """

    video: str
    class_names: tuple[str, ...]
    times_sec: np.ndarray
    scores: np.ndarray


def read_curves(paths: Iterable[str | Path]) -> list[VideoCurves]:
    """Read the curves of files, all of the same classes.

    Args:
        paths: .json files written with --json, folders of them, or .npz files with 'video_ids'
            (N,) str, 'times_sec' (N,), 'scores' (N, C) and 'class_names' (C,) str: a row for
            each actor at each keyframe.

    Raises:
        InputError: there is no file, a file has another format, or the classes differ.
    """
    curves: list[VideoCurves] = []
    for path in map(Path, paths):
        files = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not files:
            raise InputError(
                f"{path} has no .json files. Give a folder of files written with --json."
            )
        for file in files:
            curves += _read_npz(file) if file.suffix == ".npz" else [_read_document(file)]
            if curves and curves[-1].class_names != curves[0].class_names:
                raise InputError(
                    f"{file} has other classes than the files before it. Give files of one model."
                )
    return curves


def _read_document(path: Path) -> VideoCurves:
    content = read_json(path)
    try:
        if content["format"] != FORMAT:
            raise ValueError(f"its format is {content['format']!r}")
        names = tuple(content["class_names"])
        column = {name: index for index, name in enumerate(names)}
        frames = [frame for frame in content["frames"] if "keyframe_sec" in frame]
        # Actions below the minimum score are not listed in the file.
        scores = np.zeros((len(frames), len(names)))
        for row, frame in zip(scores, frames, strict=True):
            known = [actor for actor in frame["actors"] if actor.get("actions", []) is not None]
            if frame["actors"] and not known:
                row[:] = np.nan
            for action in (one for actor in known for one in actor.get("actions", [])):
                place, score = column[action["label"]], action["score"]
                row[place] = max(row[place], 0.0 if score is None else score)
        times = np.array([frame["keyframe_sec"] for frame in frames], np.float64)
        video = Path(content["video"]["name"]).stem
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path} is not a JSON file written with --json ({error!r:.100}). Write it again."
        ) from error
    return _checked(path, VideoCurves(video, names, times, scores))


def _read_npz(path: Path) -> list[VideoCurves]:
    try:
        with open_npz(path) as file:
            videos, times = file["video_ids"].astype(str), file["times_sec"].astype(np.float64)
            scores, names = file["scores"].astype(np.float64), file["class_names"].astype(str)
        if not len(videos) == len(times) == len(scores) or scores.shape[1:] != names.shape:
            raise ValueError("the lengths of its arrays differ")
    except UNREADABLE as error:
        raise InputError(
            f"{path} is not an npz file of curves ({error}): expected video_ids (N,), "
            "times_sec (N,), scores (N, C) and class_names (C,)."
        ) from error
    return [
        _checked(path, highest_scores(video, names.tolist(), times[mine], scores[mine]))
        for video in dict.fromkeys(videos.tolist())
        for mine in [np.flatnonzero(videos == video)]
    ]


def highest_scores(
    video: str, class_names: Sequence[str], times_sec: np.ndarray, scores: np.ndarray
) -> VideoCurves:
    """Return the curves of a video from (N,) times and (N, C) scores of actors, in any order."""
    times, place = np.unique(times_sec, return_inverse=True)
    highest = np.full((len(times), scores.shape[1]), np.nan)
    np.fmax.at(highest, place, np.where(np.isfinite(scores), scores, np.nan))
    return VideoCurves(video, tuple(class_names), times, highest)


def _checked(path: Path, curves: VideoCurves) -> VideoCurves:
    if not np.isfinite(curves.times_sec).all() or (np.diff(curves.times_sec) <= 0).any():
        raise InputError(
            f"{path}: the times of the keyframes of {curves.video} do not ascend. Sort them."
        )
    return curves
