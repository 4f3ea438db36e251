"""Read tubes: the pickles of UCF101-24, JHMDB and MultiSports, and JSON of detections."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from stad.errors import InputError
from stad.utils.files import read_json

RESULTS_FORMAT, RESULTS_VERSION = "stad-tubes", 1
SETS = ("train", "test")
# The classes that pyannot.pkl numbers.
UCF24_LABELS = (
    "Basketball",
    "BasketballDunk",
    "Biking",
    "CliffDiving",
    "CricketBowling",
    "Diving",
    "Fencing",
    "FloorGymnastics",
    "GolfSwing",
    "HorseRiding",
    "IceDancing",
    "LongJump",
    "PoleVault",
    "RopeClimbing",
    "SalsaSpin",
    "SkateBoarding",
    "Skiing",
    "Skijet",
    "SoccerJuggling",
    "Surfing",
    "TennisSwing",
    "TrampolineJumping",
    "VolleyballSpiking",
    "WalkingWithDog",
)


class LabelledTube(NamedTuple):
    """One tube in a file.

    Attributes:
        label: name of its class.
        frames: (T,) int64 consecutive frame numbers, from 1.
        boxes: (T, 4) float64 xyxy, pixels.
        score: 1 for annotations.
    """

    label: str
    frames: np.ndarray
    boxes: np.ndarray
    score: float = 1.0


class TubeAnnotations(NamedTuple):
    """The annotations of a data set.

    Attributes:
        labels: C names, by class index.
        tubes: by video.
        train, test: the videos of each split; empty if the file has no splits.
    """

    labels: tuple[str, ...]
    tubes: dict[str, list[LabelledTube]]
    train: tuple[tuple[str, ...], ...] = ()
    test: tuple[tuple[str, ...], ...] = ()

    def videos(self, *, part: str = "test", split: int = 1) -> tuple[str, ...]:
        """Return the videos of a split, counted from 1; all of them if there are no splits.

        Raises:
            InputError: there is no such split.
        """
        splits = self.test if part == "test" else self.train
        if not splits:
            return tuple(self.tubes)
        if not 1 <= split <= len(splits):
            raise InputError(f"The annotations have splits 1 to {len(splits)}, got {split}.")
        return splits[split - 1]


def read_tube_annotations(path: str | Path) -> TubeAnnotations:
    """Read the published pickle of a data set, without running any code in it.

    It has 'labels', 'gttubes', 'train_videos' and 'test_videos' (UCF101v2-GT.pkl, JHMDB-GT.pkl,
    multisports_GT.pkl), or is pyannot.pkl of the corrected UCF101-24 annotations, whose boxes
    x, y, width, height become xyxy and whose frames are then counted from 1.

    Raises:
        InputError: there is no such file, or it has other content.
    """
    from stad.utils.pickles import read_numpy_pickle

    content = read_numpy_pickle(path)
    try:
        if "gttubes" in content:
            return _from_gttubes(content)
        return _from_pyannot(content)
    except (TypeError, KeyError, ValueError, IndexError, AttributeError) as error:
        raise InputError(
            f"{path}: expected the annotations of UCF101-24, JHMDB or MultiSports as published "
            f"({error or type(error).__name__})."
        ) from error


def _from_gttubes(content: dict[str, Any]) -> TubeAnnotations:
    labels = tuple(str(name) for name in content["labels"])
    tubes = {
        str(video): [
            _tube(labels[int(index)], rows[:, 0], rows[:, 1:5])
            for index, arrays in by_class.items()
            for rows in map(np.asarray, arrays)
        ]
        for video, by_class in content["gttubes"].items()
    }
    splits = [
        tuple(tuple(map(str, videos)) for videos in content[f"{part}_videos"]) for part in SETS
    ]
    return TubeAnnotations(labels, tubes, *splits)


def _from_pyannot(content: dict[str, Any]) -> TubeAnnotations:
    tubes = {}
    for video, entry in content.items():
        tubes[str(video)] = mine = []
        for one in entry["annotations"]:
            boxes = np.asarray(one["boxes"], np.float64)
            frames = np.arange(int(one["sf"]), int(one["ef"])) + 1
            corners = np.hstack((boxes[:, :2], boxes[:, :2] + boxes[:, 2:4]))
            mine.append(_tube(UCF24_LABELS[int(one["label"])], frames, corners))
    return TubeAnnotations(UCF24_LABELS, tubes)


def _tube(label: str, frames: np.ndarray, boxes: np.ndarray, score: float = 1.0) -> LabelledTube:
    frames, boxes = np.asarray(frames).astype(np.int64), np.asarray(boxes, np.float64)
    if frames.ndim != 1 or not len(frames) or boxes.shape != (len(frames), 4):
        raise ValueError(f"a tube of {label} has {frames.shape} frames and {boxes.shape} boxes")
    if (np.diff(frames) != 1).any():
        raise ValueError(f"the frames of a tube of {label} are not consecutive")
    if not np.isfinite(boxes).all() or not np.isfinite(score):
        raise ValueError(f"a tube of {label} has a box or a score that is not finite")
    return LabelledTube(label, frames, boxes, float(score))


def read_tube_results(path: str | Path) -> dict[str, list[LabelledTube]]:
    """Read detections by video, from JSON.

    The file is an object with "format": "stad-tubes", "version": 1 and "videos", an object from
    the names of videos to lists of tubes: "label", "score" in [0, 1], "first_frame" counted as in
    the annotations (from 1), and "boxes", one [x1, y1, x2, y2] in pixels for each frame.

    Raises:
        InputError: there is no such file, or it has other content.
    """
    content = read_json(path)
    known = {"format": RESULTS_FORMAT, "version": RESULTS_VERSION}
    if not isinstance(content, dict) or {name: content.get(name) for name in known} != known:
        raise InputError(f"{path}: expected tubes, a JSON object with {json.dumps(known)[1:-1]}.")
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
    return _tube(str(one["label"]), frames, boxes, float(one["score"]))
