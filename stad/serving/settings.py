"""Define how a service is set up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stad.inference.options import InferenceOptions

MB = 1_000_000


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """The settings of a service.

    Attributes:
        folder: of the queue, the videos and the results.
        inference: options of all annotations.
        num_workers: processes that annotate.
        max_bytes: maximum size of a video.
        max_length_sec: maximum length of a video.
        max_queue: maximum number of videos that wait.
        max_uploads: maximum number of uploads at once.
        rate: requests per second of one client.
        keep_days: how long results are kept; 0 for ever.
        videos: folder whose videos may be named; None for none.
        allow_urls: videos may be named by http and https URLs.
        allow_private: URLs may lead to private addresses.
        live: cameras and streams that may be started, by name.
        allow_live_urls: any stream may be started by its URL.
        max_live: maximum number of live sources at once.
    """

    folder: Path
    inference: InferenceOptions = field(default_factory=InferenceOptions)
    num_workers: int = 1
    max_bytes: int = 2000 * MB
    max_length_sec: float = 7200.0
    max_queue: int = 100
    max_uploads: int = 8
    rate: float = 50.0
    keep_days: float = 7.0
    videos: Path | None = None
    allow_urls: bool = False
    allow_private: bool = False
    live: Mapping[str, str] = field(default_factory=dict)
    allow_live_urls: bool = False
    max_live: int = 2

    @property
    def jobs_folder(self) -> Path:
        """Return the folder with a folder for each job."""
        return self.folder / "jobs"

    @property
    def incoming_folder(self) -> Path:
        """Return the folder of uploads that are not complete."""
        return self.folder / "incoming"

    @property
    def trash_folder(self) -> Path:
        """Return the folder of what is being deleted."""
        return self.folder / "trash"
