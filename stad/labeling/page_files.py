"""Build the label page from its template and parts."""

from __future__ import annotations

from pathlib import Path

from stad.outputs.page import page_text

TEMPLATE = Path(__file__).parent / "page" / "label.html"
# Names of .css and .js files in the template's folder or in stad/outputs, in order.
PARTS = (
    *("page", "boxes", "label", "lanes", "model", "tracks", "session", "saving", "stage"),
    *("lanes_pointer", "videos", "classes", "chosen", "proposals", "drawing", "actors"),
    *("commands", "start"),
)


def render_page(project_name: str, token: str) -> str:
    """Return the HTML of the label page.

    Args:
        project_name: name of the folder of videos.
        token: what the page sends with each request.
    """
    data = {"project": project_name, "token": token}
    return page_text(TEMPLATE, parts=PARTS, data=data)
