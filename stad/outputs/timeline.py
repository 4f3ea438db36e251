"""Write a self-contained HTML page: the video and, under it, who does what when."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from stad.annotations.document import FORMAT, READ_VERSIONS, actor_name, frame_results
from stad.errors import InputError
from stad.inference.collector import SAMPLE_SEC, SampleClock
from stad.outputs.overlay import CHUNK_SEC, OverlayStore
from stad.outputs.page import write_page
from stad.outputs.palette import PALETTE, actor_color, hex_color, text_color
from stad.utils.files import read_json
from stad.utils.part_files import scratch_folder

PARTS = ("page", "boxes", "overlay", "player", "timeline")


@dataclass(frozen=True)
class PageVideo:
    """A video that the page can play.

    Attributes:
        href: link to it, as ``relative_href`` makes it.
        name: as it is shown.
        start_sec: time in the document at which it begins.
        has_boxes: whether boxes are drawn into its frames already.
    """

    href: str
    name: str
    start_sec: float = 0.0
    has_boxes: bool = False


def write_timeline(
    path: str | Path,
    document: dict | str | Path,
    videos: Sequence[PageVideo] = (),
    *,
    first_sec: float = 0.0,
    overlay: OverlayStore | None = None,
    num_exclusive: int = 0,
) -> None:
    """Write the page; it appears whole or not at all.

    The page needs no network and works from a folder; the videos stay separate files.

    Args:
        path: the HTML file to write.
        document: an annotation document, whose frames are not used and may be missing, or its
            file, whose frames become the boxes that the page draws.
        videos: the first one that the browser can play is shown; put one without boxes first,
            because the page draws them.
        first_sec: time of the first frame, seconds, for a document without frames.
        overlay: boxes and scores of the run, for a document without frames.
        num_exclusive: how many classes, the first ones, are postures: a person in none of them
            is shown as 'not sure'.

    Raises:
        InputError: the document cannot be read, or the page cannot be written.
    """
    made = None
    if not isinstance(document, dict):
        source = Path(document)
        document = _read_document(source)
        overlay = made = OverlayStore(scratch_folder(path))
        try:
            first_sec = _fill_overlay(made, document)
            page_data(document, videos, first_sec=first_sec)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            made.close()
            raise InputError(
                f"{source} is not a document that --json wrote ({error!r:.100}). Write it again."
            ) from error
    data = page_data(document, videos, first_sec=first_sec, num_exclusive=num_exclusive)
    stream = overlay.texts() if overlay else ["[]"]
    try:
        write_page(
            path, Path(__file__).with_name("timeline.html"), parts=PARTS, data=data, stream=stream
        )
    finally:
        if made is not None:
            made.close()


def _fill_overlay(overlay: OverlayStore, document: dict) -> float:
    """Add the frames of a document to an overlay; return the time of the first one."""
    clock, first_sec = SampleClock(), 0.0
    for number, result in enumerate(frame_results(document)):
        first_sec = first_sec if number else result.time_sec
        overlay.write(result, is_sample=clock.is_due(result.time_sec))
    return first_sec


def relative_href(target: str | Path, page: str | Path) -> str:
    """Return the link from a page to a file, percent-encoded, relative if possible.

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


def page_data(
    document: dict, videos: Sequence[PageVideo], *, first_sec: float, num_exclusive: int = 0
) -> dict:
    """Return the data of the page's script: the document's head, colours, and segments as rows.

    A row is [place in actors, place in labels, start_sec, end_sec, score]; actors go by id,
    labels by their total time, so that the most frequent ones differ clearly in colour.
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
    head = ("video", "model", "detector", "class_names", "threshold", "stride_sec", "complete")
    return {
        **{key: document[key] for key in head},
        "videos": [asdict(video) for video in videos],
        "first_sec": first_sec,
        "chunk_sec": CHUNK_SEC,
        "sample_sec": SAMPLE_SEC,
        "num_frames": document["num_frames_written"],
        "num_exclusive": num_exclusive,
        "palette": [_colors(place) for place in range(len(PALETTE))],
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
    """Read an annotation document from its file."""
    document = read_json(path)
    kind = (document.get("format"), document.get("version")) if isinstance(document, dict) else None
    if kind not in [(FORMAT, version) for version in READ_VERSIONS]:
        raise InputError(
            f"Expected a {FORMAT} document of version {READ_VERSIONS[-1]}, but {path} has format "
            f"and version {kind}. Give a file that --json wrote."
        )
    return document
