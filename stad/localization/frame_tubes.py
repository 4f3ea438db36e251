"""Turn the scored boxes of frames into tubes and figures of a data set of tubes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from stad.annotations.ava_table import AvaTable
from stad.annotations.tubes import LabelledTube, TubeAnnotations
from stad.errors import InputError
from stad.evaluation.items import DetectionAPResult, Instances
from stad.evaluation.tube_frames import evaluate_frame_boxes
from stad.localization.linking import (
    FrameBoxes,
    LinkedTube,
    LinkRules,
    link_by_overlap,
    link_by_path,
)

LINKINGS = ("overlap", "path", "tracker")
# ACT leaves out tubes that overlap a better one; MultiSports keeps them.
PROTOCOL_RULES = {
    "act": LinkRules(added_px=1.0, max_tube_iou=0.3),
    "multisports": LinkRules(),
}


def frame_number(time_sec: float, fps: float) -> int:
    """Return the number of a frame, from 1, whose time is in seconds from the video's start.

    >>> frame_number(0.0, 25), frame_number(0.12, 25)
    (1, 4)
    """
    return round(time_sec * fps) + 1


def frames_of_table(table: AvaTable, annotations: TubeAnnotations) -> dict[str, list[FrameBoxes]]:
    """Return the detections of a CSV by video: boxes as fractions, ids of classes from 1.

    Rows of one box and frame are one box with several classes. Videos that the annotations do not
    have are left out.

    Args:
        table: of detections; its times are seconds from the start of the videos.
        annotations: with facts of the videos.

    Raises:
        InputError: a row has no class of the annotations, or facts of a video are missing.
    """
    number = len(annotations.labels)
    wrong = (table.class_id < 1) | (table.class_id > number)
    if wrong.any():
        raise InputError(
            f"{table.path}: the classes are numbered 1 to {number}, got "
            f"{int(table.class_id[wrong][0])}. Give detections of this data set."
        )
    found: dict[str, list[FrameBoxes]] = {}
    for index, video in enumerate(table.videos):
        if video not in annotations.tubes:
            continue
        size, fps = video_facts(annotations, video)
        rows = np.flatnonzero(table.video == index)
        frames = np.rint(table.time_sec[rows] * fps).astype(np.int64) + 1
        keyed = np.column_stack((frames, table.boxes[rows]))
        boxes, place = np.unique(keyed, axis=0, return_inverse=True)
        scores = np.zeros((len(boxes), number))
        np.maximum.at(scores, (place.reshape(-1), table.class_id[rows] - 1), table.last[rows])
        starts = np.flatnonzero(np.diff(boxes[:, 0], prepend=-1))
        parts = np.split(np.arange(len(boxes)), starts[1:])
        found[video] = [
            FrameBoxes(int(boxes[mine[0], 0]), boxes[mine, 1:] * size, scores[mine])
            for mine in parts
            if len(mine)
        ]
    return found


def video_facts(annotations: TubeAnnotations, video: str) -> tuple[np.ndarray, float]:
    """Return the (4,) width, height, width, height, pixels, and the frames per second of a video.

    Raises:
        InputError: the annotations do not have them.
    """
    fact = annotations.facts.get(video)
    if fact is None or not fact.fps or not all(fact.size_px):
        raise InputError(
            f"The annotations do not say the size and rate of the video {video!r}. Use the "
            "annotations/tubes.json that 'stad prepare' writes."
        )
    return np.array([*fact.size_px, *fact.size_px], np.float64), fact.fps


def link_videos(
    frames: Mapping[str, Sequence[FrameBoxes]],
    annotations: TubeAnnotations,
    *,
    linking: str = "overlap",
    rules: LinkRules | None = None,
    on_video: Callable[[], object] = lambda: None,
) -> dict[str, list[LabelledTube]]:
    """Link the boxes of each video into tubes.

    Args:
        frames: by video, in ascending order.
        annotations: their labels are those of the scores.
        linking: one of ``LINKINGS``.
        rules: None for the defaults of ``LinkRules``.
        on_video: called after each video.

    Raises:
        InputError: the linking is unknown.
    """
    if linking not in LINKINGS:
        raise InputError(f"The linking must be one of {', '.join(LINKINGS)}; got {linking!r}.")
    found: dict[str, list[LabelledTube]] = {}
    for video, boxes in frames.items():
        tubes: list[LinkedTube]
        if linking == "tracker":
            # Imports the library of trackers, which takes a second.
            from stad.localization.track_linking import link_by_tracker

            _, fps = video_facts(annotations, video)
            tubes = link_by_tracker(boxes, fps=fps, rules=rules)
        else:
            link = link_by_overlap if linking == "overlap" else link_by_path
            tubes = link(boxes, rules=rules)
        found[video] = [
            LabelledTube(annotations.labels[one.class_index], one.frames, one.boxes, one.score)
            for one in tubes
        ]
        on_video()
    return found


def evaluate_frames(
    annotations: TubeAnnotations,
    frames: Mapping[str, Sequence[FrameBoxes]],
    *,
    part: str = "test",
    split: int = 1,
    protocol: str = "act",
) -> DetectionAPResult:
    """Compute frame-mAP at IoU 0.5 over the videos of a split.

    Args:
        annotations: the ground truth.
        frames: the detections, by video.
        part: as ``TubeAnnotations.videos`` takes it.
        split: the same.
        protocol: as in ``evaluate_frame_boxes``.

    Raises:
        InputError: there is no such split, or the protocol is unknown.
    """
    keys: dict[tuple[str, int], int] = {}
    label = {name: index for index, name in enumerate(annotations.labels)}
    truth: dict[str, list] = defaultdict(list)
    detected: dict[str, list] = defaultdict(list)
    for video in annotations.videos(part=part, split=split):
        for tube in annotations.tubes.get(video, []):
            places = [keys.setdefault((video, int(one)), len(keys)) for one in tube.frames]
            truth["frame"].append(np.array(places))
            truth["class"].append(np.full(len(places), label[tube.label]))
            truth["box"].append(tube.boxes)
        for one in frames.get(video, []):
            rows, classes = np.nonzero(one.scores)
            place = keys.setdefault((video, one.frame), len(keys))
            detected["frame"].append(np.full(len(rows), place))
            detected["class"].append(classes)
            detected["box"].append(one.boxes[rows])
            detected["score"].append(one.scores[rows, classes])
    return evaluate_frame_boxes(
        _joined(truth), _joined(detected), class_names=annotations.labels, protocol=protocol
    )


def _joined(parts: Mapping[str, list]) -> Instances:
    none = np.zeros(0, np.int64)
    boxes = np.concatenate([np.zeros((0, 4)), *parts.get("box", [])])
    return Instances(
        np.concatenate([none, *parts.get("frame", [])]),
        np.concatenate([none, *parts.get("class", [])]),
        # An array of boxes is a sequence of shapes.
        boxes,  # pyright: ignore[reportArgumentType]
        np.concatenate([np.zeros(0), *parts.get("score", [])]) if "score" in parts else np.zeros(0),
    )
