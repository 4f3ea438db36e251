"""Fetch a video that a client names by URL, bounded in size and time."""

from __future__ import annotations

import contextlib
import http.client
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

import stad
from stad.errors import InputError
from stad.serving.addresses import open_connection, send_request, split_url
from stad.utils.files import writing

MAX_REDIRECTS = 5
REDIRECTS = (301, 302, 303, 307, 308)
READ_SEC, TOTAL_SEC = 30.0, 3600.0
PIECE_BYTES = 1 << 20


class Unwanted(Exception):
    """The video is not wanted any more."""


def fetch(
    url: str,
    path: Path,
    *,
    max_bytes: int,
    allow_private: bool,
    is_wanted: Callable[[], bool],
    total_sec: float = TOTAL_SEC,
) -> int:
    """Fetch a file; return its size in bytes. What is incomplete is removed.

    Args:
        url: http or https.
        path: where to write it.
        max_bytes: maximum size.
        allow_private: private addresses may be called; checked after each redirect, too.
        is_wanted: asked after each piece.
        total_sec: maximum time.

    Raises:
        InputError: it cannot be fetched, or is too large.
        Unwanted: it is not wanted any more.
    """
    until_sec = time.monotonic() + total_sec
    try:
        for _ in range(MAX_REDIRECTS + 1):
            parts = split_url(url)
            connection = open_connection(parts, allow_private=allow_private, timeout_sec=READ_SEC)
            with contextlib.closing(connection):
                answer = send_request(
                    connection, "GET", parts, headers={"User-Agent": f"stad/{stad.__version__}"}
                )
                if answer.status in REDIRECTS and (place := answer.getheader("Location")):
                    url = urljoin(url, place)
                    continue
                if answer.status != http.client.OK:
                    raise InputError(
                        f"The host {parts.hostname} answered {answer.status}. Check the URL."
                    )
                return _copy(
                    answer, path, max_bytes=max_bytes, until_sec=until_sec, is_wanted=is_wanted
                )
        raise InputError(f"The URL leads on more than {MAX_REDIRECTS} times. Give the last one.")
    except (OSError, http.client.HTTPException) as error:
        path.unlink(missing_ok=True)
        reason = getattr(error, "strerror", None) or error or type(error).__name__
        raise InputError(f"The URL cannot be fetched ({reason}). Try again later.") from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _copy(
    answer: http.client.HTTPResponse,
    path: Path,
    *,
    max_bytes: int,
    until_sec: float,
    is_wanted: Callable[[], bool],
) -> int:
    too_large = InputError(f"The video is larger than {max_bytes} bytes, the limit here.")
    if (answer.length or 0) > max_bytes:
        raise too_large
    size = 0
    with contextlib.ExitStack() as stack:
        with writing(path):
            file = stack.enter_context(path.open("wb"))
        while piece := answer.read1(PIECE_BYTES):
            size += len(piece)
            if size > max_bytes:
                raise too_large
            if not is_wanted():
                raise Unwanted
            if time.monotonic() > until_sec:
                raise InputError("The URL took too long to fetch. Try again later.")
            with writing(path):
                file.write(piece)
    if answer.length:
        raise InputError("The URL was interrupted. Try again.")
    return size
