"""Annotate videos one after the other, with models that are loaded once: the worker's process."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from stad.errors import InputError
from stad.inference.options import InferenceOptions
from stad.serving.child import Inbox
from stad.serving.jobs import JOURNAL, SOURCE, Progress, output_paths
from stad.serving.messages import Broken, Done, Log, Ready, Refused, Stop, Stopped, Task
from stad.serving.meter import Meter
from stad.serving.probe import check_content, shown_message, too_long

if TYPE_CHECKING:
    from stad.inference.annotation import AnnotationSetup
    from stad.inference.build import ModelBundle
    from stad.inference.journal import Journal
    from stad.outputs.annotate_files import WrittenRun
    from stad.structures import FramedResult
    from stad.video.source import VideoSource

# Videos come in any size; the models are tried with this one.
USUAL_SIZE = (1280, 720)
TOP_LABELS = 5


class Dropped(Exception):
    """The work on a video is not wanted any more."""


class Orders:
    """The wishes of the service: the next task, or a stop of this one.

    Args:
        pipe: the worker's end.
    """

    def __init__(self, pipe: Connection) -> None:
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._is_busy = self._is_ended = self._pauses = self.drops = False
        signal.signal(signal.SIGTERM, self._on_signal)
        Inbox(pipe, on_message=self._take)

    @property
    def requested(self) -> bool:
        """True if the work on the video should stop, to be continued later."""
        return self._pauses or self._is_ended

    def next_task(self) -> Task | None:
        """Wait for a task; None if there will be none."""
        self._is_busy = False
        task = None if self._is_ended else self._tasks.get()
        self._pauses = self.drops = False
        self._is_busy = True
        return task

    def _take(self, message: Task | Stop | None) -> None:
        if isinstance(message, Task):
            self._tasks.put(message)
        elif isinstance(message, Stop):
            self._pauses, self.drops = not message.drop, message.drop
        else:
            self._is_ended = True
            self._tasks.put(None)

    def _on_signal(self, number: int, _frame: object) -> None:
        self._is_ended = True
        if not self._is_busy:
            sys.exit(128 + number)


def work(pipe: Connection, options: InferenceOptions, num_workers: int) -> None:
    """Load the models, then annotate what the service sends.

    Args:
        pipe: to the service.
        options: of all annotations.
        num_workers: processes that share the machine.
    """
    orders = Orders(pipe)
    try:
        try:
            models = load_models(
                options, num_workers=num_workers, log=lambda text: pipe.send(Log(text))
            )
        except InputError as error:
            pipe.send(Refused(str(error)))
            return
        pipe.send(Ready())
        while (task := orders.next_task()) is not None:
            pipe.send(run_task(task, options, models, orders=orders, report=pipe.send))
    except BrokenPipeError:
        # The service has ended.
        return
    except Exception as error:
        pipe.send(Broken(f"{type(error).__name__}: {str(error)[:500]}"))
        raise


def load_models(
    options: InferenceOptions, *, num_workers: int, log: Callable[[str], None]
) -> ModelBundle:
    """Load the models for videos of any size.

    Raises:
        InputError: a model or an option cannot be used.
    """
    import torch

    from stad.actors.tracker_options import choose_tracker
    from stad.inference.build import build_models

    if num_workers > 1:
        torch.set_num_threads(max(1, (os.cpu_count() or 1) // num_workers))
    choose_tracker(options.tracker, options.tracker_options, memory_sec=options.track_memory_sec)
    return build_models(options, frame_size=_frame_size(options), progress=False, log=log)


def _frame_size(options: InferenceOptions) -> tuple[int, int]:
    """Return (width, height) of frames that the model takes, pixels."""
    from stad.inference.exported_card import read_card
    from stad.inference.exported_files import is_exported

    size = None
    if options.model is not None and is_exported(options.model):
        size = read_card(Path(options.model)).clip_size
    return USUAL_SIZE if size is None else (size[0], size[1])


def run_task(
    task: Task,
    options: InferenceOptions,
    models: ModelBundle,
    *,
    orders: Orders,
    report: Callable[[Progress], None],
) -> Done | Refused | Stopped:
    """Annotate a video, from where an earlier run was interrupted.

    Args:
        task: the video.
        options: of the run.
        models: as ``load_models`` returns them.
        orders: say when to stop.
        report: takes the progress, a few times a second.
    """
    path = task.folder / SOURCE
    try:
        with _alone_in(task.folder):
            check_content(path, name=task.name, max_length_sec=task.max_length_sec)
            run, source = _annotate(task, options, models, orders=orders, report=report)
    except Dropped:
        return Stopped()
    except InputError as error:
        return Refused(shown_message(error, path, task.name))
    if run.is_stopped or run.outputs is None:
        return Stopped()
    return Done(_page_policy(task), _summary(run, source))


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Wait for the worker of a service that was killed: it still writes what it has.

    Raises:
        InputError: there is no such folder.
    """
    try:
        number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise InputError("The files of the job are not there any more.") from error
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)


