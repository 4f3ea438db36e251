"""Find the timeline page of a video, as 'stad annotate --html' writes it, beside the video."""

from __future__ import annotations

import glob
import json
import re
from pathlib import Path

# The data of a page comes before the boxes, which may be long.
MAX_CHARS = 1 << 24
DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)


def timeline_page(video: Path) -> Path | None:
    """Return the page of a video that lies beside it; None where there is none.

    Its name begins with that of the video without its ending: clip.html or clip_annotated.html
    for clip.mp4.
    """
    for page in sorted(video.parent.glob(f"{glob.escape(video.stem)}*.html")):
        try:
            with page.open(encoding="utf-8", errors="replace") as file:
                found = DATA.search(file.read(MAX_CHARS))
            data = json.loads(found[1]) if found else None
        except (OSError, ValueError):
            continue
        if isinstance(data, dict) and _is_of(data, video):
            return page
    return None


def _is_of(data: dict, video: Path) -> bool:
    shown = data.get("video")
    if not isinstance(data.get("segments"), list) or not isinstance(shown, dict):
        return False
    return shown.get("name") == video.name
