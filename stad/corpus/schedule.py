"""Decide what is done next, what is tried again, and what has failed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from stad.corpus.identity import Video
from stad.corpus.tasks import Outcome, Task, TaskFailure

# How often a task may be lost with its machine: on cheap ones that is nothing unusual.
MAX_LOSSES = 10
# The step after the parts of a step.
NEXT = {"detect": "windows", "score": "join"}


@dataclass
class _Split:
    """The parts of a video that are not done yet.

    Attributes:
        missing: their numbers.
        waiting: those of them that wait for others.
    """

    missing: set[int]
    waiting: deque[int] = field(default_factory=deque)


class Schedule:
    """The tasks of a run; see ``TaskQueue``.

    Videos that were begun are finished before others begin. A task that fails is tried again, but
    not at once: first come those that wait.

    Args:
        videos: to do, in order.
        max_tries: of a task.
        is_taken: whether another run works on the video of a key; it is left for the end.
        is_done: whether the video of a key has results; asked about videos that were left.
    """

    def __init__(
        self,
        videos: Iterable[Video],
        *,
        max_tries: int,
        is_taken: Callable[[str], bool] = lambda key: False,
        is_done: Callable[[str], bool] = lambda key: False,
    ) -> None:
        self._new = deque(videos)
        self._max_tries = max_tries
        self._is_taken, self._is_done = is_taken, is_done
        self._left: deque[Video] = deque()
        self._ready: deque[Task] = deque()
        self._again: deque[Task] = deque()
        self._running: dict[tuple[str, str, int], Task] = {}
        self._tries: dict[tuple[str, str, int], int] = {}
        self._losses: dict[tuple[str, str, int], int] = {}
        self._splits: dict[str, _Split] = {}
        self._failed: set[str] = set()
        # Videos that must not be split: what their parts still say does not count.
        self._whole: set[str] = set()
        self.done_elsewhere: list[Video] = []

    @property
    def num_waiting(self) -> int:
        """Number of tasks that could be taken now; see ``TaskQueue``."""
        return len(self._ready) + len(self._new) + len(self._again)

    @property
    def is_over(self) -> bool:
        """True if all videos are done or have failed; see ``TaskQueue``."""
        return not (self.num_waiting or self._left or self._running or self._splits)

    @property
    def held(self) -> list[str]:
        """The keys of the videos that were begun and are not finished."""
        return [*(key for key, _, _ in self._running), *self._splits]

    def take(self) -> Task | None:
        """Return the next task; see ``TaskQueue``."""
        task = self._next()
        if task is not None:
            self._running[task.name] = task
        return task

    def _next(self) -> Task | None:
        if self._ready:
            return self._ready.popleft()
        while self._new:
            video = self._new.popleft()
            if not self._is_taken(video.key):
                return Task(video)
            self._left.append(video)
        if self._again:
            return self._again.popleft()
        for _ in range(len(self._left)):
            video = self._left.popleft()
            if self._is_taken(video.key):
                self._left.append(video)
            elif self._is_done(video.key):
                self.done_elsewhere.append(video)
            else:
                return Task(video)
        return None

    def settle(self, outcome: Outcome) -> TaskFailure | None:
        """Take in what came of a task; return the failure if the video is given up now.

        Args:
            outcome: of a task that was taken.
        """
        task = outcome.task
        self._running.pop(task.name, None)
        key = task.video.key
        if key in self._failed or (key in self._whole and task.step != "whole"):
            return None
        if outcome.failure is not None:
            return self._fail(task, outcome.failure)
        if outcome.must_be_whole:
            self._drop(key)
            self._whole.add(key)
            self._ready.append(Task(task.video, may_split=False))
        elif outcome.is_finished:
            self._drop(key)
        elif task.step in NEXT:
            self._settle_part(task)
        else:
            self._begin_parts(task, outcome)
        return None

    def num_tries(self, task: Task) -> int:
        """Return how often a task has failed."""
        return self._tries.get(task.name, 0) + self._losses.get(task.name, 0)

    def _fail(self, task: Task, failure: TaskFailure) -> TaskFailure | None:
        counts = self._losses if failure.is_from_outside else self._tries
        tries = counts[task.name] = counts.get(task.name, 0) + 1
        max_tries = MAX_LOSSES if failure.is_from_outside else self._max_tries
        if not failure.is_lasting and tries < max_tries:
            self._again.append(task)
            return None
        self._drop(task.video.key)
        self._failed.add(task.video.key)
        return failure

    def _drop(self, key: str) -> None:
        """Forget the parts of a video that have not begun."""
        self._splits.pop(key, None)
        self._ready = deque(one for one in self._ready if one.video.key != key)
        self._again = deque(one for one in self._again if one.video.key != key)

    def _begin_parts(self, task: Task, outcome: Outcome) -> None:
        step = "detect" if task.step == "whole" else "score"
        missing = sorted(set(range(outcome.num_parts)) - set(outcome.done_parts))
        if not missing:
            self._splits[task.video.key] = _Split({0})
            self._settle_part(replace(task, step=step, part=0))
            return
        split = self._splits[task.video.key] = _Split(set(missing))
        if outcome.is_chain:
            split.waiting.extend(missing[1:])
            missing = missing[:1]
        self._ready.extend(replace(task, step=step, part=one) for one in missing)

    def _settle_part(self, task: Task) -> None:
        split = self._splits.get(task.video.key)
        if split is None:
            return
        split.missing.discard(task.part)
        if split.waiting:
            self._ready.append(replace(task, part=split.waiting.popleft()))
        elif not split.missing:
            self._ready.append(replace(task, step=NEXT[task.step], part=0))
