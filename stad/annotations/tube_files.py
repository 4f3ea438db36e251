"""Read and write tubes as JSON: detections, and annotations with splits and videos."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stad.annotations.tube_types import LabelledTube, TubeAnnotations, TubeVideo, make_tube
from stad.errors import InputError
from stad.utils.files import read_json, write_whole

RESULTS_FORMAT, RESULTS_VERSION = "stad-tubes", 1


def read_tube_results(path: str | Path) -> dict[str, list[LabelledTube]]:
    """Read detections by video, from JSON.

    The file is an object with "format": "stad-tubes", "version": 1 and "videos", an object from
    the names of videos to lists of tubes: "label", "score" in [0, 1], "first_frame" counted as in
    the annotations (from 1), and "boxes", one [x1, y1, x2, y2] in pixels for each frame.

    Raises:
        InputError: there is no such file, or it has other content.
    """
    return _tubes(path, _read(path))


def read_tube_file(path: str | Path) -> TubeAnnotations:
    """Read annotations that ``write_tubes`` wrote: as detections, with labels and splits.

    Raises:
        InputError: there is no such file, or it has other content.
    """
    content = _read(path)
    tubes = _tubes(path, content)
    try:
        train, test = (
            tuple(tuple(map(str, videos)) for videos in content[part]) for part in ("train", "test")
        )
        facts = {
            str(name): TubeVideo(int(frames), (int(width), int(height)), float(fps))
            for name, (frames, width, height, fps) in content["facts"].items()
        }
        labels = tuple(map(str, content["labels"]))
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise InputError(
            f"{path}: expected annotations with labels, train, test and facts, as 'stad prepare' "
            f"writes them: {error or type(error).__name__}."
        ) from error
    return TubeAnnotations(labels, tubes, train, test, facts)


def write_tubes(
    path: str | Path,
    tubes: Mapping[str, Sequence[LabelledTube]],
    *,
    annotations: TubeAnnotations | None = None,
) -> None:
    """Write tubes as ``read_tube_results`` reads them; the file appears whole or not at all.

    Args:
        path: of the file.
        tubes: by video.
        annotations: those of a data set: its labels, splits and facts are written as well, and
            ``read_tube_file`` reads them.

    Raises:
        InputError: the file cannot be written.
    """
    content: dict[str, Any] = {"format": RESULTS_FORMAT, "version": RESULTS_VERSION}
    if annotations is not None:
        content["labels"] = annotations.labels
        content |= {"train": annotations.train, "test": annotations.test}
        content["facts"] = {
            name: (one.num_frames, *one.size_px, one.fps) for name, one in annotations.facts.items()
        }
    content["videos"] = {video: list(map(_as_json, mine)) for video, mine in tubes.items()}
    write_whole(path, json.dumps(content) + "\n")


def _as_json(tube: LabelledTube) -> dict[str, Any]:
    return {
        "label": tube.label,
        "score": tube.score,
        "first_frame": int(tube.frames[0]),
        "boxes": tube.boxes.tolist(),
    }


def _read(path: str | Path) -> dict[str, Any]:
    content = read_json(path)
    known = {"format": RESULTS_FORMAT, "version": RESULTS_VERSION}
    if not isinstance(content, dict) or {name: content.get(name) for name in known} != known:
        raise InputError(f"{path}: expected tubes, a JSON object with {json.dumps(known)[1:-1]}.")
    return content


def _tubes(path: str | Path, content: dict[str, Any]) -> dict[str, list[LabelledTube]]:
    try:
        return {
            video: [_result_tube(one) for one in tubes]
            for video, tubes in content["videos"].items()
        }
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise InputError(
            f"{path}: expected tubes with label, score, first_frame and boxes: "
            f"{error or type(error).__name__}."
        ) from error


def _result_tube(one: dict[str, Any]) -> LabelledTube:
    boxes = np.array(one["boxes"], np.float64)
    frames = int(one["first_frame"]) + np.arange(len(boxes))
    return make_tube(str(one["label"]), frames, boxes, score=float(one["score"]))
