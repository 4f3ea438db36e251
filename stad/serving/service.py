"""Put the parts of the service together: the queue, the workers, the live sources."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stad.errors import InputError
from stad.serving.arrivals import Arrivals
from stad.serving.errors import ServiceError, not_found
from stad.serving.hub import Hub
from stad.serving.jobs import (
    OUTPUTS,
    SOURCE,
    VIDEO_OUTPUT,
    WAITING,
    Job,
    JobState,
    Origin,
    Progress,
)
from stad.serving.live import LiveSources
from stad.serving.metrics import Metrics
from stad.serving.results import ResultFolders
from stad.serving.runner import Runner, WorkerState, progress_values
from stad.serving.settings import ServiceSettings
from stad.serving.store import JobStore

QUEUE = "queue.sqlite"
DAY_SEC = 86400.0
TIDY_SEC = 60.0


class Service:
    """The service without its HTTP interface.

    Args:
        settings: of the service.
        log: takes lines about what happens.

    Raises:
        InputError: the folder cannot be used.
    """

    def __init__(
        self, settings: ServiceSettings, *, log: Callable[[str], None] = lambda _: None
    ) -> None:
        self.settings, self._log = settings, log
        self.folders = ResultFolders(settings)
        self.store = JobStore(settings.folder / QUEUE)
        self.hub, self.metrics = Hub(), Metrics()
        self.live = LiveSources(settings, self.hub, log=log)
        self._progress: dict[str, Progress] = {}
        self.arrivals = Arrivals(
            settings, self.store, self.folders, metrics=self.metrics, on_change=self._arrived
        )
        self._stopping = threading.Event()
        self._tidying = threading.Thread(target=self._tidy, name="tidying", daemon=True)
        self.runners = [
            Runner(
                number,
                settings,
                self.store,
                self.folders,
                metrics=self.metrics,
                on_change=self._changed,
                log=log,
            )
            for number in range(settings.num_workers)
        ]

    def start(self, *, with_workers: bool = True) -> None:
        """Continue what an earlier service left, and start to work."""
        again = self.store.recover()
        self.folders.tidy(self.store.ids_with_files())
        if again:
            self._log(f"continue  {len(again)} interrupted jobs")
        self.arrivals.start()
        self._tidying.start()
        if with_workers:
            for runner in self.runners:
                runner.start()

    def wait_until_ready(self, should_stop: Callable[[], bool]) -> bool:
        """Wait until a worker has its models; return whether one has.

        Raises:
            InputError: no worker can load them.
        """
        while not should_stop():
            if self.is_ready:
                return True
            if all(one.failure for one in self.runners):
                raise InputError(self.runners[0].failure or "")
            time.sleep(0.1)
        return False

    def stop(self) -> None:
        """Stop: what runs is interrupted, and continued by the next service."""
        self._stopping.set()
        self.hub.close()
        for runner in self.runners:
            runner.request_stop()
        self.live.close()
        self.arrivals.close()
        for runner in self.runners:
            runner.join()
        self.store.close()
        self.folders.close()

    @property
    def is_ready(self) -> bool:
        """True if a worker can take jobs."""
        return any(one.state in (WorkerState.READY, WorkerState.WORKING) for one in self.runners)

    def get(self, job_id: str) -> Job:
        """Return a job.

        Raises:
            ServiceError: there is none of this id.
        """
        job = self.store.get(job_id)
        if job is None:
            raise not_found("job")
        return job

    def cancel(self, job_id: str) -> Job:
        """End a job that waits or runs; others stay as they are."""
        self.get(job_id)
        waiting = self.store.cancel(job_id, *WAITING)
        changed = waiting or self.store.cancel(job_id, JobState.RUNNING)
        if waiting is not None:
            # The runner removes the files of a job that it is just working on.
            self.folders.remove(job_id)
        if changed is None:
            return self.get(job_id)
        self.metrics.ended.labels(JobState.CANCELLED.value).inc()
        self._changed(changed, None)
        return changed

    def delete(self, job_id: str) -> None:
        """Delete a job with its files; one that runs is stopped first.

        Raises:
            ServiceError: there is none of this id.
        """
        state = self.store.delete(job_id)
        if state is None:
            raise not_found("job")
        self._progress.pop(job_id, None)
        if state != JobState.RUNNING:
            self.folders.remove(job_id)
        self.hub.publish("removed", job_id, {"id": job_id})

    def values(self, job: Job) -> dict[str, Any]:
        """Return what clients see of a job, as JSON values."""
        progress = self._progress.get(job.id) if job.state == JobState.RUNNING else None
        is_queued = job.state == JobState.QUEUED
        return {
            "id": job.id,
            "number": job.number,
            "name": job.name,
            "origin": job.origin.value,
            "state": job.state.value,
            "message": job.message,
            "size_bytes": job.size_bytes,
            "duration_sec": job.duration_sec,
            "created_at": job.created_at,
            "started_at": job.started_at,
            "finished_at": job.finished_at,
            "tries": job.crashes + 1,
            "num_before": self.store.num_before(job) if is_queued else 0,
            "progress": progress_values(progress),
            "summary": job.summary or None,
            "files": self.files(job),
        }

    def files(self, job: Job) -> dict[str, str]:
        """Return the addresses of the files of a job."""
        if job.state != JobState.DONE:
            return {}
        names = [name for flag, name, _ in OUTPUTS if flag != VIDEO_OUTPUT or job.wants_video]
        return {name: f"/api/jobs/{job.id}/{name}" for name in (*names, SOURCE)}

    def file_of(self, job: Job, name: str) -> Path:
        """Return the path of a file of a job that is done; the name is one of ``files``.

        Raises:
            ServiceError: there is none.
        """
        if name not in self.files(job):
            raise not_found("file")
        path = self.folders.of_job(job.id) / name
        if job.origin == Origin.PATH and name == SOURCE:
            # What the link leads to may have been replaced since.
            path = self.arrivals.find(job.address)
        if not path.is_file():
            raise not_found("file")
        return path

    def health(self) -> dict[str, Any]:
        """Return how the service is, as JSON values."""
        return {
            "status": "ok" if self.is_ready else "not ready",
            "workers": [one.state.value for one in self.runners],
            "waiting": self.store.num_waiting(),
        }

    def update_gauges(self) -> None:
        """Bring the metrics that are states up to date."""
        for state, number in self.store.counts().items():
            self.metrics.jobs.labels(state).set(number)
        states = [one.state for one in self.runners]
        for state in WorkerState:
            self.metrics.workers.labels(state.value).set(states.count(state))
        self.metrics.live.set(self.live.num_watched)
        self.metrics.listeners.set(self.hub.num_listeners)

    def _arrived(self, job: Job) -> None:
        self._changed(job, None)
        for runner in self.runners:
            runner.wake()

    def _changed(self, job: Job, progress: Progress | None) -> None:
        if progress is None:
            self._progress.pop(job.id, None)
        else:
            self._progress[job.id] = progress
        self.hub.publish("job", job.id, self.values(job))

    def _tidy(self) -> None:
        """Delete results that have been kept long enough."""
        while not self._stopping.wait(TIDY_SEC):
            self.delete_old()

    def delete_old(self) -> None:
        """Delete the jobs that ended too long ago."""
        if not self.settings.keep_days:
            return
        for job in self.store.ended_before(time.time() - self.settings.keep_days * DAY_SEC):
            with contextlib.suppress(ServiceError):
                self.delete(job.id)
