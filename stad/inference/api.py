"""Use stad from Python: annotate, recognize and watch videos without writing files."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Sequence
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stad.actors.detectors.base import PersonDetector
from stad.errors import InputError
from stad.inference.annotation import Annotation, prepare_annotation
from stad.inference.argument_checks import (
    as_device,
    as_optional_text,
    as_text,
    check_detector,
    check_kind,
    check_options,
    read_options,
)
from stad.inference.argument_names import argument_names, with_argument_names
from stad.inference.detectors import open_boxes
from stad.inference.frame_store import FrameStore
from stad.inference.frames import FrameSource, open_frames, read_frames_ahead
from stad.inference.live.setup import prepare_watch
from stad.inference.live.stream import EventStream
from stad.inference.options import (
    InferenceOptions,
    LiveOptions,
    PrecisionName,
    RecognitionOptions,
    RuntimeName,
)
from stad.inference.recognition import open_recognizer, recognize_video
from stad.structures import Frame
from stad.video.live import LiveSource
from stad.video.sampling import parse_views
from stad.video.source import VideoSource

if TYPE_CHECKING:
    import torch

logger = logging.getLogger("stad")


@with_argument_names
def annotate(
    video: str | Path | VideoSource | Iterable[np.ndarray],
    *,
    model: str | Path | None = None,
    weights: str | Path | None = InferenceOptions.weights,
    detector: str | Path | PersonDetector | None = None,
    detector_weights: str | Path = InferenceOptions.detector_weights,
    boxes: str | Path | None = None,
    threshold: float | None = None,
    person_threshold: float | None = None,
    stride_sec: float | None = None,
    detect_sec: float = InferenceOptions.detect_sec,
    tracker: str | None = None,
    tracker_options: Sequence[str] = (),
    track_memory_sec: float | None = None,
    batch_size: int | None = None,
    max_labels: int = InferenceOptions.max_labels,
    localizer: str | Path | None = None,
    labels: Sequence[str] = (),
    fps: float | None = None,
    start_sec: float | None = None,
    end_sec: float | None = None,
    keep_frames: bool = True,
    device: str | torch.device = InferenceOptions.device,
    precision: PrecisionName = InferenceOptions.precision,
    runtime: RuntimeName = InferenceOptions.runtime,
    progress: bool = False,
) -> Annotation:
    """Find who does what, when and where in a video.

    Nothing is computed before the first result is asked for, but the models are loaded. Results
    equal those of the command line.

    >>> run = stad.annotate("in.mp4", threshold=0.4)                      # doctest: +SKIP
    >>> for result in run:                                                # doctest: +SKIP
    ...     for box, labels in zip(result.actors.boxes, result.labels):
    ...         print(result.time_sec, box, [(one.name, one.score) for one in labels])
    >>> [(one.actor_id, run.class_names[one.class_index]) for one in run.segments]  # doctest: +SKIP

    Args:
        video: path, ``VideoSource``, or (H, W, 3) uint8 RGB arrays of one size with ``fps``.
        model: action model, a name of ``stad.list_models()`` or the path of a config; None for
            the best one that can be loaded.
        weights: its checkpoint; 'auto' for the published one, None for random weights.
        detector: person detector, its name, the path of an mmdet config or an ONNX file, or any
            object with the methods of ``PersonDetector``; None for the best one that can be loaded.
        detector_weights: its checkpoint; 'auto' for the published one.
        boxes: file of person boxes (CSV or JSON) to use instead of a detector.
        threshold: minimum action score, in [0, 1]; None for the model's.
        person_threshold: minimum person score to begin a track, in [0, 1]; None for the
            detector's.
        stride_sec: time between action predictions, seconds; None for the model's.
        detect_sec: time between person detections, seconds.
        tracker: name of a tracker of the trackers library; None for the default.
        tracker_options: its parameters, KEY=VALUE texts.
        track_memory_sec: how long a hidden person keeps the id, seconds; None for the default.
        batch_size: windows scored at once; None for 1 on a CPU and 8 on a GPU.
        max_labels: labels shown per actor.
        localizer: file of the thresholds and times of segments; None for the defaults.
        labels: names of the labels to keep; () keeps all.
        fps: frames per second of arrays.
        start_sec: where to begin to read a file, seconds; None for its start.
        end_sec: where to end, seconds; None for its end.
        keep_frames: whether results have their frames with images; False makes each
            ``result.frame`` None.
        device: 'auto', 'cpu', 'cuda:0' ..., or a ``torch.device``.
        precision: 'auto', 'float32' or 'bfloat16'.
        runtime: 'auto', 'torch', 'openvino' or 'onnxruntime'.
        progress: show the progress of downloads on a terminal.

    Returns:
        An iterator of ``FrameResult``, one for each frame.

    Raises:
        InputError: the video, a model or an argument cannot be used.
    """
    if isinstance(detector, Path):
        detector = str(detector)
    is_own = detector is not None and not isinstance(detector, str)
    own_detector = check_detector(detector) if is_own else None
    options = read_options(
        model=model,
        weights=weights,
        detector=detector if isinstance(detector, str) else None,
        detector_weights=detector_weights,
        threshold=threshold,
        person_threshold=person_threshold,
        stride_sec=stride_sec,
        detect_sec=detect_sec,
        tracker=tracker,
        tracker_options=tracker_options,
        track_memory_sec=track_memory_sec,
        batch_size=batch_size,
        max_labels=max_labels,
        localizer=localizer,
        labels=labels,
        device=device,
        precision=precision,
        runtime=runtime,
    )
    source = open_frames(video, fps=fps, start_sec=start_sec, end_sec=end_sec)
    if boxes is not None:
        if detector is not None:
            raise InputError("Give a detector or boxes, not both.")
        own_detector = _open_boxes(Path(as_text("boxes", boxes)), source)
    setup = prepare_annotation(
        source.info, options, detector=own_detector, progress=progress, log=logger.info
    )
    store = FrameStore(tempfile.gettempdir()) if keep_frames else None
    return Annotation(_frames(source), setup, store=store)


def _open_boxes(path: Path, source: FrameSource) -> PersonDetector:
    boxes = open_boxes(path, source)
    for text in boxes.warnings:
        # Of the line that calls ``annotate``, past its decorator.
        warnings.warn(argument_names(text), stacklevel=4)
    return boxes


def _frames(source: FrameSource) -> Iterator[Frame]:
    """Yield the frames of a source, and warn at the end of what was wrong with it."""
    # The generator of a user stays in the thread of the user.
    is_file = isinstance(source, VideoSource)
    yield from read_frames_ahead(source.frames()) if is_file else source.frames()
    for text in source.warnings:
        warnings.warn(f"{source.info.name}: {text}", stacklevel=2)


@with_argument_names
def recognize(
    video: str | Path | VideoSource,
    *,
    model: str | Path = RecognitionOptions.model,
    weights: str | Path | None = InferenceOptions.weights,
    views: str | None = None,
    top: int = RecognitionOptions.top,
    device: str | torch.device = InferenceOptions.device,
    runtime: RuntimeName = RecognitionOptions.runtime,
    progress: bool = False,
) -> list[tuple[str, float]]:
    """Name what a video shows as a whole.

    >>> stad.recognize("in.mp4", top=2)                                   # doctest: +SKIP
    [('juggling balls', 0.91), ('unboxing', 0.03)]

    Args:
        video: path of a file, or a ``VideoSource``, of which the whole file is scored.
        model: a name of ``stad.list_models()`` or the path of a config.
        weights: its checkpoint; 'auto' for the published one, None for random weights.
        views: clips and crops whose scores are averaged, such as '10x3'; None for the model's.
        top: number of classes.
        device: 'auto', 'cpu', 'cuda:0' ..., or a ``torch.device``.
        runtime: 'auto', 'torch', 'openvino' or 'onnxruntime'.
        progress: show the progress of downloads on a terminal.

    Returns:
        Labels and scores in [0, 1], highest first.

    Raises:
        InputError: the video, the model or an argument cannot be used.
    """
    model, weights = as_text("model", model), as_optional_text("weights", weights)
    check_kind("video", video, (str, Path, VideoSource), "the path of a file or a VideoSource")
    check_options(RecognitionOptions(model, views, top, runtime))
    parsed = None if views is None else parse_views(views)
    path = (video if isinstance(video, VideoSource) else VideoSource(video)).path
    loaded, _ = open_recognizer(
        model,
        weights=weights,
        device=as_device("device", device),
        runtime=runtime,
        progress=progress,
        log=logger.info,
    )
    found = recognize_video(path, loaded, views=parsed)
    for text in found.warnings:
        # Of the line that calls ``recognize``, past its decorator.
        warnings.warn(f"{Path(path).name}: {text}", stacklevel=3)
    return [(found.class_names[index], score) for index, score in found.top(top)]


@with_argument_names
def watch(
    source: str | int | Path,
    *,
    model: str | Path | None = None,
    weights: str | Path | None = InferenceOptions.weights,
    detector: str | Path | None = None,
    detector_weights: str | Path = InferenceOptions.detector_weights,
    threshold: float | None = None,
    person_threshold: float | None = None,
    stride_sec: float | None = None,
    detect_sec: float = InferenceOptions.detect_sec,
    tracker: str | None = None,
    tracker_options: Sequence[str] = (),
    track_memory_sec: float | None = None,
    max_labels: int = InferenceOptions.max_labels,
    localizer: str | Path | None = None,
    labels: Sequence[str] = (),
    max_latency_sec: float = LiveOptions.max_latency_sec,
    duration_sec: float | None = None,
    device: str | torch.device = InferenceOptions.device,
    precision: PrecisionName = InferenceOptions.precision,
    runtime: RuntimeName = InferenceOptions.runtime,
    progress: bool = False,
) -> EventStream:
    """Watch a camera, a stream or a file in real time.

    >>> with stad.watch("rtsp://camera/stream") as events:                # doctest: +SKIP
    ...     for event in events:
    ...         print(event.kind, event.segment.actor_id, event.label)

    Args:
        source: number of a camera, URL (RTSP, HTTP), or path of a file.
        max_latency_sec: how late the scores of a window may come, beside the window itself,
            seconds.
        duration_sec: how long to watch, seconds; None until the source ends.
        model: action model; see ``annotate``, also for the following arguments.
        weights: its checkpoint.
        detector: person detector, by its name or config.
        detector_weights: its checkpoint.
        threshold: minimum action score, in [0, 1].
        person_threshold: minimum person score to begin a track, in [0, 1].
        stride_sec: time between action predictions, seconds; None for the model's, or more if
            the machine needs it.
        detect_sec: minimum time between person detections, seconds.
        tracker: name of a tracker.
        tracker_options: its parameters, KEY=VALUE texts.
        track_memory_sec: how long a hidden person keeps the id, seconds.
        max_labels: labels shown per actor.
        localizer: file of the thresholds and times of segments.
        labels: names of the labels to keep; () keeps all.
        device: 'auto', 'cpu', 'cuda:0' ..., or a ``torch.device``.
        precision: 'auto', 'float32' or 'bfloat16'.
        runtime: 'auto', 'torch', 'openvino' or 'onnxruntime'.
        progress: show the progress of downloads on a terminal.

    Returns:
        An iterator of ``Event``, as actions begin and end.

    Raises:
        InputError: the source, a model or an argument cannot be used.
    """
    options = read_options(
        model=model,
        weights=weights,
        detector=detector,
        detector_weights=detector_weights,
        threshold=threshold,
        person_threshold=person_threshold,
        stride_sec=stride_sec,
        detect_sec=detect_sec,
        tracker=tracker,
        tracker_options=tracker_options,
        track_memory_sec=track_memory_sec,
        max_labels=max_labels,
        localizer=localizer,
        labels=labels,
        device=device,
        precision=precision,
        runtime=runtime,
    )
    check_options(LiveOptions(max_latency_sec, duration_sec))
    check_kind("source", source, (str, Integral, Path), "the number of a camera, a URL or a path")
    live = LiveSource(str(source), max_latency_sec=max_latency_sec, log=logger.warning)
    setup = prepare_watch(
        live, options, max_latency_sec=max_latency_sec, progress=progress, log=logger.info
    )
    return EventStream(live, setup, duration_sec=duration_sec)
