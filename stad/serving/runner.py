"""Give the waiting jobs to a worker process, one at a time, in a thread for each worker.

A process of its own, whose models are loaded once: short videos would otherwise wait longer for the
models than for their results, and a video that kills a library kills neither the service nor the
queue. What was found is in the journal of the job, so the next process continues there.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from enum import StrEnum
from typing import Any

from stad.serving.child import Child, ChildGone
from stad.serving.jobs import Job, JobState, Progress
from stad.serving.messages import Broken, Done, Log, Ready, Refused, Stop, Stopped, Task
from stad.serving.metrics import Metrics
from stad.serving.results import ResultFolders
from stad.serving.settings import ServiceSettings
from stad.serving.store import JobStore
from stad.serving.worker import work

POLL_SEC = 0.2
# Models that cannot be loaded any more, as when a GPU is gone, are tried again after a while.
RETRY_SEC = 30.0
# Beyond these times a worker is killed: one that does not stop, and one that is stuck.
STOP_SEC, STUCK_SEC = 20.0, 900.0


class WorkerState(StrEnum):
    """The state of a worker."""

    LOADING = "loading"
    READY = "ready"
    WORKING = "working"
    DOWN = "down"


class Runner:
    """A worker process and the thread that gives it jobs.

    Args:
        number: of the worker, from 0.
        settings: of the service.
        store: of the jobs.
        folders: of the jobs.
        metrics: count what is done.
        on_change: called with a job that has changed, and its progress if it runs.
        log: takes lines.

    Attributes:
        state: of the worker.
        failure: why the models cannot be loaded; None if they can.
    """

    def __init__(
        self,
        number: int,
        settings: ServiceSettings,
        store: JobStore,
        folders: ResultFolders,
        *,
        metrics: Metrics,
        on_change: Callable[[Job, Progress | None], None],
        log: Callable[[str], None],
    ) -> None:
        self._number, self._settings = number, settings
        self._store, self._folders, self._metrics = store, folders, metrics
        self._on_change, self._log = on_change, log
        self._stopping, self._has_work = threading.Event(), threading.Event()
        self._child: Child | None = None
        # A job whose state could not be written.
        self._lost: str | None = None
        self._thread = threading.Thread(target=self._loop, name=f"runner {number}", daemon=True)
        self.state = WorkerState.LOADING
        self.failure: str | None = None

    @property
    def pid(self) -> int | None:
        """Return the number of the worker's process; None if there is none."""
        return None if self._child is None else self._child.pid

    def start(self) -> None:
        """Start the worker."""
        self._thread.start()

    def wake(self) -> None:
        """Look for a job now."""
        self._has_work.set()

    def request_stop(self) -> None:
        """Begin to stop: a job that runs is interrupted, and will be continued."""
        self._stopping.set()
        self._has_work.set()

    def join(self) -> None:
        """Wait until the worker has stopped."""
        if self._thread.ident is not None:
            self._thread.join()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._lost is not None:
                    self._store.requeue(self._lost)
                    self._lost = None
                if self._child is None and not self._open():
                    self._stopping.wait(RETRY_SEC)
                    continue
                self._next()
            except ChildGone as gone:
                if not self._stopping.is_set():
                    self._log(f"worker {self._number} {gone}; it is started again")
                self._close()
            except sqlite3.Error as error:
                # The disk is full, or gone: the job of this worker waits until that has changed.
                self._log(f"worker {self._number}: the queue cannot be used ({error})")
                self._close()
                self._stopping.wait(RETRY_SEC)
        if self._child is not None:
            self._child.stop()
            self._child = None

    def _open(self) -> bool:
        """Start the process and wait for its models; return whether it has them."""
        self.state = WorkerState.LOADING
        self._child = Child(
            work,
            self._settings.inference,
            self._settings.num_workers,
            name=f"stad-worker-{self._number}",
        )
        reason = "was stopped"
        while not self._stopping.is_set():
            try:
                message = self._child.receive(POLL_SEC)
            except ChildGone as gone:
                reason = f"The process that loads the models {gone}."
                break
            if isinstance(message, Ready):
                self.state, self.failure = WorkerState.READY, None
                return True
            if isinstance(message, Log):
                self._log(message.text)
            elif isinstance(message, Refused | Broken):
                reason = message.message if isinstance(message, Refused) else message.reason
                break
        self._close()
        self.state, self.failure = WorkerState.DOWN, reason
        if not self._stopping.is_set():
            self._log(f"worker {self._number}: {reason}")
        return False

    def _close(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None

    def _next(self) -> None:
        """Run the next job, if there is one."""
        assert self._child is not None
        self._has_work.clear()
        job = self._store.claim()
        if job is None:
            self._has_work.wait(POLL_SEC * 5)
            # This notes a process that has ended meanwhile.
            self._child.receive(0)
            return
        self.state, self._lost = WorkerState.WORKING, job.id
        self._on_change(job, None)
        try:
            self._run(self._child, job)
            self.state, self._lost = WorkerState.READY, None
        except ChildGone as gone:
            self._note_death(job, str(gone))
            raise

    def _note_death(self, job: Job, reason: str) -> None:
        """Note that the worker died of a job, or at the end of the service."""
        # A signal to all processes of the service may reach the worker first.
        if self._stopping.wait(POLL_SEC * 2):
            changed = self._store.requeue(job.id)
        else:
            self._metrics.worker_crashes.inc()
            changed = self._store.crashed(job.id, reason)
        self._lost = None
        self._end(job, changed)

    def _run(self, child: Child, job: Job) -> None:
        """Let the worker annotate a video, until it has, or must stop."""
        child.send(
            Task(
                folder=self._folders.of_job(job.id),
                name=job.name,
                wants_video=job.wants_video,
                max_length_sec=self._settings.max_length_sec,
            )
        )
        asked_sec, heard_sec = None, time.monotonic()
        while True:
            message = child.receive(POLL_SEC)
            now_sec = time.monotonic()
            if isinstance(message, Progress):
                heard_sec = now_sec
                self._on_change(job, message)
            elif message is not None:
                self._take(job, message)
                return
            if asked_sec is None and (order := self._order(job)) is not None:
                child.send(order)
                asked_sec = now_sec
            is_slow = asked_sec is not None and now_sec - asked_sec > STOP_SEC
            if is_slow or now_sec - heard_sec > STUCK_SEC:
                child.kill()
                raise ChildGone("did not stop" if is_slow else "was stuck and was ended")

    def _order(self, job: Job) -> Stop | None:
        """Return what the worker should do instead of going on; None if it should go on."""
        if self._stopping.is_set():
            return Stop(drop=False)
        current = self._store.get(job.id)
        is_wanted = current is not None and current.state == JobState.RUNNING
        return None if is_wanted else Stop(drop=True)

    def _take(self, job: Job, message: Any) -> None:
        """Take the last word of a worker about a job."""
        if isinstance(message, Done):
            facts: dict[str, Any] = {"policy": message.policy, "summary": message.summary}
            changed = self._store.finish(job.id, JobState.DONE, **facts)
            self._metrics.frames.inc(message.summary["num_frames"])
        elif isinstance(message, Refused):
            changed = self._store.finish(job.id, JobState.FAILED, message=message.message)
        elif isinstance(message, Broken):
            raise ChildGone(f"failed ({message.reason})")
        else:
            assert isinstance(message, Stopped)
            changed = self._store.requeue(job.id)
        self._end(job, changed)

    def _end(self, job: Job, changed: Job | None) -> None:
        if changed is None:
            # It was cancelled or deleted meanwhile.
            self._folders.remove(job.id)
            return
        if changed.state != JobState.QUEUED:
            self._metrics.ended.labels(changed.state.value).inc()
        if changed.state == JobState.FAILED:
            self._folders.remove(job.id)
        if changed.state == JobState.DONE and changed.started_at and changed.finished_at:
            self._metrics.job_seconds.observe(changed.finished_at - changed.started_at)
            self._metrics.video_seconds.inc(changed.duration_sec)
        self._on_change(changed, None)


def progress_values(progress: Progress | None) -> dict[str, Any] | None:
    """Return the progress as JSON values."""
    if progress is None:
        return None
    return {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in asdict(progress).items()
    }
