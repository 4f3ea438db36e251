"""Run the server of the label page on the loopback address until Ctrl-C."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from contextlib import closing

from starlette.types import ASGIApp

from stad.utils.interrupt import StopRequest
from stad.utils.web_server import LOOPBACK, StoppableServer

TOKEN_BYTES = 24
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")


def make_token() -> str:
    """Return a new secret for an address."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def page_url(listener: socket.socket, token: str) -> str:
    """Return the address of the page."""
    return f"http://{LOOPBACK}:{listener.getsockname()[1]}/?token={token}"


def open_browser(url: str) -> bool:
    """Open the page in the browser of this desktop; return whether there is a desktop."""
    has_display = sys.platform == "darwin" or any(os.environ.get(one) for one in DISPLAYS)
    if has_display:
        # Some browsers return only when they are closed.
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
    return has_display


def serve(app: ASGIApp, listener: socket.socket, *, on_start: Callable[[], None]) -> None:
    """Serve until Ctrl-C or SIGTERM; a second Ctrl-C ends at once.

    Args:
        app: the application.
        listener: of ``open_socket``.
        on_start: called before the first request is answered.
    """
    with closing(listener), StopRequest() as stop:
        on_start()
        StoppableServer(app, should_stop=lambda: stop.requested).run(sockets=[listener])
