"""Define the HTTP interface of the service."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

import stad
from stad.errors import InputError
from stad.outputs.page import content_policy
from stad.serving.answers import Health, Login, problems
from stad.serving.errors import ServiceError, status_of
from stad.serving.guard import Guard
from stad.serving.job_routes import job_router
from stad.serving.live_routes import live_router
from stad.serving.page_files import docs_page, login_page, start_page
from stad.serving.rates import RateLimit
from stad.serving.service import Service
from stad.serving.tokens import Tokens

DESCRIPTION = """Send videos, get who does what, when and where.

A job is a video: `POST /api/jobs` makes one, `GET /api/jobs/{job_id}/events` streams its progress,
and its `files` are the results. Every refusal is a JSON object with an `error`; 429 says in its
header `Retry-After` after how many seconds the same request may succeed."""
SESSION_SEC = 30 * 86400


def build_app(service: Service, tokens: Tokens) -> ASGIApp:
    """Return the application that answers clients.

    Args:
        service: does the work.
        tokens: that clients must show.
    """
    app = FastAPI(
        title="stad serve",
        version=stad.__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        exception_handlers={
            ServiceError: _on_service_error,
            InputError: _on_input_error,
            HTTPException: _on_http_error,
            RequestValidationError: _on_invalid,
            sqlite3.Error: _on_queue_error,
        },
    )
    app.include_router(job_router(service))
    app.include_router(live_router(service))
    guard = Guard(
        app, tokens=tokens, rate=RateLimit(service.settings.rate), metrics=service.metrics
    )
    _add_pages(app, service, tokens, guard)
    return guard


def _add_pages(app: FastAPI, service: Service, tokens: Tokens, guard: Guard) -> None:
    """Add what is not about jobs and live sources."""

    @app.get("/", include_in_schema=False)
    def start(request: Request) -> Response:
        if not guard.is_known(request.headers):
            return _page(login_page(), HTTPStatus.UNAUTHORIZED)
        return _page(start_page(service.settings, has_token=tokens.is_needed))

    @app.get("/docs", include_in_schema=False)
    def docs() -> Response:
        return _page(docs_page(app.openapi()))

    @app.post(
        "/login",
        status_code=204,
        responses=problems(401),
        tags=["service"],
        summary="Let a browser in: its cookie then stands in for the token",
    )
    def login(body: Login, request: Request, response: Response) -> None:
        """Set a cookie that scripts cannot read and other sites cannot send."""
        if tokens.is_needed and not tokens.accepts(body.token):
            raise ServiceError(HTTPStatus.UNAUTHORIZED, "The token is wrong.")
        response.set_cookie(
            tokens.cookie,
            tokens.session_of(body.token),
            max_age=SESSION_SEC,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )

    @app.post(
        "/logout",
        status_code=204,
        responses=problems(),
        tags=["service"],
        summary="Delete the cookie of a browser",
    )
    def logout(response: Response) -> None:
        """Delete the cookie."""
        response.delete_cookie(tokens.cookie, httponly=True, samesite="strict")

    @app.get(
        "/health",
        response_model=Health,
        responses=problems(503),
        tags=["service"],
        summary="Say whether jobs are worked on; needs no token",
    )
    def health() -> Response:
        """Return 200 if a worker is ready, else 503."""
        return JSONResponse(service.health(), 200 if service.is_ready else 503)

    @app.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {"text/plain": {}}}, **problems()},
        tags=["service"],
        summary="Return the metrics for Prometheus",
    )
    def metrics() -> Response:
        """Return counters of requests, jobs, frames and more."""
        service.update_gauges()
        content, kind = service.metrics.text()
        return Response(content, headers={"Content-Type": kind})


def _page(text: str, status: int = 200) -> Response:
    return HTMLResponse(text, status, headers={"Content-Security-Policy": content_policy(text)})


async def _on_service_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)
    return JSONResponse({"error": str(error)}, error.status, error.headers)


async def _on_input_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, InputError)
    return JSONResponse({"error": str(error)}, status_of(error))


async def _on_queue_error(_: Request, error: Exception) -> Response:
    message = f"The queue cannot be used ({error}). Look at the disk of the service."
    return JSONResponse({"error": message}, HTTPStatus.INSUFFICIENT_STORAGE)


async def _on_http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": f"{error.detail}."}, error.status_code, error.headers)


async def _on_invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return JSONResponse({"error": _invalid(error.errors())}, HTTPStatus.UNPROCESSABLE_ENTITY)


def _invalid(errors: Sequence[dict]) -> str:
    """Return the first error of a request as a sentence; what was sent is not repeated."""
    first = errors[0] if errors else {}
    place = ".".join(str(one) for one in first.get("loc", ())[1:])
    reason = str(first.get("msg", "is not as described")).removeprefix("Value error, ")
    return f"{place or 'The request'}: {reason}. See /docs."
