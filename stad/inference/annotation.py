"""Annotate a stream of frames: results one by one, segments and tubes at the end."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

from stad.actors.detectors.base import (
    CountingDetector,
    LookCounts,
    PersonDetector,
    begin_video,
)
from stad.actors.tracker import FollowCounts
from stad.actors.tracker_options import TrackerChoice, choose_tracker
from stad.inference.build import ModelBundle, build_models
from stad.inference.collector import SegmentCollector
from stad.inference.exported import ExportedScorer
from stad.inference.frame_store import FrameStore
from stad.inference.options import InferenceOptions
from stad.inference.overlap import annotate_frames
from stad.inference.pipeline import PipelineOptions
from stad.inference.tube_store import TubeStore
from stad.localization.base import Localizer
from stad.structures import Frame, FramedResult, RunInfo, Segment, Tube, VideoInfo

# A CPU gains nothing from larger batches, and results would come in bursts.
CPU_BATCH, GPU_BATCH = 1, 8


@dataclass(frozen=True)
class AnnotationSetup:
    """The models and options that annotating one video needs.

    Attributes:
        models: ready to use.
        options: of the pipeline.
        localizer: at its beginning.
        info: how the results are made.
    """

    models: ModelBundle
    options: PipelineOptions
    localizer: Localizer
    info: RunInfo


def prepare_annotation(
    video: VideoInfo,
    options: InferenceOptions,
    *,
    detector: PersonDetector | None = None,
    progress: bool,
    log: Callable[[str], None],
) -> AnnotationSetup:
    """Load the models and choose everything else that the options leave open.

    Args:
        video: its size and rate.
        options: of the run.
        detector: used instead of the one that the options name.
        progress: show the progress of downloads on a terminal.
        log: takes lines about what was chosen.

    Raises:
        InputError: a model or an option cannot be used.
    """
    # A wrong tracker is found before a model is fetched.
    _choose_tracker(options)
    models = build_models(
        options,
        frame_size=(video.width_px, video.height_px),
        detector=detector,
        progress=progress,
        log=log,
    )
    return setup_annotation(video, options, models, log=log)


def setup_annotation(
    video: VideoInfo,
    options: InferenceOptions,
    models: ModelBundle,
    *,
    log: Callable[[str], None],
) -> AnnotationSetup:
    """Choose what the options leave open, for models that are loaded and serve many videos.

    Args:
        video: its size and rate.
        options: of the run, those that the models were built with.
        models: as ``build_models`` returns them.
        log: takes lines about what was chosen.

    Raises:
        InputError: an option cannot be used, or the model is not for videos of this size.
    """
    # What models remember of the last video must not reach this one.
    begin_video(models.detector)
    tracker = _choose_tracker(options)
    if isinstance(models.scorer, ExportedScorer):
        models.scorer.check_frames((video.width_px, video.height_px))
    stride_sec = models.stride_sec if options.stride_sec is None else options.stride_sec
    default_batch = CPU_BATCH if models.device == "cpu" else GPU_BATCH
    localizer = models.open_localizer(options.localizer, stride_sec)
    log(f"tracker   {tracker.describe(gives_ids=models.detector.gives_ids)}")
    return AnnotationSetup(
        models,
        models.pipeline_options(
            options,
            stride_sec=stride_sec,
            detect_sec=options.detect_sec,
            batch_size=options.batch_size or default_batch,
            tracker=tracker,
        ),
        localizer,
        RunInfo(
            video=video,
            model=models.name,
            detector=models.detector.name,
            class_names=models.class_names,
            threshold=models.threshold,
            stride_sec=stride_sec,
            num_exclusive=models.scorer.num_exclusive,
        ),
    )


def _choose_tracker(options: InferenceOptions) -> TrackerChoice:
    return choose_tracker(
        options.tracker, options.tracker_options, memory_sec=options.track_memory_sec
    )


class Annotation(Iterator[FramedResult]):
    """One pass over a video: an iterator of ``FrameResult``, one for each frame, in order.

    Type checkers see ``result.frame`` as a ``Frame``. Without a ``store``, which is what
    ``keep_frames=False`` means, it is None.

    Memory does not grow with the video. ``segments`` and ``tubes`` are complete once the
    iterator is exhausted; after ``close()`` they are those of the frames so far. It is its own
    context manager.

    >>> with stad.annotate("in.mp4") as run:                              # doctest: +SKIP
    ...     for result in run:
    ...         for box, labels in zip(result.actors.boxes, result.labels):
    ...             print(result.time_sec, box, [label.name for label in labels])
    ...     print(run.segments)

    Args:
        frames: ascending in time, RGB, one size.
        setup: models and options.
        store: keeps the frames until their results take them; None for results without frames.
        folder: where there is room on disk for what is kept until the end.

    Attributes:
        info: how the results are made.
        num_frames: results so far.
        last_sec: time of the last result, seconds.
        counts: detections that were followed so far.
        looks: how often the detector looked, if it counts.
    """

    def __init__(
        self,
        frames: Iterable[Frame],
        setup: AnnotationSetup,
        *,
        store: FrameStore | None = None,
        folder: str | Path | None = None,
    ) -> None:
        self.info = setup.info
        self.counts = FollowCounts()
        detector = setup.models.detector
        self.looks = detector.counts if isinstance(detector, CountingDetector) else LookCounts()
        self.num_frames, self.last_sec = 0, 0.0
        self._frames, self._store = frames, store
        self._collector = SegmentCollector(setup.localizer, folder or tempfile.gettempdir())
        self._is_finished = False
        self._results = annotate_frames(
            frames,
            setup.models.detector,
            setup.models.scorer,
            options=setup.options,
            fps=float(setup.info.video.fps),
            counts=self.counts,
            store=store,
        )

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes of the model; a label's ``class_index`` is a place in it."""
        return self.info.class_names

    def __next__(self) -> FramedResult:
        try:
            result = next(self._results)
        except StopIteration:
            self.finish()
            raise
        self._collector.write(result)
        self.num_frames += 1
        self.last_sec = result.time_sec
        return cast(FramedResult, result)

    def finish(self) -> TubeStore:
        """End the run after the frames so far; return its segments with their tubes."""
        if not self._is_finished:
            self._is_finished = True
            self.stop()
            self._collector.finish(self.last_sec + float(1 / self.info.video.fps))
        return self._collector.tubes

    def stop(self) -> None:
        """Stop reading and end the threads; nothing more comes."""
        close = getattr(self._frames, "close", None)
        self._results.close()
        if close is not None:
            close()
        if self._store is not None:
            self._store.close()

    def discard(self) -> None:
        """Stop without segments, such as on a full disk; closing it later does nothing."""
        self._is_finished = True
        self.stop()

    @property
    def segments(self) -> list[Segment]:
        """The segments, by actor, then start, then class; [] before the end or ``close()``."""
        return self._collector.tubes.segments() if self._is_finished else []

    @property
    def tubes(self) -> list[Tube]:
        """The boxes of each segment, in the same order; [] before the end or ``close()``."""
        return self._tubes if self._is_finished else []

    @cached_property
    def _tubes(self) -> list[Tube]:
        return [tube for _, tube in self._collector.tubes]

    def close(self) -> None:
        """Stop reading; the segments are those of the frames so far."""
        self.finish()

    def __enter__(self) -> Annotation:
        return self

    def __exit__(self, *_) -> None:
        self.close()
