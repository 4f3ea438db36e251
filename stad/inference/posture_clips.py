"""Run the product on a clip and keep which posture it shows of whom, and its scores."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from stad.actors.detectors.precomputed import PrecomputedDetections
from stad.annotations.postures import PostureKeyframes
from stad.errors import InputError
from stad.evaluation.posture_clips import FoundPostures, FoundSegments
from stad.evaluation.posture_keyframes import NOT_SURE, FoundPeople
from stad.inference.annotation import Annotation, prepare_annotation
from stad.inference.detectors import open_boxes
from stad.inference.frames import read_frames_ahead
from stad.inference.options import InferenceOptions
from stad.inference.shown import nearest_scores
from stad.structures import FrameResult, Keyframe, Segment
from stad.video.source import VideoSource


def find_postures(
    video: Path,
    postures: Sequence[str],
    options: InferenceOptions,
    *,
    given: PostureKeyframes | None = None,
    on_frame: Callable[[], object] = lambda: None,
    log: Callable[[str], None] = lambda line: None,
) -> FoundPostures:
    """Annotate a clip as ``stad annotate`` does.

    Args:
        video: path.
        postures: names of the classes that exclude each other.
        options: of the run; all labels of a person are kept, whatever their number.
        given: annotated people, whose boxes are used instead of a detector's.
        on_frame: called after each frame.
        log: takes lines about what was chosen.

    Raises:
        InputError: the clip or a model cannot be used, or the model has none of the postures.
    """
    begin = time.process_time()
    source = VideoSource(video)
    detector = None if given is None else _open_given(given, source)
    setup = prepare_annotation(source.info, options, detector=detector, progress=True, log=log)
    names = setup.models.class_names
    columns = _columns(names, postures, model=setup.models.name)
    # Other labels must not push a posture off the list.
    setup = replace(setup, options=replace(setup.options, max_labels=len(names)))
    with Annotation(read_frames_ahead(source.frames()), setup) as run:
        results, keyframes = _read(run, on_frame)
    size = np.array([source.info.width_px, source.info.height_px] * 2, np.float64)
    people = _collect(results, keyframes, columns, size=size, stride_sec=setup.options.stride_sec)
    duration_sec = run.last_sec + float(1 / source.info.fps)
    return FoundPostures(
        people,
        _segments(run.segments, columns),
        duration_sec=duration_sec,
        processor_sec=time.process_time() - begin,
    )


def _read(
    run: Annotation, on_frame: Callable[[], object]
) -> tuple[list[FrameResult], list[Keyframe]]:
    """Return all results of a run without their scores, and those."""
    results, keyframes = [], []
    for result in run:
        results.append(replace(result, keyframe=None))
        if result.keyframe is not None:
            keyframes.append(result.keyframe)
        on_frame()
    return results, keyframes


def _open_given(given: PostureKeyframes, source: VideoSource) -> PrecomputedDetections:
    """Open the boxes of annotated people as the detector of their clip."""
    areas = (given.boxes[:, 2:] - given.boxes[:, :2]).prod(axis=1)
    # False for NaN, too.
    if not (areas > 0).all():
        raise InputError(
            f"--given-boxes: {source.info.name} has people without a box, or with a point. Leave "
            "out this option."
        )
    rows = zip(given.time_sec.tolist(), given.person.tolist(), given.boxes.tolist(), strict=True)
    lines = [f"{time:.6f},{person + 1},{','.join(map(str, place))}" for time, person, place in rows]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "boxes.csv"
        path.write_text("\n".join(["time_sec,actor_id,x1,y1,x2,y2", *lines]) + "\n")
        return open_boxes(path, source)


def _columns(names: Sequence[str], postures: Sequence[str], *, model: str) -> list[int]:
    """Return the model's class of each posture, -1 where it has none."""
    columns = [names.index(one) if one in names else -1 for one in postures]
    if max(columns) < 0:
        raise InputError(
            f"{model} has none of the postures {', '.join(postures)}. Choose a model of postures, "
            "such as skeleton_poses."
        )
    return columns


def _collect(
    results: Sequence[FrameResult],
    keyframes: Sequence[Keyframe],
    columns: Sequence[int],
    *,
    size: np.ndarray,
    stride_sec: float,
) -> FoundPeople:
    key_sec = np.array([one.time_sec for one in keyframes])
    posture, scores = [], []
    for result in results:
        near = np.flatnonzero(np.abs(key_sec - result.time_sec) <= stride_sec)
        near = near[np.argsort(np.abs(key_sec[near] - result.time_sec), kind="stable")]
        for actor_id, labels in zip(result.actors.ids.tolist(), result.labels, strict=True):
            shown = [columns.index(one.class_index) for one in labels if one.class_index in columns]
            posture.append(shown[0] if shown else NOT_SURE)
            own = nearest_scores(actor_id, (keyframes[i] for i in near))
            scores.append(_in_columns(own, columns))
    boxes = [result.actors.boxes for result in results]
    return FoundPeople(
        time_sec=np.array([result.time_sec for result in results]),
        first=np.append(0, np.cumsum([len(result.actors) for result in results])),
        boxes=np.concatenate([np.empty((0, 4)), *boxes]) / size,
        ids=np.concatenate([np.empty(0, np.int64), *(one.actors.ids for one in results)]),
        posture=np.array(posture, np.int64),
        scores=np.array(scores, np.float64).reshape(-1, len(columns)),
    )


def _in_columns(own: np.ndarray | None, columns: Sequence[int]) -> list[float]:
    """Return the scores of the postures, NaN where an actor or the model has none."""
    if own is None:
        return [np.nan] * len(columns)
    return [float(own[column]) if column >= 0 else np.nan for column in columns]


def _segments(segments: Sequence[Segment], columns: Sequence[int]) -> FoundSegments:
    own = [one for one in segments if one.class_index in columns]
    return FoundSegments(
        np.array([one.actor_id for one in own], np.int64),
        np.array([columns.index(one.class_index) for one in own], np.int64),
        np.array([(one.start_sec, one.end_sec) for one in own], np.float64).reshape(-1, 2),
        np.array([one.score for one in own], np.float64),
    )
