"""Define what the service answers and takes, as OpenAPI describes it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

MAX_TEXT = 2000


class Problem(BaseModel):
    """The reason of a refusal."""

    error: str = Field(description="a sentence or two: what is wrong, and what to do")


class ProgressAnswer(BaseModel):
    """The progress of a running job."""

    fraction: float | None = Field(description="in [0, 1]; null if the length is not known")
    num_frames: int = Field(description="frames that are done")
    fps: float = Field(description="frames per second, lately")
    left_sec: float | None = Field(description="estimated seconds until the end; null if unknown")


class LabelTime(BaseModel):
    """The time for which a label was seen."""

    label: str
    seconds: float = Field(description="over all people")


class Summary(BaseModel):
    """The findings in a video."""

    num_frames: int
    num_people: int
    num_segments: int
    labels: list[LabelTime] = Field(description="the most frequent ones")
    warnings: list[str] = Field(description="what was wrong with the video")


class JobAnswer(BaseModel):
    """A video and what is done with it."""

    id: str
    number: int = Field(description="in the order of arrival")
    name: str = Field(description="of the video, as the client called it")
    origin: str = Field(description="upload, path or url")
    state: str = Field(description="fetching, queued, running, done, failed or cancelled")
    message: str = Field(description="why it failed; else empty")
    size_bytes: int
    duration_sec: float = Field(description="length of the video; 0 if it is not known")
    created_at: float = Field(description="seconds since 1970")
    started_at: float | None
    finished_at: float | None
    tries: int = Field(description="2 after the process that annotated it has died")
    num_before: int = Field(description="jobs that wait before this one")
    progress: ProgressAnswer | None = Field(description="of a running job")
    summary: Summary | None = Field(description="of a job that is done")
    files: dict[str, str] = Field(description="addresses of the results by their names")


class JobsAnswer(BaseModel):
    """Some jobs, newest first."""

    jobs: list[JobAnswer]
    counts: dict[str, int] = Field(description="all jobs, by state")


class NamedVideo(BaseModel):
    """A video that the service finds itself: a path or a URL."""

    model_config = ConfigDict(extra="forbid")

    path: str | None = Field(
        None, max_length=MAX_TEXT, description="relative to the folder of videos of the service"
    )
    url: str | None = Field(None, max_length=MAX_TEXT, description="http or https")
    name: str | None = Field(None, max_length=MAX_TEXT, description="shown instead of its own")
    video: bool = Field(True, description="write an annotated video, too")

    @model_validator(mode="after")
    def _one_of_both(self) -> NamedVideo:
        if (self.path is None) == (self.url is None):
            raise ValueError("give a path or a url, and not both")
        return self


class LiveStart(BaseModel):
    """A live source to watch."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(max_length=MAX_TEXT, description="a name of the service, or a URL")
    webhook: str | None = Field(
        None, max_length=MAX_TEXT, description="URL to which each event is posted as JSON"
    )


class LiveAnswer(BaseModel):
    """A live source that is or was watched."""

    id: str
    source: str = Field(description="its name, without passwords")
    state: str = Field(description="starting, watching, ended or failed")
    message: str = Field(description="why it failed; else empty")
    status: str = Field(description="how it goes, in a line")
    started_at: float = Field(description="seconds since 1970")
    ended_at: float | None
    num_events: int
    lines: list[str] = Field(description="the last lines that the run has printed")


class LivesAnswer(BaseModel):
    """The live sources, newest first."""

    sources: list[str] = Field(description="names that can be started")
    live: list[LiveAnswer]


class Health(BaseModel):
    """The state of the service."""

    status: str = Field(description="ok or not ready")
    workers: list[str] = Field(description="loading, ready, working or down, each")
    waiting: int = Field(description="jobs that wait")


class Login(BaseModel):
    """A token, for a browser."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(max_length=MAX_TEXT)


DESCRIPTIONS = {
    400: "The request or the video cannot be used.",
    401: "The token is missing or wrong.",
    403: "The service was started without this.",
    404: "There is nothing of this name.",
    408: "The client sent nothing for too long.",
    413: "The video or the request is too large.",
    422: "The request is not as described here.",
    429: "Too many videos wait, or the client asks too often. Retry-After says when to come back.",
    503: "No worker is ready.",
    507: "The disk of the service is full.",
}


def problems(*codes: int) -> dict[int | str, dict[str, Any]]:
    """Return the refusals of an endpoint, for OpenAPI; 401, 422 and 429 belong to all."""
    return {
        code: {"model": Problem, "description": DESCRIPTIONS[code]}
        for code in sorted({401, 422, 429, *codes})
    }
