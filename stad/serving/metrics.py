"""Count what the service does, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

JOB_BUCKETS = (1, 5, 15, 60, 300, 900, 3600, 14400)
REQUEST_BUCKETS = (0.005, 0.02, 0.1, 0.5, 2, 10, 60)


class Metrics:
    """The metrics of one service.

    Attributes:
        requests: answers, by method, route and status.
        request_seconds: how long answers took, by route.
        received_bytes: of uploads and fetched videos.
        ended: jobs, by the state in which they ended.
        job_seconds: how long jobs ran.
        frames: frames that were annotated.
        video_seconds: length of the videos that were annotated.
        worker_crashes: workers that died while they annotated a video.
        jobs: jobs, by state.
        workers: workers, by state.
        live: live sources that are watched.
        listeners: open streams of events.
    """

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "stad_requests", "Answers", ["method", "route", "status"], registry=registry
        )
        self.request_seconds = Histogram(
            "stad_request_seconds",
            "Time until an answer began",
            ["route"],
            buckets=REQUEST_BUCKETS,
            registry=registry,
        )
        self.received_bytes = Counter("stad_received_bytes", "Bytes of videos", registry=registry)
        self.ended = Counter("stad_jobs_ended", "Ended jobs", ["state"], registry=registry)
        self.job_seconds = Histogram(
            "stad_job_seconds", "Time that jobs ran", buckets=JOB_BUCKETS, registry=registry
        )
        self.frames = Counter("stad_frames", "Annotated frames", registry=registry)
        self.video_seconds = Counter(
            "stad_video_seconds", "Length of annotated videos", registry=registry
        )
        self.worker_crashes = Counter(
            "stad_worker_crashes", "Workers that died while annotating", registry=registry
        )
        self.jobs = Gauge("stad_jobs", "Jobs", ["state"], registry=registry)
        self.workers = Gauge("stad_workers", "Workers", ["state"], registry=registry)
        self.live = Gauge("stad_live_sources", "Watched live sources", registry=registry)
        self.listeners = Gauge("stad_event_streams", "Open event streams", registry=registry)

    def text(self) -> tuple[bytes, str]:
        """Return the metrics and their media type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
