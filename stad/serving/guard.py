"""Refuse requests before they reach the service: other sites, strangers, floods, large bodies."""

from __future__ import annotations

import contextlib
import re
import time
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

import anyio
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stad.serving.errors import ServiceError, too_many
from stad.serving.metrics import Metrics
from stad.serving.rates import RateLimit
from stad.serving.tokens import Tokens
from stad.utils.web_server import LOOPBACK_HOST, with_security_headers

UPLOAD_PATH = "/api/jobs"
# Answered without a token: the page asks for it, and says so to the service.
OPEN = {("GET", "/"), ("HEAD", "/"), ("GET", "/health"), ("HEAD", "/health"), ("POST", "/login")}
MAX_BODY_BYTES = 64 * 1024
# What is read of a refused upload, so that clients that send before they read see the answer.
DRAIN_BYTES, DRAIN_SEC = 8 * 2**20, 5.0
TOO_LARGE = "The request is too large"
BEARER = re.compile(r"Bearer +(\S+)", re.IGNORECASE)
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class Guard:
    """Lets requests through that may use the service, counts them, and adds security headers.

    Args:
        app: gets what passes.
        tokens: of the service.
        rate: limit of each client.
        metrics: count the answers.
    """

    def __init__(self, app: ASGIApp, *, tokens: Tokens, rate: RateLimit, metrics: Metrics) -> None:
        self._app, self._tokens, self._rate, self._metrics = app, tokens, rate, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            return
        body = _Body(scope, receive)
        answer = self._counted(scope, body.drained(with_security_headers(send)))
        try:
            self._check(scope)
            await self._app(scope, body.receive, answer)
        except ServiceError as error:
            content = {"error": str(error)}
            await JSONResponse(content, error.status, error.headers)(scope, body.receive, answer)

    def is_known(self, headers: Headers) -> bool:
        """Return whether a request shows a token, or the cookie for one."""
        if not self._tokens.is_needed:
            return True
        match = BEARER.fullmatch(headers.get("authorization", ""))
        if match:
            return self._tokens.accepts(match[1])
        with contextlib.suppress(CookieError):
            found = SimpleCookie(headers.get("cookie", "")).get(self._tokens.cookie)
            return found is not None and self._tokens.accepts_session(found.value)
        return False

    def _check(self, scope: Scope) -> None:
        headers, method, path = Headers(scope=scope), scope["method"], scope["path"]
        client = (scope.get("client") or ("?", 0))[0]
        if (wait_sec := self._rate.ask(client)) > 0:
            raise too_many("You ask too often. Wait a little.", retry_sec=wait_sec)
        host, origin = headers.get("host", ""), headers.get("origin")
        # A page of the web whose name was pointed at this machine. With a token it gets nothing.
        if not self._tokens.is_needed and not LOOPBACK_HOST.fullmatch(host):
            raise ServiceError(
                HTTPStatus.FORBIDDEN, "Without a token, this service answers on loopback only."
            )
        is_foreign = origin is not None and urlsplit(origin).netloc != host
        is_foreign |= headers.get("sec-fetch-site") == "cross-site" and (
            method not in SAFE_METHODS or headers.get("sec-fetch-mode") != "navigate"
        )
        if is_foreign:
            raise ServiceError(HTTPStatus.FORBIDDEN, "Pages of other sites are not answered.")
        if (method, path) not in OPEN and not self.is_known(headers):
            raise ServiceError(
                HTTPStatus.UNAUTHORIZED,
                "The token is missing or wrong. Send 'Authorization: Bearer TOKEN'.",
            )
        length = headers.get("content-length", "0")
        is_large = not length.isdecimal() or int(length) > MAX_BODY_BYTES
        if is_large and (method, path) != ("POST", UPLOAD_PATH):
            raise ServiceError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"{TOO_LARGE}.")

    def _counted(self, scope: Scope, send: Send) -> Send:
        begin_sec = time.monotonic()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Of the router; what it does not know is one route, however many names it has.
                route = getattr(scope.get("route"), "path", "other")
                status = str(message["status"])
                method = scope["method"] if scope["method"] in KNOWN_METHODS else "other"
                self._metrics.requests.labels(method, route, status).inc()
                seconds = time.monotonic() - begin_sec
                self._metrics.request_seconds.labels(route).observe(seconds)
            await send(message)

        return counted


KNOWN_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")


class _Body:
    """The body of a request: bounded, and read a little further after a refusal.

    Args:
        scope: of the request.
        receive: of the server.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        headers = Headers(scope=scope)
        self._receive = receive
        self._is_bounded = (scope["method"], scope["path"]) != ("POST", UPLOAD_PATH)
        has_body = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
        # Such a client waits for a word before it sends.
        self._waits = headers.get("expect", "").lower() == "100-continue"
        self._is_over, self._num_bytes = not has_body, 0

    async def receive(self) -> Message:
        """Return the next piece.

        Raises:
            HTTPException: the body is too large; its stated length may be missing.
        """
        self._waits = False
        message = await self._receive()
        if message["type"] == "http.request":
            self._is_over = not message.get("more_body", False)
            self._num_bytes += len(message.get("body", b""))
            if self._is_bounded and self._num_bytes > MAX_BODY_BYTES:
                # FastAPI passes this exception on, and no other.
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LARGE)
        else:
            self._is_over = True
        return message

    def drained(self, send: Send) -> Send:
        """Return a ``send`` that reads the rest of the body before an answer that refuses it."""

        async def drained(message: Message) -> None:
            is_refusal = message["type"] == "http.response.start" and message["status"] >= 400
            # One that fell silent would only be waited for again.
            is_silent = is_refusal and message["status"] == HTTPStatus.REQUEST_TIMEOUT
            if is_refusal and not (self._is_over or self._waits or is_silent):
                with anyio.move_on_after(DRAIN_SEC):
                    await self._drain()
            await send(message)

        return drained

    async def _drain(self) -> None:
        num_bytes = 0
        while not self._is_over and num_bytes < DRAIN_BYTES:
            message = await self._receive()
            num_bytes += len(message.get("body", b""))
            self._is_over = message["type"] != "http.request" or not message.get("more_body", False)
