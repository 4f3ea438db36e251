"""Build the pages of the service from their templates and parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stad.outputs.page import page_text
from stad.serving.settings import ServiceSettings

FOLDER = Path(__file__).parent / "page"


def start_page(settings: ServiceSettings, *, has_token: bool) -> str:
    """Return the page with the jobs, on which videos are dropped.

    Args:
        settings: of the service.
        has_token: the browser can log out.
    """
    data = {
        "hasToken": has_token,
        "maxBytes": settings.max_bytes,
        "maxLengthSec": settings.max_length_sec,
        "keepDays": settings.keep_days,
        "takesPaths": settings.videos is not None,
        "takesUrls": settings.allow_urls,
        "live": sorted(settings.live),
        "takesLiveUrls": settings.allow_live_urls,
    }
    parts = ("page", "serve", "jobs", "uploads", "live", "start")
    return page_text(FOLDER / "start.html", parts=parts, data=data)


def login_page() -> str:
    """Return the page that asks for the token."""
    return page_text(FOLDER / "login.html", parts=("page", "serve", "login"), data={})


def docs_page(openapi: dict[str, Any]) -> str:
    """Return the page that describes the endpoints.

    Args:
        openapi: description of the interface.
    """
    return page_text(FOLDER / "docs.html", parts=("page", "serve", "docs"), data=openapi)
