"""Refuse requests that do not come from the page of this server."""

from __future__ import annotations

import hmac
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from stad.labeling.errors import FORBIDDEN, TOO_LARGE
from stad.utils.web_server import LOOPBACK_HOST, with_security_headers

TOKEN_HEADER, TOKEN_FIELD = "x-stad-token", "token"
MAX_BODY_BYTES = 64 * 2**20


class Guard:
    """Lets requests of the page through, and adds security headers to all answers.

    Refused are another host (a page of the web whose name was pointed at this machine), another
    origin (a page of the web that sends requests here), a missing or wrong token (other programs
    and users of this machine), and bodies that are too large.

    Args:
        app: gets what passes.
        token: the secret of this server.
    """

    def __init__(self, app: ASGIApp, *, token: str) -> None:
        self._app, self._token = app, token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            return
        refusal = self._refuse(scope)
        # A page that is sent to another site must not take the address with the token along.
        guarded = with_security_headers(send)
        await (self._app if refusal is None else refusal)(scope, receive, guarded)

    def _refuse(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if not LOOPBACK_HOST.fullmatch(host):
            return _refusal(scope, FORBIDDEN, "This server answers on the loopback address only.")
        if origin is not None and origin != f"http://{host}":
            return _refusal(scope, FORBIDDEN, "This server answers its own page only.")
        if not self._knows_token(scope, headers):
            return _refusal(
                scope,
                FORBIDDEN,
                "The token is missing or wrong. Open the address that 'stad label' printed.",
            )
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            return _refusal(scope, TOO_LARGE, "The request is too large.")
        return None

    def _knows_token(self, scope: Scope, headers: Headers) -> bool:
        given = headers.get(TOKEN_HEADER)
        if given is None:
            fields = dict(parse_qsl(scope["query_string"].decode("latin-1")))
            given = fields.get(TOKEN_FIELD, "")
        return hmac.compare_digest(given.encode(errors="replace"), self._token)


def _refusal(scope: Scope, status: int, message: str) -> Response:
    if scope["path"] == "/":
        return PlainTextResponse(message + "\n", status)
    return JSONResponse({"error": message}, status)
