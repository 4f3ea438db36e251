"""Define the HTTP interface of the label page."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from stad.annotations.own.folder import StaleRevision
from stad.errors import InputError
from stad.labeling.errors import BAD_REQUEST, TOO_LARGE, RequestError, status_of
from stad.labeling.guard import MAX_BODY_BYTES, Guard
from stad.labeling.page_files import render_page
from stad.labeling.playable import media_type
from stad.labeling.project import LabelProject
from stad.outputs.page import content_policy


def build_app(project: LabelProject, token: str) -> ASGIApp:
    """Return the application that answers the page.

    Args:
        project: the folder.
        token: what each request must carry.
    """
    routes = Routes(project, token)
    app = Starlette(
        routes=[
            Route("/", routes.page, methods=["GET"]),
            Route("/api/project", routes.overview, methods=["GET"]),
            Route("/api/labels", routes.labels, methods=["GET"]),
            Route("/api/labels", routes.save, methods=["PUT"]),
            Route("/api/classes", routes.add_class, methods=["POST"]),
            Route("/api/track", routes.follow, methods=["POST"]),
            Route("/api/proposals", routes.proposals, methods=["GET"]),
            Route("/media", routes.media, methods=["GET"]),
        ],
        exception_handlers={
            RequestError: _on_request_error,
            InputError: _on_input_error,
            HTTPException: _on_http_error,
        },
    )
    return Guard(app, token=token)


class Routes:
    """The functions behind the addresses; those of the project run in threads."""

    def __init__(self, project: LabelProject, token: str) -> None:
        self._project, self._token = project, token

    async def page(self, request: Request) -> Response:
        """Return the page."""
        text = await run_in_threadpool(render_page, self._project.name, self._token)
        return HTMLResponse(text, headers={"Content-Security-Policy": content_policy(text)})

    async def overview(self, request: Request) -> Response:
        """Return the state of the folder."""
        return await _answer(self._project.overview)

    async def labels(self, request: Request) -> Response:
        """Return the labels of a video."""
        video = _video(request)
        found = await run_in_threadpool(self._project.labels, video)
        return JSONResponse({**found, "media": f"/media?{urlencode({'video': video})}"})

    async def save(self, request: Request) -> Response:
        """Write the labels of a video."""
        change = await _body(request)
        video = _video(request)
        try:
            revision = await run_in_threadpool(self._project.save, video, change)
        except StaleRevision as error:
            labels = await run_in_threadpool(self._project.current, error.current)
            return JSONResponse({"error": str(error), "labels": labels}, status_of(error))
        return JSONResponse({"revision": revision})

    async def add_class(self, request: Request) -> Response:
        """Add a class."""
        body = await _body(request)
        return await _answer(self._project.add_class, body.get("name"))

    async def follow(self, request: Request) -> Response:
        """Follow a drawn box."""
        body = await _body(request)
        return await _answer(self._project.follow, _video(request), body)

    async def proposals(self, request: Request) -> Response:
        """Return what the model proposes."""
        return await _answer(self._project.proposals, _video(request))

    async def media(self, request: Request) -> Response:
        """Return the video, or a part of it."""
        path = await run_in_threadpool(self._project.media, _video(request))
        headers = {"Cache-Control": "private, max-age=0, must-revalidate"}
        return FileResponse(path, media_type=media_type(path), headers=headers)


async def _answer(function: Callable[..., Any], *args: Any) -> Response:
    return JSONResponse(await run_in_threadpool(function, *args))


def _video(request: Request) -> str:
    video = request.query_params.get("video")
    if not video:
        raise RequestError(BAD_REQUEST, "The address must name a video: ?video=NAME.")
    return video


async def _body(request: Request) -> dict[str, Any]:
    """Return the JSON object of a request.

    Raises:
        RequestError: it is something else, or too large.
    """
    content = bytearray()
    # The length in the header may be missing.
    async for piece in request.stream():
        content += piece
        if len(content) > MAX_BODY_BYTES:
            raise RequestError(TOO_LARGE, "The request is too large.")
    try:
        body = json.loads(bytes(content))
    except (ValueError, RecursionError) as error:
        raise RequestError(BAD_REQUEST, "The request must hold JSON.") from error
    if not isinstance(body, dict):
        raise RequestError(BAD_REQUEST, "The request must hold a JSON object.")
    return body


async def _on_request_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    return JSONResponse({"error": str(error)}, error.status)


async def _on_input_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, InputError)
    return JSONResponse({"error": str(error)}, status_of(error))


async def _on_http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": f"{error.detail}."}, error.status_code, error.headers)
