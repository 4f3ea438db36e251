"""Take in videos: uploads, files in a folder of the service, and URLs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

from stad.errors import InputError
from stad.serving.addresses import split_url
from stad.serving.errors import ServiceError, not_found, too_many
from stad.serving.fetching import Unwanted, fetch
from stad.serving.intake import UploadSlots, shown_name
from stad.serving.jobs import Job, JobState, Origin, new_id
from stad.serving.metrics import Metrics
from stad.serving.probe import Prober, VideoFacts
from stad.serving.results import ResultFolders
from stad.serving.settings import ServiceSettings
from stad.serving.store import JobStore

# What a waiting client is told while no job has ended yet, and the limits of what it is told.
USUAL_SEC, MIN_RETRY_SEC, MAX_RETRY_SEC = 30.0, 2.0, 600.0
# Videos of URLs that are fetched at once.
NUM_FETCHES = 2


class Arrivals:
    """Makes jobs of videos, once each has been looked at.

    Args:
        settings: of the service.
        store: of the jobs.
        folders: of the jobs.
        metrics: count what comes.
        on_change: called with a job that has come, or has failed to.

    Attributes:
        slots: limit the uploads at once.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        store: JobStore,
        folders: ResultFolders,
        *,
        metrics: Metrics,
        on_change: Callable[[Job], None],
    ) -> None:
        self._settings, self._store, self._folders = settings, store, folders
        self._metrics, self._on_change = metrics, on_change
        self._prober = Prober(max_length_sec=settings.max_length_sec)
        self._fetcher = ThreadPoolExecutor(NUM_FETCHES, thread_name_prefix="fetch")
        self._stopping = threading.Event()
        self.slots = UploadSlots(settings.max_uploads)

    def start(self) -> None:
        """Fetch what an earlier service did not."""
        for job in self._store.in_state(JobState.FETCHING):
            self._fetcher.submit(self._fetch, job.id)

    def close(self) -> None:
        """Stop fetching; the next service begins again with it."""
        self._stopping.set()
        self._fetcher.shutdown(wait=True, cancel_futures=True)
        self._prober.close()

    def check_room(self) -> None:
        """Raise ServiceError if the queue is full."""
        waiting = self._store.num_waiting() + self.slots.num_taken
        if waiting >= self._settings.max_queue:
            raise self._full()

    def _full(self) -> ServiceError:
        usual_sec = self._store.usual_sec() or USUAL_SEC
        wait_sec = usual_sec / self._settings.num_workers
        return too_many(
            f"{self._settings.max_queue} videos are waiting, which is the limit. Come back later.",
            retry_sec=min(max(wait_sec, MIN_RETRY_SEC), MAX_RETRY_SEC),
        )

    def upload(self, upload: Path, *, name: str, size_bytes: int, wants_video: bool) -> Job:
        """Make a job of a file that has come.

        Raises:
            InputError: it is not a video that the service takes.
            ServiceError: the queue is full.
        """
        self._metrics.received_bytes.inc(size_bytes)
        job = Job(
            id=new_id(),
            name=name,
            wants_video=wants_video,
            size_bytes=size_bytes,
            created_at=time.time(),
        )
        video = self._folders.keep(upload, job.id)
        return self._add_checked(job, video)

    def path(self, path: str, *, name: str | None, wants_video: bool) -> Job:
        """Make a job of a video in the folder of the settings.

        Raises:
            InputError: it is not a video that the service takes.
            ServiceError: there is none of this name, or the queue is full.
        """
        self.check_room()
        video = self.find(path)
        job = Job(
            id=new_id(),
            name=shown_name(name or video.name),
            origin=Origin.PATH,
            address=path,
            wants_video=wants_video,
            size_bytes=video.stat().st_size,
            created_at=time.time(),
        )
        return self._add_checked(job, self._folders.link(video, job.id))

    def find(self, path: str) -> Path:
        """Return the file of a name in the folder of videos; links must not lead out of it."""
        root = self._settings.videos
        if root is None:
            raise ServiceError(
                HTTPStatus.FORBIDDEN,
                "This service has no folder of videos: it was started without one.",
            )
        try:
            video = (root / path).resolve(strict=True)
            is_inside = video.is_relative_to(root.resolve()) and video.is_file()
        except (OSError, ValueError, RuntimeError):
            is_inside = False
        if not is_inside:
            raise not_found("video")
        return video

    def url(self, url: str, *, name: str | None, wants_video: bool) -> Job:
        """Make a job of a video that is fetched first.

        Raises:
            InputError: the URL cannot be used.
            ServiceError: URLs are not taken, or the queue is full.
        """
        if not self._settings.allow_urls:
            raise ServiceError(
                HTTPStatus.FORBIDDEN, "This service takes no URLs: it was started without them."
            )
        parts = split_url(url)
        job = Job(
            id=new_id(),
            name=shown_name(name or parts.path or parts.hostname or ""),
            origin=Origin.URL,
            address=url,
            wants_video=wants_video,
            state=JobState.FETCHING,
            created_at=time.time(),
        )
        if not self._store.add(job, max_waiting=self._settings.max_queue):
            raise self._full()
        self._fetcher.submit(self._fetch, job.id)
        return self._stored(job.id)

    def _add_checked(self, job: Job, video: Path) -> Job:
        """Add a job whose video is in its folder; without success, the folder is removed."""
        try:
            facts = self._prober.check(video, name=job.name)
            job = _with_facts(job, facts)
            if not self._store.add(job, max_waiting=self._settings.max_queue):
                raise self._full()
        except BaseException:
            self._folders.remove(job.id)
            raise
        return self._stored(job.id)

    def _stored(self, job_id: str) -> Job:
        job = self._store.get(job_id)
        if job is None:
            # Another client, or the time, has deleted it already.
            raise not_found("job")
        self._on_change(job)
        return job

    def _fetch(self, job_id: str) -> None:
        """Fetch the video of a job."""
        job = self._store.get(job_id)
        if job is None or job.state != JobState.FETCHING:
            return

        def is_wanted() -> bool:
            current = None if self._stopping.is_set() else self._store.get(job_id)
            return current is not None and current.state == JobState.FETCHING

        upload = self._folders.new_upload()
        try:
            size = fetch(
                job.address,
                upload,
                max_bytes=min(self._settings.max_bytes, self._folders.free_bytes()),
                allow_private=self._settings.allow_private,
                is_wanted=is_wanted,
            )
            self._metrics.received_bytes.inc(size)
            self._folders.remove(job_id)
            facts = self._prober.check(self._folders.keep(upload, job_id), name=job.name)
            changed = self._store.set_fetched(
                job_id,
                size_bytes=size,
                duration_sec=facts.duration_sec,
                media_type=facts.media_type,
            )
        except Unwanted:
            changed = None
        except Exception as error:
            # Whatever came from that address, it costs its own job only.
            message = str(error) if isinstance(error, InputError) else f"Unexpected: {error!r}"
            changed = self._store.finish(job_id, JobState.FAILED, message=message)
        if changed is None or changed.state != JobState.QUEUED:
            self._folders.remove(job_id)
        if changed is not None:
            self._on_change(changed)


def _with_facts(job: Job, facts: VideoFacts) -> Job:
    return replace(job, duration_sec=facts.duration_sec, media_type=facts.media_type)
