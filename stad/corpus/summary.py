"""Count what a run does, and show it."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable

from tqdm import tqdm

from stad.corpus.identity import Video
from stad.corpus.tasks import Outcome, Task
from stad.errors import one_line

FORMAT = "corpus {percentage:3.0f}%|{bar}| {desc}"
# A log file gets a line as often as this.
LINE_SEC = 60.0
# Detecting and scoring read a split video once each.
PART_RATIO = 0.5
HOUR_SEC = 3600.0
PARTS = ("detect", "score")


class Summary:
    """Counts of what became of the videos of a run.

    Args:
        num_files: that the command named.
        videos: each content once.
        done_before: how many of them had results already.
        todo: what is left to do.

    Attributes:
        num_done: finished by this run.
        done_elsewhere: finished by another run meanwhile.
        failed: number of failures by their kind.
        video_sec: length of the videos and parts that were done, seconds.
    """

    def __init__(
        self, *, num_files: int, videos: Iterable[Video], done_before: int, todo: Iterable[Video]
    ) -> None:
        videos, todo = list(videos), list(todo)
        self.num_files, self.num_videos = num_files, len(videos)
        self.num_copies = sum(len(one.copies) for one in videos)
        self.done_before = done_before
        self.num_todo = len(todo)
        self.total_bytes = sum(one.size_bytes for one in todo)
        # A file that is not a video may be of any size and takes no time.
        self.done_bytes = self._finished_bytes = 0
        self.num_done = self.done_elsewhere = 0
        self.failed: Counter[str] = Counter()
        self._finished_sec = 0.0
        self._parts_sec: dict[str, float] = {}
        self._running_sec = 0.0
        self._began_sec = time.monotonic()

    def begin(self) -> None:
        """Start the clock: the workers are ready."""
        self._began_sec = time.monotonic()

    def add(self, outcome: Outcome) -> None:
        """Count what came of a task, other than a failure."""
        video = outcome.task.video
        if outcome.failure is not None:
            return
        if outcome.is_finished:
            self._parts_sec.pop(video.key, None)
            self.done_bytes += video.size_bytes
            self._finished_bytes += video.size_bytes
            self.num_done += outcome.is_new
            self.done_elsewhere += not outcome.is_new
            self._finished_sec += outcome.video_sec
        elif outcome.task.step in PARTS:
            done_sec = self._parts_sec.get(video.key, 0.0)
            self._parts_sec[video.key] = done_sec + PART_RATIO * outcome.video_sec

    def add_elsewhere(self, video: Video) -> None:
        """Count a video that another run has finished."""
        self.done_elsewhere += 1
        self.done_bytes += video.size_bytes

    def add_failure(self, video: Video, kind: str) -> None:
        """Count a video that is given up."""
        self._parts_sec.pop(video.key, None)
        self.failed[kind] += 1
        self.done_bytes += video.size_bytes

    def set_running(self, running: Iterable[tuple[Task, float]]) -> None:
        """Note how far the running tasks are."""
        weights = {"whole": 1.0, "detect": PART_RATIO, "score": PART_RATIO}
        self._running_sec = sum(sec * weights.get(task.step, 0.0) for task, sec in running)

    @property
    def num_failed(self) -> int:
        """Number of videos that were given up."""
        return sum(self.failed.values())

    @property
    def video_sec(self) -> float:
        """Length of video that this run has got through, seconds."""
        return self._finished_sec + sum(self._parts_sec.values()) + self._running_sec

    @property
    def elapsed_sec(self) -> float:
        """Time since the workers were ready, seconds."""
        return time.monotonic() - self._began_sec

    @property
    def left_sec(self) -> float | None:
        """Estimate of the time until the end by the sizes of the files, seconds."""
        if not self._finished_bytes:
            return None
        return self.elapsed_sec * (self.total_bytes - self.done_bytes) / self._finished_bytes

    def line(self, num_workers: int) -> str:
        """Return the state in one line."""
        left = self.left_sec
        ended = self.num_done + self.done_elsewhere + self.num_failed
        return ", ".join(
            [
                f"{ended}/{self.num_todo} videos",
                self._rate(),
                f"{self.num_failed} failed",
                f"{num_workers} workers",
                "time left ?" if left is None else f"time left {tqdm.format_interval(left)}",
            ]
        )

    def _rate(self) -> str:
        hours = self.video_sec / HOUR_SEC
        rate = hours / max(self.elapsed_sec / HOUR_SEC, 1e-9)
        return f"{hours:.2f} h of video, {rate:.1f} h/h"

    def report(self, *, interrupted: bool) -> list[str]:
        """Return the lines that say what became of everything; nothing runs any more."""
        self._running_sec = 0.0
        left = self.num_todo - self.num_done - self.done_elsewhere - self.num_failed
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.failed.items()))
        rows = [
            ("files", self.num_files, ""),
            ("copies", self.num_copies, "same content as another file"),
            ("videos", self.num_videos, ""),
            ("known", self.done_before, "done before"),
            ("done", self.num_done, f"{self._rate()}, {tqdm.format_interval(self.elapsed_sec)}"),
            ("others", self.done_elsewhere, "done by another run meanwhile"),
            ("failed", self.num_failed, f"{kinds}; see the table of failures"),
            ("left", left, "run the same command to continue" if interrupted else ""),
        ]
        always = ("files", "videos", "done")
        return [
            f"{name:<9} {count}" + (f"  ({note})" if note and count else "")
            for name, count, note in rows
            if count or name in always
        ]


class SummaryBar:
    """A progress bar on a terminal; elsewhere a line a minute.

    Args:
        summary: what it shows.
        quiet: show nothing but what goes wrong.
    """

    def __init__(self, summary: Summary, *, quiet: bool) -> None:
        self._summary, self._quiet = summary, quiet
        self._is_terminal = sys.stderr.isatty()
        self._bar = tqdm(
            total=max(summary.total_bytes, 1),
            bar_format=FORMAT,
            dynamic_ncols=True,
            disable=quiet or not self._is_terminal,
        )
        self._line_sec = time.monotonic()

    def show(self, num_workers: int) -> None:
        """Show the state."""
        line = self._summary.line(num_workers)
        self._bar.n = self._summary.done_bytes
        self._bar.set_description_str(line)
        is_due = time.monotonic() - self._line_sec > LINE_SEC
        if is_due and not self._is_terminal and not self._quiet:
            self._line_sec = time.monotonic()
            self.write(line)

    def write(self, text: str) -> None:
        """Print a line above the bar; line ends in it come from names."""
        self._bar.write(one_line(text), file=sys.stderr)

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.close()
