"""Define jobs: one video each, from its arrival to its results."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

ID_BYTES = 8
# The video of a job. It has no ending: FFmpeg then looks at its content only, every time.
SOURCE = "source"
JOURNAL = "journal.stad-state"
# What a job leaves in its folder: the option of ``stad annotate``, its file, and its media type.
OUTPUTS = (
    ("--out", "annotated.mp4", "video/mp4"),
    ("--json", "result.json", "application/json"),
    ("--html", "timeline.html", "text/html; charset=utf-8"),
    ("--events", "segments.csv", "text/csv; charset=utf-8"),
)
VIDEO_OUTPUT = "--out"


class JobState(StrEnum):
    """The state of a job."""

    FETCHING = "fetching"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


WAITING = (JobState.FETCHING, JobState.QUEUED)
ENDED = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class Origin(StrEnum):
    """The way in which a video came."""

    UPLOAD = "upload"
    PATH = "path"
    URL = "url"


@dataclass(frozen=True, kw_only=True)
class Job:
    """A video and what is done with it.

    Attributes:
        id: made by the service; also the name of the folder.
        number: of the job, in the order of arrival.
        name: what the client calls the video; shown only, never a file name.
        origin: how the video came.
        address: the URL or the path that was named; '' for an upload.
        wants_video: an annotated video is written.
        state: how far it is.
        message: why it failed; else ''.
        size_bytes, duration_sec: of the video; 0 if not known.
        media_type: of the video.
        created_at, started_at, finished_at: seconds since 1970; None if it has not happened.
        crashes: how often the worker died of it.
        interruptions: how often the service died while it ran.
        policy: Content-Security-Policy of its page.
        summary: what was found, as JSON values.
    """

    id: str
    number: int = 0
    name: str
    origin: Origin = Origin.UPLOAD
    address: str = ""
    wants_video: bool = True
    state: JobState = JobState.QUEUED
    message: str = ""
    size_bytes: int = 0
    duration_sec: float = 0.0
    media_type: str = "application/octet-stream"
    created_at: float = 0.0
    started_at: float | None = None
    finished_at: float | None = None
    crashes: int = 0
    interruptions: int = 0
    policy: str = ""
    summary: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Progress:
    """The progress of a running job.

    Attributes:
        fraction: in [0, 1]; None if the length of the video is not known.
        num_frames: frames that are done.
        fps: frames per second, lately.
        left_sec: estimated time until the end, seconds; None if it is not known.
    """

    fraction: float | None = None
    num_frames: int = 0
    fps: float = 0.0
    left_sec: float | None = None


def new_id() -> str:
    """Return an id that cannot be guessed, of hex digits."""
    return secrets.token_hex(ID_BYTES)


def output_paths(folder: Path, *, with_video: bool) -> dict[str, Path]:
    """Return the files that a job writes into its folder, by the options of ``stad annotate``."""
    return {flag: folder / name for flag, name, _ in OUTPUTS if with_video or flag != VIDEO_OUTPUT}
