"""Do the tasks of a corpus with models that were loaded once."""

from __future__ import annotations

import resource
import socket
from collections.abc import Callable
from fractions import Fraction

from stad.actors.detectors.base import RecallingDetector
from stad.corpus.fetching import Fetcher
from stad.corpus.identity import Video
from stad.corpus.part_files import (
    INDEX,
    PartFiles,
    ResultsError,
    index_arrays,
    read_index,
    write_results,
)
from stad.corpus.schema import VideoResults
from stad.corpus.splits import NotAsIndexedError, find_parts
from stad.corpus.steps import MissingPartError, SplitJob, annotate_whole
from stad.corpus.store import ResultStore
from stad.corpus.tasks import Outcome, Task, TaskFailure, WorkerInfo, WorkerSetup
from stad.corpus.version import results_key
from stad.errors import InputError
from stad.inference.annotation import AnnotationSetup, setup_annotation
from stad.inference.build import build_models
from stad.inference.scoring import remembers
from stad.structures import VideoInfo
from stad.utils.text import first_line
from stad.video.opening import open_video
from stad.video.source import VideoSource
from stad.video.streams import choose_video

# What models are tried out with, before there is a video.
TRIAL_VIDEO = VideoInfo("trial", 1280, 720, Fraction(25), 0, 0.0)
# A video is split if it is this much longer than a part.
SPLIT_RATIO = 1.5
KIB = 1 << 10
GPU_CONTEXT_BYTES = 1 << 30

Report = Callable[[float], object]


