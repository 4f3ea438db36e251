"""Annotate a video into files; what was found is kept, so that a later run continues this one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stad.inference.annotation import Annotation, AnnotationSetup
from stad.inference.frame_store import FrameStore
from stad.inference.frames import read_frames_ahead
from stad.inference.journal import Journal
from stad.inference.live.watcher import StopSignal
from stad.inference.options import InferenceOptions
from stad.inference.resume import JournaledDetector, JournaledScorer, journaled_frames
from stad.outputs.outputs import Outputs
from stad.structures import FramedResult
from stad.video.source import VideoSource

# A run that crashed in one precision or runtime may continue in the other.
PRECISION_FLAG, RUNTIME_FLAG = "--precision", "--runtime"
FREE_FLAGS = (PRECISION_FLAG, RUNTIME_FLAG)


@dataclass(frozen=True)
class WrittenRun:
    """A run that is over.

    Attributes:
        annotation: what was found.
        outputs: the files; None if the run was stopped before any new frame was processed.
        is_stopped: it was stopped before the end of the video; the journal is kept.
    """

    annotation: Annotation
    outputs: Outputs | None
    is_stopped: bool


def run_identity(
    source: VideoSource,
    options: InferenceOptions,
    setup: AnnotationSetup,
    *,
    boxes: Path | None = None,
) -> dict[str, Any]:
    """Return everything that the results depend on, by its option.

    Args:
        source: the video.
        options: of the run.
        setup: what was chosen for it.
        boxes: file of the boxes that are used instead of a detector.
    """
    path, chosen = Path(source.path), setup.options
    return {
        "video": path.name,
        "size of the video": path.stat().st_size if path.is_file() else None,
        "model": setup.info.model,
        "--weights": options.weights,
        "detector": setup.info.detector,
        "--detector-weights": options.detector_weights,
        "--boxes": str(boxes),
        "--threshold": chosen.threshold,
        "--person-threshold": chosen.person_threshold,
        "--stride": chosen.stride_sec,
        "--detect-every": chosen.detect_sec,
        "--tracker": chosen.tracker.name,
        "--tracker-options": sorted(options.tracker_options),
        "--track-memory": chosen.tracker.memory_sec,
        "--batch-size": chosen.batch_size,
        "--max-labels": chosen.max_labels,
        "--labels": None if chosen.allowed is None else sorted(chosen.allowed),
        "--localizer": setup.localizer.options.to_dict(),
        "--start": source.start_sec,
        "--end": source.end_sec,
        PRECISION_FLAG: setup.models.precision,
        RUNTIME_FLAG: setup.models.runtime,
    }


def annotate_to_files(
    source: VideoSource,
    setup: AnnotationSetup,
    journal: Journal,
    paths: Mapping[str, Path],
    *,
    stopping: Callable[[], AbstractContextManager[StopSignal]],
    watched: Callable[[Iterable[FramedResult]], Iterable[FramedResult]] = lambda results: results,
    reads_boxes: bool = False,
) -> WrittenRun:
    """Annotate a video and write its files; what is stopped can be continued with the journal.

    After any exception the files are as they were before, and the journal is kept.

    Args:
        source: the video.
        setup: models and options.
        journal: of the run, opened with ``run_identity``; removed at the end of the video.
        paths: the files to write, see ``Outputs``.
        stopping: opens what says that the run should stop, after the current frame.
        watched: sees the results on their way to the files; what it raises ends the run.
        reads_boxes: the detector reads its answers from a file.

    Raises:
        InputError: a file cannot be written, or the video is not that of the journal.
    """
    allowed, resume_state = setup.options.allowed, journal.end
    outputs = Outputs(paths, setup.info, source, allowed=allowed, resume_state=resume_state)
    annotation, is_stopped = None, False
    try:
        annotation = _open(source, setup, journal, outputs, reads_boxes=reads_boxes)
        # A stop that is requested while the files are finished does not change how they end.
        with stopping() as stop:
            for result in watched(annotation):
                outputs.write(result)
                if result.keyframe is not None:
                    journal.add_done(result.keyframe.time_sec)
                if is_stopped := stop.requested:
                    break
            if is_stopped and outputs.num_frames < journal.end.get("num_frames", 0):
                _abort(outputs, annotation)
                return WrittenRun(annotation, None, is_stopped=True)
            outputs.close(annotation.finish(), complete=not is_stopped)
            if is_stopped:
                journal.add_end(**outputs.resume_state())
            else:
                journal.remove()
    except BaseException:
        _abort(outputs, annotation)
        raise
    return WrittenRun(annotation, outputs, is_stopped=is_stopped)


def _abort(outputs: Outputs, annotation: Annotation | None) -> None:
    """End all threads of a run and remove its files."""
    try:
        if annotation is not None:
            annotation.discard()
    finally:
        outputs.abort()


def _open(
    source: VideoSource,
    setup: AnnotationSetup,
    journal: Journal,
    outputs: Outputs,
    *,
    reads_boxes: bool,
) -> Annotation:
    """Begin the run, with what the journal knows, and with images if they are drawn."""
    models, folder, store = setup.models, journal.path.parent, None
    if outputs.first_drawn is not None:
        store = FrameStore(folder, first_index=outputs.first_drawn)
    frames = journaled_frames(
        source,
        journal,
        before_sec=models.scorer.window.before_sec,
        first_drawn=outputs.first_drawn,
    )
    detector = JournaledDetector(models.detector, journal, is_reader=reads_boxes)
    journaled = replace(models, detector=detector, scorer=JournaledScorer(models.scorer, journal))
    frames = read_frames_ahead(frames)
    return Annotation(frames, replace(setup, models=journaled), store=store, folder=folder)
