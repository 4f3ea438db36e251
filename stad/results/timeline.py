"""One self-contained HTML page: the annotated video and, under it, who does what when."""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import quote

from stad.errors import InputError
from stad.results.document import FORMAT, VERSION, actor_name
from stad.results.page import write_page
from stad.results.palette import actor_color, hex_color, text_color


def write_timeline(
    path: str | Path,
    document: dict | str | Path,
    video_href: str | None,
    *,
    video_start_sec: float = 0.0,
) -> None:
    """Write the page; it appears whole or not at all.

    The page needs no network and works from a folder; the video stays a file of its own.

    Args:
        path: the HTML file to write.
        document: an annotation document or the file of one; its frames are not used and may be
            missing.
        video_href: link to the video, as ``relative_href`` makes it; None for no video.
        video_start_sec: time in the document at which that video begins.

    Raises:
        InputError: the document cannot be read, or the page cannot be written.
    """
    if not isinstance(document, dict):
        document = _read_document(Path(document))
    data = page_data(document, video_href, video_start_sec=video_start_sec)
    write_page(path, "timeline.html", parts=("page", "timeline"), data=data)


def relative_href(target: str | Path, page: str | Path) -> str:
    """The link from a page to a file, percent-encoded, relative where drives allow.

    >>> relative_href("out/a b#1.mp4", "out/page.html")
    'a%20b%231.mp4'
    """
    try:
        link = Path(os.path.relpath(target, Path(page).parent)).as_posix()
    except ValueError:
        return Path(target).resolve().as_uri()
    # Quoted as bytes: file names on Linux need not be UTF-8. './' keeps 'a:b.mp4' from being
    # read as an address of the scheme 'a'.
    quoted = quote(os.fsencode(link))
    return f"./{quoted}" if ":" in link.split("/")[0] else quoted


def page_data(document: dict, video_href: str | None, *, video_start_sec: float) -> dict:
    """What the page's script reads: the document's head, colours, and segments as rows.

    A row is [place in actors, place in labels, start_sec, end_sec, score]; actors go by id,
    labels by the time they take, so that the commonest differ most in colour.
    """
    segments = document["segments"]
    ids = sorted({segment["actor"] for segment in segments})
    time_of: dict[str, float] = {}
    for segment in segments:
        length_sec = segment["end_sec"] - segment["start_sec"]
        time_of[segment["label"]] = time_of.get(segment["label"], 0.0) + length_sec
    names = sorted(time_of, key=lambda name: (-time_of[name], name))
    actor_at = {actor_id: place for place, actor_id in enumerate(ids)}
    label_at = {name: place for place, name in enumerate(names)}
    rows = [
        [actor_at[s["actor"]], label_at[s["label"]], s["start_sec"], s["end_sec"], s["score"]]
        for s in segments
    ]
    return {
        "video": document["video"],
        "href": video_href,
        "video_start_sec": video_start_sec,
        "model": document["model"],
        "detector": document["detector"],
        "threshold": document["threshold"],
        "complete": document["complete"],
        "num_frames": document["num_frames_written"],
        "actors": [
            {"id": actor_id, "name": actor_name(actor_id), **_colors(actor_id)} for actor_id in ids
        ],
        "labels": [{"name": name, **_colors(place)} for place, name in enumerate(names)],
        "segments": sorted(rows, key=lambda row: (row[2], row[0], row[1])),
    }


def _colors(place: int) -> dict[str, str]:
    color = actor_color(place)
    return {"color": hex_color(color), "text": hex_color(text_color(color))}


def _read_document(path: Path) -> dict:
    """An annotation document from its file."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise InputError(f"{path} is no JSON ({error}): give a file of --json") from error
    kind = (document.get("format"), document.get("version")) if isinstance(document, dict) else None
    if kind != (FORMAT, VERSION):
        raise InputError(
            f"{path} should be a {FORMAT} document of version {VERSION}, it says {kind}: "
            "give a file of --json"
        )
    return document
