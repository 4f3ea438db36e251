"""Measure how much video a core gets through in a corpus, by its steps."""

from __future__ import annotations

import resource
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stad.corpus.identity import identify
from stad.corpus.tasks import Task, WorkerSetup
from stad.corpus.videos import list_files
from stad.corpus.worker import CorpusWorker
from stad.inference.options import InferenceOptions
from stad.video.source import VideoSource

GIB = 1 << 30
KIB = 1 << 10


@dataclass(frozen=True)
class Speed:
    """The time and memory that a video took.

    Attributes:
        name: of what was done.
        video_sec: length of the video, seconds.
        core_sec: time of the processor, of all threads, seconds.
        peak_bytes: memory of the process so far.
    """

    name: str
    video_sec: float
    core_sec: float
    peak_bytes: int

    @property
    def hours(self) -> float:
        """Hours of video in an hour of one core."""
        return self.video_sec / self.core_sec

    def row(self) -> str:
        """Return the row of a table."""
        return (
            f"| {self.name} | {self.video_sec:.1f} | {self.core_sec:.1f} | {self.hours:.2f} | "
            f"{self.peak_bytes / GIB:.1f} |"
        )


HEAD = (
    "| what | video, s | core, s | hours of video per core-hour | memory, GiB |",
    "|---|---:|---:|---:|---:|",
)


def measure_decoding(path: Path) -> Speed:
    """Return what decoding a video into RGB frames takes."""
    source = VideoSource(path, num_threads=1)
    began_sec = time.process_time()
    count = sum(1 for _ in source.frames())
    video_sec = count / float(source.info.fps)
    width, height = source.info.width_px, source.info.height_px
    return _speed(f"decoding {source.codec_name} {width}x{height}", video_sec, began_sec)


def measure_model(path: Path, options: InferenceOptions, *, part_sec: float = 0.0) -> Speed:
    """Return what annotating a video takes, after the models are loaded and warm.

    Args:
        path: of the video.
        options: of the models.
        part_sec: length of the parts that it is split into, seconds; 0 for none.
    """
    folder = Path(tempfile.mkdtemp(prefix="bench-corpus-"))
    try:
        worker = CorpusWorker(WorkerSetup(options, str(folder), part_sec, 1, 0.05))
        (video,) = identify(list_files([str(path)]))
        began_sec = time.process_time()
        video_sec = _work(worker, video)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    detector = options.detector or "the best detector"
    name = f"{options.model or 'the default'}, {detector}"
    if part_sec:
        name += f", in parts of {part_sec:g} s"
    return _speed(name, video_sec, began_sec)


def _work(worker: CorpusWorker, video) -> float:
    """Do all steps of a video; return its length, seconds."""

    def do(step: str, part: int = 0):
        outcome = worker.do(
            Task(video, step, part), begin=lambda sec: None, report=lambda sec: None
        )
        assert outcome.failure is None, outcome.failure
        return outcome

    outcome = do("whole")
    if not outcome.is_finished:
        for step, after in (("detect", "windows"), ("score", "join")):
            for part in range(outcome.num_parts):
                do(step, part)
            joined = do(after)
        outcome = joined
    return outcome.video_sec


def _speed(name: str, video_sec: float, began_sec: float) -> Speed:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB
    return Speed(name, video_sec, time.process_time() - began_sec, peak)


def report(speeds: Sequence[Speed]) -> str:
    """Return a table in Markdown."""
    return "\n".join([*HEAD, *(one.row() for one in speeds)])
