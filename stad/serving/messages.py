"""Define what the service and its worker processes tell each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Task:
    """A video to annotate.

    Attributes:
        folder: with the video, and for its results.
        name: of the video, as it is shown.
        wants_video: write an annotated video.
        max_length_sec: maximum length of the video.
    """

    folder: Path
    name: str
    wants_video: bool
    max_length_sec: float


@dataclass(frozen=True)
class Ready:
    """The models are loaded."""


@dataclass(frozen=True)
class Log:
    """A line about what was chosen."""

    text: str


@dataclass(frozen=True)
class Refused:
    """The models, or the video, cannot be used."""

    message: str


@dataclass(frozen=True)
class Broken:
    """An error that nothing foresaw; the process ends."""

    reason: str


@dataclass(frozen=True)
class Done:
    """A video is annotated."""

    policy: str
    summary: dict[str, Any]


@dataclass(frozen=True)
class Stopped:
    """The work on a video has stopped, as was asked; it can be continued unless it was dropped."""


@dataclass(frozen=True)
class Stop:
    """Stop working on the video; ``drop``: leave nothing behind."""

    drop: bool
