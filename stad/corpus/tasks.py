"""Define the tasks that workers do, what comes of them, and who runs them.

A video is one task ('whole'), or, if it is long, several: parts detect people ('detect'), one task
follows them and chooses the windows ('windows'), parts score these ('score'), and one task joins
everything ('join'). See ``stad.corpus.splits``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from stad.corpus.identity import Video
from stad.inference.options import InferenceOptions

Step = Literal["whole", "detect", "windows", "score", "join"]
STEPS = ("whole", "detect", "windows", "score", "join")


@dataclass(frozen=True)
class WorkerSetup:
    """The setup of every worker of a run.

    Attributes:
        options: of the models and the pipeline; with absolute paths.
        out: folder or URL of the results.
        split_sec: longer videos are split into parts of about this length, seconds; 0 for never.
        num_threads: of a worker.
        floor: minimum score of keyframes that are kept, in [0, 1].
        token: name of a file in the results, by which a worker knows that they are the same ones.
    """

    options: InferenceOptions
    out: str
    split_sec: float
    num_threads: int
    floor: float
    token: str = ""


@dataclass(frozen=True)
class WorkerInfo:
    """Facts that a worker reports when its models are loaded.

    Attributes:
        model_key: of the results, see ``stad.corpus.schema.model_key``.
        device: where the action model runs.
        memory_bytes: of the process.
        gpu_bytes: memory of the GPU that it uses; 0 on a CPU.
        gpu_free_bytes: memory of its GPU that is free.
        num_gpus: of the machine that the work may be given to; 0 on a CPU.
        lines: what was chosen, for users.
    """

    model_key: str
    device: str
    memory_bytes: int
    gpu_bytes: int = 0
    gpu_free_bytes: int = 0
    num_gpus: int = 0
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """A piece of work.

    Attributes:
        video: it belongs to.
        step: what to do.
        part: number of the part, for 'detect' and 'score'.
        may_split: False if the video must be done as a whole.
    """

    video: Video
    step: Step = "whole"
    part: int = 0
    may_split: bool = True

    @property
    def name(self) -> tuple[str, str, int]:
        """Key, step and part, which tell it from others."""
        return self.video.key, self.step, self.part


@dataclass(frozen=True)
class TaskFailure:
    """The reason why a task gave nothing.

    Attributes:
        kind: 'unreadable', 'timeout', 'crash' ...
        message: for a person to read.
        is_lasting: another try would end in the same way.
        is_from_outside: the video has nothing to do with it, as when a machine is switched off.
    """

    kind: str
    message: str
    is_lasting: bool = False
    is_from_outside: bool = False


@dataclass(frozen=True)
class Outcome:
    """The end of a task.

    Attributes:
        task: that ended.
        failure: None if it succeeded.
        video_sec: length of the video or of the part, seconds; 0.0 if it is not known.
        is_finished: the video has its results.
        num_parts: of the next step of a split video.
        done_parts: parts of the next step that an earlier run did.
        is_chain: the parts of the next step follow one another.
        is_new: False if another run finished the video meanwhile.
        must_be_whole: the video turned out to be one that cannot be split, and why.
        worker: number of the worker, for messages.
    """

    task: Task
    failure: TaskFailure | None = None
    video_sec: float = 0.0
    is_finished: bool = False
    num_parts: int = 0
    done_parts: tuple[int, ...] = ()
    is_chain: bool = False
    is_new: bool = True
    must_be_whole: str = ""
    worker: int = -1


@dataclass(frozen=True)
class Progress:
    """The state of an executor.

    Attributes:
        num_workers: that are ready.
        running: the tasks, with the seconds of video that they have done.
        lines: what happened, for users.
    """

    num_workers: int = 0
    running: tuple[tuple[Task, float], ...] = ()
    lines: tuple[str, ...] = ()


class TaskQueue(Protocol):
    """Gives tasks to an executor."""

    def take(self) -> Task | None:
        """Return the next task; None if there is none now."""
        ...

    @property
    def num_waiting(self) -> int:
        """Number of tasks that could be taken now."""
        ...

    @property
    def is_over(self) -> bool:
        """True if no more tasks will come, once those that were taken have ended."""
        ...


class Executor(Protocol):
    """Runs tasks in workers that keep their models loaded."""

    def start(self) -> WorkerInfo:
        """Start the first worker and return what it says.

        Raises:
            InputError: the models cannot be loaded.
        """
        ...

    def run(self, tasks: TaskQueue) -> Iterator[Outcome | Progress]:
        """Run tasks until the queue is over; yields at intervals, also when nothing ended.

        Each task that was taken comes back in one outcome. The caller gives outcomes to the queue
        before it asks for the next.
        """
        ...

    def close(self) -> None:
        """End all workers at once; what they were doing is lost."""
        ...
