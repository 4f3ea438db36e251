"""Answer requests about jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from stad.serving.answers import JobAnswer, JobsAnswer, NamedVideo, problems
from stad.serving.errors import too_many
from stad.serving.hub import BEAT, Hub, sse
from stad.serving.intake import receive
from stad.serving.jobs import ENDED, OUTPUTS, JobState
from stad.serving.service import Service

MAX_PAGE = 200
MEDIA_TYPES = {name: kind for _, name, kind in OUTPUTS}
FileName = Literal["annotated.mp4", "result.json", "timeline.html", "segments.csv", "source"]
JobId = Annotated[str, Path(pattern="^[0-9a-f]{16}$", description="of the job")]
# Events are streamed as they happen: nothing between may keep them back.
STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
EVENT_STREAM = {
    200: {
        "description": "Server-sent events, with a JSON object each.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}
VIDEO_BODY = {
    "requestBody": {
        "required": True,
        "description": "The video itself, or a form whose first file is the video.",
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"video": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}


def job_router(service: Service) -> APIRouter:
    """Return the endpoints of jobs."""
    routes = JobRoutes(service)
    router = APIRouter(tags=["jobs"])
    router.add_api_route(
        *("/api/jobs", routes.upload),
        methods=["POST"],
        status_code=201,
        response_model=JobAnswer,
        responses=problems(400, 408, 413, 507),
        openapi_extra=VIDEO_BODY,
        summary="Upload a video",
    )
    router.add_api_route(
        *("/api/jobs/named", routes.name),
        methods=["POST"],
        status_code=201,
        response_model=JobAnswer,
        responses=problems(400, 403, 404),
        summary="Name a video that the service finds itself",
    )
    router.add_api_route(
        *("/api/jobs", routes.list),
        methods=["GET"],
        response_model=JobsAnswer,
        responses=problems(),
        summary="List the jobs, newest first",
    )
    router.add_api_route(
        *("/api/jobs/{job_id}", routes.get),
        methods=["GET"],
        response_model=JobAnswer,
        responses=problems(404),
        summary="Return a job",
    )
    router.add_api_route(
        *("/api/jobs/{job_id}", routes.delete),
        methods=["DELETE"],
        status_code=204,
        responses=problems(404),
        summary="Delete a job with its files; one that runs is stopped",
    )
    router.add_api_route(
        *("/api/jobs/{job_id}/cancel", routes.cancel),
        methods=["POST"],
        response_model=JobAnswer,
        responses=problems(404),
        summary="Cancel a job that waits or runs",
    )
    router.add_api_route(
        *("/api/jobs/{job_id}/events", routes.events_of),
        methods=["GET"],
        response_class=StreamingResponse,
        responses={**EVENT_STREAM, **problems(404)},
        summary="Stream the progress of a job until it ends",
    )
    router.add_api_route(
        *("/api/events", routes.events),
        methods=["GET"],
        response_class=StreamingResponse,
        responses={**EVENT_STREAM, **problems()},
        summary="Stream the changes of all jobs and live sources",
    )
    for method in ("GET", "HEAD"):
        router.add_api_route(
            *("/api/jobs/{job_id}/{file}", routes.file),
            methods=[method],
            response_class=FileResponse,
            responses={
                **problems(404),
                206: {"description": "The range that was asked for."},
                416: {"description": "There is no such range."},
            },
            summary="Return a result, or the video; ranges work",
            include_in_schema=method == "GET",
        )
    return router


def stream_events(hub: Hub, events: AsyncIterator[str]) -> StreamingResponse:
    """Return the answer that streams events.

    Args:
        hub: from which they come.
        events: as ``sse`` writes them.

    Raises:
        ServiceError: too many clients listen.
    """
    if hub.is_full:
        raise too_many("Too many clients listen for events.", retry_sec=10)
    return StreamingResponse(events, media_type="text/event-stream", headers=STREAM_HEADERS)


class JobRoutes:
    """The functions behind the endpoints."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def upload(
        self,
        request: Request,
        response: Response,
        name: Annotated[str, Query(max_length=2000, description="of the video, to be shown")] = "",
        video: Annotated[bool, Query(description="write an annotated video, too")] = True,
    ) -> dict[str, Any]:
        """Receive a video and let it wait for its turn. A form gives the name with the file."""
        service = self._service
        # Before a byte of the video is read.
        await run_in_threadpool(service.arrivals.check_room)
        with service.arrivals.slots.slot():
            upload = service.folders.new_upload()
            received = await receive(
                request,
                upload,
                max_bytes=service.settings.max_bytes,
                free_bytes=service.folders.free_bytes(),
            )
            job = await run_in_threadpool(
                service.arrivals.upload,
                upload,
                name=received.name,
                size_bytes=received.size_bytes,
                wants_video=video,
            )
        response.headers["Location"] = f"/api/jobs/{job.id}"
        return await run_in_threadpool(service.values, job)

    def name(self, body: NamedVideo, response: Response) -> dict[str, Any]:
        """Take a video of the service's folder of videos, or fetch one by its URL."""
        service = self._service
        if body.path is not None:
            job = service.arrivals.path(body.path, name=body.name, wants_video=body.video)
        else:
            job = service.arrivals.url(body.url or "", name=body.name, wants_video=body.video)
        response.headers["Location"] = f"/api/jobs/{job.id}"
        return service.values(job)

    def list(
        self,
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="maximum number")] = 50,
        before: Annotated[
            int | None, Query(ge=1, le=2**62, description="only jobs with smaller numbers")
        ] = None,
        state: Annotated[JobState | None, Query(description="only jobs in this state")] = None,
    ) -> dict[str, Any]:
        """List jobs; the number of the last one is the ``before`` of the next page."""
        store = self._service.store
        jobs = store.list(limit=limit, before=before, state=state)
        return {"jobs": [self._service.values(one) for one in jobs], "counts": store.counts()}

    def get(self, job_id: JobId) -> dict[str, Any]:
        """Return a job with its progress and the addresses of its results."""
        return self._service.values(self._service.get(job_id))

    def delete(self, job_id: JobId) -> None:
        """Delete a job, its video and its results at once."""
        self._service.delete(job_id)

    def cancel(self, job_id: JobId) -> dict[str, Any]:
        """Cancel a job; one that has ended stays as it is."""
        return self._service.values(self._service.cancel(job_id))

    async def events_of(self, job_id: JobId) -> StreamingResponse:
        """Stream a ``job`` event whenever the job changes; the last one has its final state."""
        await run_in_threadpool(self._service.get, job_id)
        return stream_events(self._service.hub, self._events_of(job_id))

    async def events(self) -> StreamingResponse:
        """Stream ``job``, ``removed``, ``live`` and ``live-removed`` events."""
        return stream_events(self._service.hub, self._events())

    def file(self, job_id: JobId, file: FileName) -> FileResponse:
        """Return a file of a job that is done; ``source`` is the video itself."""
        job = self._service.get(job_id)
        path = self._service.file_of(job, file)
        headers = {"Cache-Control": "private, max-age=0, must-revalidate"}
        if file == "timeline.html":
            headers["Content-Security-Policy"] = job.policy
        kind = MEDIA_TYPES.get(file, job.media_type)
        return FileResponse(path, media_type=kind, headers=headers)

    async def _events_of(self, job_id: str) -> AsyncIterator[str]:
        hub, service = self._service.hub, self._service
        with hub.listening(job_id) as listener:
            job = await run_in_threadpool(service.store.get, job_id)
            if job is None:
                yield sse("removed", {"id": job_id})
                return
            yield sse("job", await run_in_threadpool(service.values, job))
            if job.state in ENDED:
                return
            async for one in hub.stream(listener):
                if one is None:
                    yield BEAT
                    continue
                yield sse(*one)
                if one[0] == "removed" or one[1].get("state") in ENDED:
                    return

    async def _events(self) -> AsyncIterator[str]:
        hub = self._service.hub
        with hub.listening() as listener:
            # The page reads the list of jobs when it hears this.
            yield sse("hello", {})
            async for one in hub.stream(listener):
                yield BEAT if one is None else sse(*one)
