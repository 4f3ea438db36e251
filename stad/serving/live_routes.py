"""Answer requests about live sources."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path
from fastapi.responses import StreamingResponse

from stad.serving.answers import LiveAnswer, LivesAnswer, LiveStart, problems
from stad.serving.hub import BEAT, sse
from stad.serving.job_routes import EVENT_STREAM, stream_events
from stad.serving.live import LiveRun
from stad.serving.service import Service

LiveId = Annotated[str, Path(pattern="^[0-9a-f]{16}$", description="of the live source")]


def live_router(service: Service) -> APIRouter:
    """Return the endpoints of live sources."""
    routes = LiveRoutes(service)
    router = APIRouter(tags=["live sources"])
    router.add_api_route(
        *("/api/live", routes.list),
        methods=["GET"],
        response_model=LivesAnswer,
        responses=problems(),
        summary="List the live sources, and those that can be started",
    )
    router.add_api_route(
        *("/api/live", routes.start),
        methods=["POST"],
        status_code=201,
        response_model=LiveAnswer,
        responses=problems(400, 403, 404),
        summary="Start to watch a live source",
    )
    router.add_api_route(
        *("/api/live/{live_id}", routes.get),
        methods=["GET"],
        response_model=LiveAnswer,
        responses=problems(404),
        summary="Return a live source",
    )
    router.add_api_route(
        *("/api/live/{live_id}", routes.stop),
        methods=["DELETE"],
        status_code=202,
        response_model=LiveAnswer,
        responses=problems(404),
        summary="Stop a live source; the ends of its actions still come",
    )
    router.add_api_route(
        *("/api/live/{live_id}/events", routes.events),
        methods=["GET"],
        response_class=StreamingResponse,
        responses={**EVENT_STREAM, **problems(404)},
        summary="Stream the events of a live source",
    )
    return router


class LiveRoutes:
    """The functions behind the endpoints."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def list(self) -> dict[str, Any]:
        """List live sources, newest first; of those that have ended, the last ones."""
        live = self._service.live
        return {
            "sources": sorted(self._service.settings.live),
            "live": [one.values() for one in live.runs()],
        }

    def start(self, body: LiveStart) -> dict[str, Any]:
        """Watch a source in a process of its own. It is not started again with the service."""
        return self._service.live.start(body.source, webhook=body.webhook).values()

    def get(self, live_id: LiveId) -> dict[str, Any]:
        """Return how a live source is."""
        return self._service.live.get(live_id).values()

    def stop(self, live_id: LiveId) -> dict[str, Any]:
        """Stop a source, and return at once."""
        return self._service.live.stop(live_id).values()

    async def events(
        self,
        live_id: LiveId,
        last_event_id: Annotated[
            str | None, Header(description="number of the last event that came")
        ] = None,
    ) -> StreamingResponse:
        """Stream ``event`` events, each with its number, and one ``over`` at the end.

        The last 1000 events are known, and come first. After a broken connection, browsers ask
        for those after ``Last-Event-ID`` by themselves.
        """
        run = self._service.live.get(live_id)
        known = last_event_id or ""
        number = int(known) if known.isascii() and known.isdecimal() and len(known) < 16 else 0
        return stream_events(self._service.hub, self._events(run, number))

    async def _events(self, run: LiveRun, last: int) -> AsyncIterator[str]:
        """Yield the events after a number."""
        hub = self._service.hub
        with hub.listening(run.id) as listener:
            news = hub.stream(listener)
            while True:
                # Asked before the events are taken: none can come after the end.
                is_over = run.is_over
                for number, values in run.events_after(last):
                    last = number
                    yield sse("event", values, number=number)
                if is_over:
                    yield sse("over", run.values())
                    return
                if await anext(news, None) is None:
                    if hub.is_closed:
                        return
                    yield BEAT