def _annotate(
    task: Task,
    options: InferenceOptions,
    models: ModelBundle,
    *,
    orders: Orders,
    report: Callable[[Progress], None],
) -> tuple[WrittenRun, VideoSource]:
    from stad.inference.annotation import setup_annotation
    from stad.outputs.annotate_files import annotate_to_files
    from stad.outputs.leftovers import remove_leftovers
    from stad.video.source import VideoSource

    source = VideoSource(task.folder / SOURCE)
    info = replace(source.info, name=task.name)
    setup = setup_annotation(info, options, models, log=lambda _: None)
    paths = output_paths(task.folder, with_video=task.wants_video)
    remove_leftovers(paths, task.folder / JOURNAL)
    journal = _open_journal(task.folder / JOURNAL, source, options, setup)

    @contextmanager
    def stopping() -> Iterator[Orders]:
        yield orders

    def watched(results: Iterable[FramedResult]) -> Iterator[FramedResult]:
        meter = Meter(source.expected_frames())
        for result in results:
            if orders.drops:
                raise Dropped
            if result.time_sec > task.max_length_sec + 1:
                raise too_long(task.name, result.time_sec, task.max_length_sec)
            if (progress := meter.count()) is not None:
                report(progress)
            yield result

    try:
        run = annotate_to_files(
            source,
            setup,
            journal,
            paths,
            stopping=stopping,
            watched=watched,
        )
    finally:
        journal.close()
    return run, source


def _open_journal(
    path: Path, source: VideoSource, options: InferenceOptions, setup: AnnotationSetup
) -> Journal:
    from stad.inference.journal import Journal
    from stad.outputs.annotate_files import FREE_FLAGS, run_identity

    identity = run_identity(source, options, setup)
    try:
        return Journal(path, identity, resume=True, free=FREE_FLAGS)
    except InputError:
        # The service was started with another model or other options since, or the file is damaged.
        path.unlink(missing_ok=True)
        return Journal(path, identity, resume=True, free=FREE_FLAGS)


def _page_policy(task: Task) -> str:
    from stad.outputs.page import content_policy

    page = output_paths(task.folder, with_video=False)["--html"]
    return content_policy(page.read_text(encoding="utf-8"))


def _summary(run: WrittenRun, source: VideoSource) -> dict[str, Any]:
    """Return what was found, as JSON values."""
    outputs, annotation = run.outputs, run.annotation
    assert outputs is not None
    lengths: dict[str, float] = defaultdict(float)
    segments = annotation.segments
    for one in segments:
        lengths[annotation.class_names[one.class_index]] += one.end_sec - one.start_sec
    longest = sorted(lengths.items(), key=lambda one: -one[1])
    return {
        "num_frames": outputs.num_frames,
        "num_people": outputs.num_actors,
        "num_segments": len(segments),
        "labels": [{"label": name, "seconds": round(sec, 2)} for name, sec in longest[:TOP_LABELS]],
        "warnings": [*source.warnings, *outputs.warnings],
    }
