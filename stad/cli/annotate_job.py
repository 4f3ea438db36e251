"""Annotate a video file: an annotated video and its tables, the job behind demo/detect_video.py."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from stad.cli.annotate_options import (
    AnnotateOptions,
    check_options,
    check_outputs,
    is_complete,
)
from stad.cli.log_lines import line_log, print_line
from stad.cli.output_checks import is_stdout
from stad.errors import EXIT_INTERRUPTED, EXIT_OK, InputError
from stad.utils.interrupt import StopRequest
from stad.utils.locks import lock_path, only_writer
from stad.utils.part_files import is_special
from stad.utils.supervisor import note
from stad.utils.text import shown

if TYPE_CHECKING:
    from stad.inference.annotation import AnnotationSetup
    from stad.inference.journal import Journal
    from stad.video.source import VideoSource

SAVE_MEMORY = "A smaller --batch-size or a smaller --model needs less memory"


def annotate(options: AnnotateOptions) -> int:
    """Annotate one video and return the exit code.

    Raises:
        InputError: the video, an output, a model or an option cannot be used; nothing is
            written then.
    """
    check_options(options)
    state = options.state_path()
    # It may be there already.
    note(state=None if state is None else str(state), save_memory=SAVE_MEMORY)
    check_outputs(options)
    # Other locks would be of a folder that is deleted.
    with (
        only_writer(*options.outputs().values(), log=print_line),
        tempfile.TemporaryDirectory(prefix="stad-") if state is None else nullcontext() as folder,
    ):
        # Another run may have ended in the meantime.
        check_outputs(options)
        if is_complete(options):
            names = shown([path.name for path in options.outputs().values()])
            print_line(
                f"The run is complete: {names} exist, and nothing is left to resume. Give "
                "--overwrite to annotate again."
            )
            return EXIT_OK
        if state is None:
            return _annotate(options, Path(str(folder)) / "results")
        _begin(options, state)
        return _replacing(options, state)


def _replacing(options: AnnotateOptions, state: Path) -> int:
    """Annotate; until all outputs of earlier runs are replaced, the state file says so.

    Else ``--resume`` would take them for those of this run, if it is interrupted early.
    """
    if not any(path.is_file() and not is_special(path) for path in options.outputs().values()):
        return _annotate(options, state)
    # Imported here: numpy does not delay errors in options.
    from stad.inference.journal import is_begun, mark_begun

    if not state.exists():
        mark_begun(state)
    try:
        code = _annotate(options, state)
    except InputError:
        if is_begun(state):
            state.unlink()
        raise
    except BaseException:
        if not state.exists():
            mark_begun(state)
        raise
    if code == EXIT_INTERRUPTED and not state.exists():
        mark_begun(state)
    return code


def _begin(options: AnnotateOptions, state: Path) -> None:
    """Tell the supervisor what to remove if this process dies, and remove what others left."""
    from stad.outputs.leftovers import remove_leftovers, unfinished_files

    outputs = options.outputs()
    note(
        unfinished=[str(path) for path in unfinished_files(outputs, state)],
        locks=[str(lock_path(path)) for path in outputs.values()],
    )
    remove_leftovers(outputs, state)


def _annotate(options: AnnotateOptions, state: Path) -> int:
    # Opened before torch is imported: a wrong file name must not cost seconds.
    from stad.video.source import VideoSource

    source = VideoSource(options.video, start_sec=options.start_sec, end_sec=options.end_sec)
    log = line_log(quiet=options.quiet)
    setup = _prepare(options, source, log)
    journal = _open_journal(options, source, setup, state, log)
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
    options: AnnotateOptions,
    source: VideoSource,
    setup: AnnotationSetup,
    state: Path,
    log: Callable[[str], None],
) -> Journal:
    from stad.inference.journal import Journal
    from stad.inference.options import InferenceOptions
    from stad.outputs.annotate_files import FREE_FLAGS, run_identity

    inference = InferenceOptions.from_options(options)
    journal = Journal(
        state,
        run_identity(source, inference, setup, boxes=options.boxes),
        resume=options.resume,
        free=FREE_FLAGS,
    )
    if journal.done_sec is not None:
        log(f"resume    after {journal.done_sec:.1f} s of {setup.info.video.name}")
        for flag, (before, now) in journal.changed.items():
            log(f"resume    {flag} was {before} up to there and is {now} from there on")
    return journal


def _run(
    options: AnnotateOptions, source: VideoSource, setup: AnnotationSetup, journal: Journal
) -> int:
    """Write the outputs of the run; Ctrl-C keeps what was written so far."""
    from stad.cli.annotate_report import print_report, progress_bar
    from stad.outputs.annotate_files import annotate_to_files

    run = annotate_to_files(
        source,
        setup,
        journal,
        options.outputs(),
        stopping=StopRequest,
        watched=lambda results: progress_bar(
            results, total=source.expected_frames(), quiet=options.quiet
        ),
        reads_boxes=options.boxes is not None,
    )
    if run.outputs is None:
        print_line("Interrupted before any new frame was processed; existing files are unchanged.")
        return EXIT_INTERRUPTED
    print_report(
        run.annotation,
        run.outputs,
        warnings=[*source.warnings, *run.outputs.warnings],
        interrupted=run.is_stopped,
        resumable=options.state_path() is not None,
        quiet=options.quiet or is_stdout(*options.outputs().values()),
    )
    return EXIT_INTERRUPTED if run.is_stopped else EXIT_OK
