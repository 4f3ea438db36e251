"""Run the server of the label page on the loopback address until Ctrl-C."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import secrets
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import closing

import uvicorn
from starlette.types import ASGIApp

from stad.errors import InputError
from stad.utils.interrupt import StopRequest

HOST = "127.0.0.1"
TOKEN_BYTES = 24
# Videos may be streaming when the server is asked to stop.
STOP_SEC = 1
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")


def make_token() -> str:
    """Return a new secret for an address."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def open_socket(port: int) -> socket.socket:
    """Listen on a port of the loopback address; 0 takes any free one.

    Raises:
        InputError: the port cannot be used.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # A port of a server that has just ended can be used again.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        raise _port_error(port, error) from error
    return listener


def _port_error(port: int, error: OSError | OverflowError) -> InputError:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        reason, advice = "is in use by another program", "Choose another one, or leave it out"
    elif number == errno.EACCES:
        reason, advice = "is reserved for the system", "Choose one from 1024 to 65535"
    else:
        reason, advice = "cannot be used", "Choose one from 1024 to 65535, or leave it out"
    return InputError(f"--port {port} {reason}. {advice}.")


def page_url(listener: socket.socket, token: str) -> str:
    """Return the address of the page."""
    return f"http://{HOST}:{listener.getsockname()[1]}/?token={token}"


def open_browser(url: str) -> bool:
    """Open the page in the browser of this desktop; return whether there is a desktop."""
    has_display = sys.platform == "darwin" or any(os.environ.get(one) for one in DISPLAYS)
    if has_display:
        # Some browsers return only when they are closed.
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
    return has_display


class LoopbackServer(uvicorn.Server):
    """Serves an application on a socket, without signal handlers of its own.

    Args:
        app: the application.
        should_stop: asked ten times a second.
    """

    def __init__(self, app: ASGIApp, *, should_stop: Callable[[], bool]) -> None:
        self._should_stop = should_stop
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                ws="none",
                timeout_graceful_shutdown=STOP_SEC,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to ``serve``."""
        yield

    async def on_tick(self, counter: int) -> bool:
        """Return whether to end."""
        return await super().on_tick(counter) or self._should_stop()


def serve(app: ASGIApp, listener: socket.socket, *, on_start: Callable[[], None]) -> None:
    """Serve until Ctrl-C or SIGTERM; a second Ctrl-C ends at once.

    Args:
        app: the application.
        listener: of ``open_socket``.
        on_start: called before the first request is answered.
    """
    # uvicorn calls transfers that end with the server errors.
    logging.getLogger("uvicorn.error").addFilter(lambda record: "Cancel" not in record.getMessage())
    with closing(listener), StopRequest() as stop:
        on_start()
        LoopbackServer(app, should_stop=lambda: stop.requested).run(sockets=[listener])
