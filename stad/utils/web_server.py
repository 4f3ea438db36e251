"""Listen on an address and serve an application there until it should stop, with safe headers."""

from __future__ import annotations

import contextlib
import errno
import logging
import re
import socket
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Send

from stad.errors import InputError

LOOPBACK = "127.0.0.1"
# Any port: the server may be reached through a tunnel.
LOOPBACK_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.IGNORECASE)
# Videos may be streaming when the server is asked to stop.
STOP_SEC = 1
BACKLOG = 1024
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# Pages have their own, which allow their scripts.
NO_CONTENT_POLICY = "default-src 'none'; frame-ancestors 'none'"


def open_socket(port: int, *, host: str = LOOPBACK) -> socket.socket:
    """Listen on a port of an address.

    Args:
        port: of the address; 0 takes any free one.
        host: name or number of an address of this machine, IPv4 or IPv6.

    Raises:
        InputError: the address or the port cannot be used.
    """
    try:
        family, _, _, _, place = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise _host_error(host, error) from error
    listener = socket.socket(family, socket.SOCK_STREAM)
    # A port of a server that has just ended can be used again.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((place[0], port, *place[2:]))
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        if getattr(error, "errno", None) == errno.EADDRNOTAVAIL:
            raise _host_error(host, error) from error
        raise _port_error(port, error) from error
    return listener


def _host_error(host: str, error: Exception) -> InputError:
    reason = getattr(error, "strerror", None) or error
    return InputError(
        f"--host {host} cannot be used ({reason}). Give an address of this machine, such as "
        f"{LOOPBACK}, or 0.0.0.0 for all of them."
    )


def _port_error(port: int, error: Exception) -> InputError:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        reason, advice = "is in use by another program", "Choose another one, or leave it out"
    elif number == errno.EACCES:
        reason, advice = "is reserved for the system", "Choose one from 1024 to 65535"
    else:
        reason, advice = "cannot be used", "Choose one from 1024 to 65535, or leave it out"
    return InputError(f"--port {port} {reason}. {advice}.")


class StoppableServer(uvicorn.Server):
    """Serves an application on a socket, without signal handlers of its own.

    Args:
        app: the application.
        should_stop: asked ten times a second.
        options: of ``uvicorn.Config``.
    """

    def __init__(self, app: ASGIApp, *, should_stop: Callable[[], bool], **options: Any) -> None:
        self._should_stop = should_stop
        logging.getLogger("uvicorn.error").addFilter(_is_no_cancel)
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                ws="none",
                timeout_graceful_shutdown=STOP_SEC,
                **{"lifespan": "off", "proxy_headers": False, **options},
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the caller."""
        yield

    async def on_tick(self, counter: int) -> bool:
        """Return whether to end."""
        return await super().on_tick(counter) or self._should_stop()


def _is_no_cancel(record: logging.LogRecord) -> bool:
    # uvicorn calls transfers that end with the server errors.
    return "Cancel" not in record.getMessage()


def with_security_headers(send: Send) -> Send:
    """Return a ``send`` that adds security headers to an answer, where it has none of its own."""

    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Content-Security-Policy", NO_CONTENT_POLICY)
        await send(message)

    return guarded