class CorpusWorker:
    """Loads the models once, and does one task after another.

    Args:
        setup: of all workers of a run.

    Raises:
        InputError: the models cannot be loaded, or the results not opened.
    """

    def __init__(self, setup: WorkerSetup) -> None:
        self._setup = setup
        self._lines: list[str] = []
        self._store = _open_store(setup)
        size = TRIAL_VIDEO.width_px, TRIAL_VIDEO.height_px
        self._models = build_models(
            setup.options, frame_size=size, progress=False, log=self._lines.append
        )
        trial = self._setup_for(TRIAL_VIDEO)
        self._key = results_key(trial, setup.options, floor=setup.floor)
        self._fetcher = Fetcher()

    def info(self) -> WorkerInfo:
        """Return what the models are and take."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB
        device, lines = self._models.device, tuple(self._lines)
        if not device.startswith("cuda"):
            return WorkerInfo(self._key, device, peak, lines=lines)
        used, free, count = _gpu_room(device)
        num_gpus = count if self._setup.options.device == "auto" else 1
        return WorkerInfo(self._key, device, peak, used, free, num_gpus, lines)

    def do(self, task: Task, *, begin: Report, report: Report) -> Outcome:
        """Do a task.

        Args:
            task: what to do.
            begin: takes the length of what will be read, seconds; 0.0 if it is not known.
            report: takes how many seconds of it are done.

        Raises:
            ResultsError: the results cannot be written.
        """
        try:
            return self._do(task, begin, report)
        except NotAsIndexedError:
            self._files(task.video).remove()
            why = f"{task.video.path} is damaged or has clocks that jump: it is done as a whole"
            return Outcome(task, must_be_whole=why)
        except MissingPartError:
            # Another run joined the video and removed its parts, or they were deleted by hand.
            if self._store.has(self._key, task.video.key):
                return Outcome(task, is_finished=True, is_new=False)
            why = f"The parts of {task.video.path} are gone: it is done as a whole"
            return Outcome(task, must_be_whole=why)
        except InputError as error:
            return Outcome(task, TaskFailure("unreadable", first_line(error)))
        except ResultsError:
            raise
        except Exception as error:
            message = f"{type(error).__name__}: {first_line(error)}"
            return Outcome(task, TaskFailure("error", message))

    def _do(self, task: Task, begin: Report, report: Report) -> Outcome:
        path = str(self._fetcher.path(task.video))
        try:
            source = VideoSource(path, num_threads=self._setup.num_threads)
        except InputError as error:
            kind = "unreadable" if _is_video(path) else "not a video"
            message = first_line(error).replace(path, task.video.path)
            return Outcome(task, TaskFailure(kind, message, is_lasting=True))
        if task.step == "whole":
            return self._do_whole(task, source, begin, report)
        setup = self._setup_for(source.info)
        job = SplitJob.open(task.video, path, setup, self._files(task.video), report)
        num_parts = len(job.split.begins)
        if task.step in ("detect", "score"):
            length_sec = job.split.length_sec(task.part)
            begin(length_sec)
            (job.detect if task.step == "detect" else job.score)(task.part)
            return Outcome(task, video_sec=length_sec)
        begin(source.info.duration_sec)
        if task.step == "windows":
            job.find_windows()
            done = self._files(task.video).numbers("score")
            is_chain = remembers(self._models.scorer)
            return Outcome(task, num_parts=num_parts, done_parts=done, is_chain=is_chain)
        results = job.join(floor=self._setup.floor)
        is_new = self._add(results)
        self._files(task.video).remove()
        return Outcome(task, video_sec=results.video.duration_sec, is_finished=True, is_new=is_new)

    def _do_whole(self, task: Task, source: VideoSource, begin: Report, report: Report) -> Outcome:
        length_sec, split_sec = source.info.duration_sec, self._setup.split_sec
        begin(length_sec)
        if task.may_split and split_sec and length_sec > SPLIT_RATIO * split_sec:
            files = self._files(task.video)
            known = files.read(INDEX)
            index = source.packet_index() if known is None else None
            begins = find_parts(index, split_sec) if known is None else read_index(known)[1]
            if index is not None and begins:
                files.write(INDEX, index_arrays(index, begins))
            if begins:
                return Outcome(
                    task,
                    video_sec=length_sec,
                    num_parts=len(begins),
                    done_parts=files.numbers("detect"),
                    is_chain=isinstance(self._models.detector, RecallingDetector),
                )
        results = annotate_whole(
            task.video,
            source,
            self._setup_for(source.info),
            floor=self._setup.floor,
            report=report,
        )
        return Outcome(
            task,
            video_sec=results.video.duration_sec,
            is_finished=True,
            is_new=self._add(results),
        )

    def _add(self, results: VideoResults) -> bool:
        return write_results(lambda: self._store.add(self._key, results))

    def _files(self, video: Video) -> PartFiles:
        return PartFiles(self._store.place, self._key, video.key)

    def _setup_for(self, video: VideoInfo) -> AnnotationSetup:
        return setup_annotation(video, self._setup.options, self._models, log=lambda text: None)

    def close(self) -> None:
        """Delete temporary files."""
        self._fetcher.forget()


def _open_store(setup: WorkerSetup) -> ResultStore:
    """Open the results; they are there, unless this machine has another disk than the command."""
    try:
        store = ResultStore.open(setup.out, create=not setup.token)
        if not setup.token or store.place.read(setup.token) is not None:
            return store
    except InputError as error:
        reason = str(error)
    else:
        reason = "what is there is not what the command writes to"
    raise InputError(
        f"{setup.out} cannot be used on {socket.gethostname()}: {reason} The machines of a cluster "
        "need a folder that all of them share, or a URL such as s3://bucket/results."
    )


def _is_video(path: str) -> bool:
    """Return whether a file is one of a video, even if it cannot be decoded."""
    try:
        with open_video(path) as container:
            return choose_video(container) is not None
    except InputError:
        return False


def _gpu_room(device: str) -> tuple[int, int, int]:
    """Return the memory that this process takes of a GPU, what is free, and the number of GPUs."""
    import torch

    # The context and the libraries come on top of the networks.
    used = torch.cuda.max_memory_reserved(device) + GPU_CONTEXT_BYTES
    return used, torch.cuda.mem_get_info(device)[0], torch.cuda.device_count()
