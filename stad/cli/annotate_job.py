"""Annotate a video file: an annotated video and its tables, the job behind demo/detect_video.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stad.cli.annotate_options import AnnotateOptions, check_options, check_outputs
from stad.cli.log_lines import line_log, print_line
from stad.errors import EXIT_INTERRUPTED, EXIT_OK
from stad.utils.interrupt import StopRequest
from stad.utils.supervisor import note

if TYPE_CHECKING:
    from stad.inference.annotation import Annotation, AnnotationSetup
    from stad.inference.journal import Journal
    from stad.outputs.outputs import Outputs
    from stad.video.source import VideoSource

# A run that crashed in one precision or runtime may continue in the other.
PRECISION_FLAG, RUNTIME_FLAG = "--precision", "--runtime"
SAVE_MEMORY = "A smaller --batch-size or a smaller --model needs less memory"


def annotate(options: AnnotateOptions) -> int:
    """Annotate one video and return the exit code.

    Raises:
        InputError: the video, an output, a model or an option cannot be used; nothing is
            written then.
    """
    check_options(options)
    check_outputs(options)
    # Opened before torch is imported: a wrong file name must not cost seconds.
    from stad.video.source import VideoSource

    source = VideoSource(options.video, start_sec=options.start_sec, end_sec=options.end_sec)
    log = line_log(quiet=options.quiet)
    setup = _prepare(options, source, log)
    journal = _open_journal(options, setup, log)
    try:
        return _run(options, source, setup, journal)
    finally:
        journal.close()


def _prepare(
    options: AnnotateOptions, source: VideoSource, log: Callable[[str], None]
) -> AnnotationSetup:
    """Open the boxes and the models."""
    from stad.inference.annotation import prepare_annotation
    from stad.inference.detectors import open_boxes
    from stad.inference.options import InferenceOptions

    boxes = None
    if options.boxes:
        boxes = open_boxes(options.boxes, source)
        for warning in boxes.warnings:
            print_line(f"warning: {warning}")
    return prepare_annotation(
        source.info,
        InferenceOptions.from_options(options),
        detector=boxes,
        progress=not options.quiet,
        log=log,
    )


def _open_journal(
    options: AnnotateOptions, setup: AnnotationSetup, log: Callable[[str], None]
) -> Journal:
    from stad.inference.journal import Journal
    from stad.utils.part_files import part_path

    journal = Journal(
        options.state_path(),
        _identity(options, setup),
        resume=options.resume,
        free=(PRECISION_FLAG, RUNTIME_FLAG),
    )
    unfinished = [str(part_path(path)) for path in options.outputs().values()]
    note(state=str(journal.path), unfinished=unfinished, save_memory=SAVE_MEMORY)
    if journal.done_sec is not None:
        log(f"resume    after {journal.done_sec:.1f} s of {setup.info.video.name}")
        for flag, (before, now) in journal.changed.items():
            log(f"resume    {flag} was {before} up to there and is {now} from there on")
    return journal


def _identity(options: AnnotateOptions, setup: AnnotationSetup) -> dict[str, Any]:
    """Return everything that the results depend on, by its option."""
    path, chosen = Path(options.video), setup.options
    return {
        "video": path.name,
        "size of the video": path.stat().st_size if path.is_file() else None,
        "model": setup.info.model,
        "--weights": options.weights,
        "detector": setup.info.detector,
        "--detector-weights": options.detector_weights,
        "--boxes": str(options.boxes),
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
        "--start": options.start_sec,
        "--end": options.end_sec,
        PRECISION_FLAG: setup.models.precision,
        RUNTIME_FLAG: setup.models.runtime,
    }


def _run(
    options: AnnotateOptions, source: VideoSource, setup: AnnotationSetup, journal: Journal
) -> int:
    """Write the outputs of the run; Ctrl-C keeps what was written so far."""
    from stad.cli.annotate_report import print_report, progress_bar
    from stad.outputs.outputs import Outputs

    outputs = Outputs(
        options.outputs(),
        setup.info,
        source,
        allowed=setup.options.allowed,
        resume_state=journal.end,
    )
    annotation = None
    try:
        annotation = _open_annotation(options, source, setup, journal, outputs)
        with StopRequest() as stop:
            for result in progress_bar(
                annotation, total=source.expected_frames(), quiet=options.quiet
            ):
                outputs.write(result)
                if result.keyframe is not None:
                    journal.add_done(result.keyframe.time_sec)
                if stop.requested:
                    break
        if stop.requested and outputs.num_frames < journal.end.get("num_frames", 0):
            _abort(outputs, annotation)
            print_line(
                "Interrupted before any new frame was processed; existing files are unchanged."
            )
            return EXIT_INTERRUPTED
        outputs.close(annotation.finish(), complete=not stop.requested)
    except BaseException:
        _abort(outputs, annotation)
        raise
    if stop.requested:
        journal.add_end(**outputs.resume_state())
    else:
        journal.remove()
    print_report(
        annotation,
        outputs,
        warnings=[*source.warnings, *outputs.warnings],
        interrupted=stop.requested,
        quiet=options.quiet,
    )
    return EXIT_INTERRUPTED if stop.requested else EXIT_OK


def _abort(outputs: Outputs, annotation: Annotation | None) -> None:
    """End all threads of a run and remove its files."""
    try:
        if annotation is not None:
            annotation.stop()
    finally:
        outputs.abort()


def _open_annotation(
    options: AnnotateOptions,
    source: VideoSource,
    setup: AnnotationSetup,
    journal: Journal,
    outputs: Outputs,
) -> Annotation:
    """Begin the run, with what the journal knows, and with images if they are drawn."""
    from stad.inference.annotation import Annotation
    from stad.inference.frame_store import FrameStore
    from stad.inference.frames import read_frames_ahead
    from stad.inference.resume import JournaledDetector, JournaledScorer, journaled_frames

    models, size = setup.models, (source.info.width_px, source.info.height_px)
    folder, store = journal.path.parent, None
    if outputs.first_drawn is not None:
        store = FrameStore(folder, first_index=outputs.first_drawn)
    frames = journaled_frames(
        source,
        journal,
        before_sec=models.scorer.window.before_sec,
        clip_size=models.scorer.clip_size(size),
        first_drawn=outputs.first_drawn,
    )
    detector = JournaledDetector(models.detector, journal, is_reader=options.boxes is not None)
    journaled = replace(models, detector=detector, scorer=JournaledScorer(models.scorer, journal))
    frames = read_frames_ahead(frames)
    return Annotation(frames, replace(setup, models=journaled), store=store, folder=folder)
