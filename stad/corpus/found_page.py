"""Write the page of found segments: thumbnails that play, and jump into their videos."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from stad.corpus.originals import Originals, by_video
from stad.corpus.query import FoundSegment, Totals
from stad.corpus.search import Tables
from stad.corpus.strips import NUM_FRAMES, REACH_SEC, film_strip, open_source
from stad.corpus.timeline_pages import timeline_page
from stad.errors import InputError
from stad.outputs.page import embedded_json, write_page
from stad.outputs.palette import actor_color, hex_color, text_color
from stad.outputs.timeline import relative_href
from stad.video.source import VideoSource

PARTS = ("page", "found")
TIME_DIGITS, SCORE_DIGITS = 3, 4


def write_found_page(
    path: Path,
    found: Sequence[FoundSegment],
    totals: Totals,
    boxes: Sequence[np.ndarray],
    originals: Originals,
    *,
    title: str,
    progress: bool = True,
) -> None:
    """Write the page; it needs no network, and appears whole or not at all.

    Args:
        path: the HTML file.
        found: the segments it shows.
        totals: how many there are.
        boxes: of each segment, as ``find_boxes`` returns them.
        originals: the videos; it notes those that cannot be used.
        title: what was searched for.
        progress: show a progress bar on a terminal.

    Raises:
        InputError: it cannot be written.
    """
    data: dict[str, Any] = {
        "title": title,
        "num_found": totals.num_segments,
        "num_videos": totals.num_videos,
        "num_models": totals.num_models,
        "num_frames": NUM_FRAMES,
    }
    write_page(
        path,
        Path(__file__).with_name("found.html"),
        parts=PARTS,
        data=data,
        stream=_stream(path, found, boxes, originals, progress=progress),
    )


def find_boxes(tables: Tables, found: Sequence[FoundSegment]) -> list[np.ndarray]:
    """Return the boxes of the actor of each segment, (B, 5) float64: times and xyxy, ascending."""
    rows: list[list[tuple[float, ...]]] = [[] for _ in found]
    for place, *row in tables.boxes_of(found, reach_sec=REACH_SEC):
        rows[place].append(tuple(row))
    return [np.array(one, np.float64).reshape(-1, 5) for one in rows]


def _stream(
    page: Path,
    found: Sequence[FoundSegment],
    boxes: Sequence[np.ndarray],
    originals: Originals,
    *,
    progress: bool,
) -> Iterator[str]:
    """Yield JSON of the segments, one at a time, and then of the videos that cannot be used."""
    places = {id(one): place for place, one in enumerate(found)}
    source: VideoSource | None = None
    before = '{"segments":['
    bar = tqdm(by_video(found), desc="thumbnails", leave=False, disable=None if progress else True)
    for segment in bar:
        place = places[id(segment)]
        card = _card(segment, place)
        file = originals.file(segment)
        if file is not None:
            try:
                source = open_source(file, source)
                card["strip"], card["aspect"] = film_strip(
                    source,
                    segment.start_sec,
                    segment.end_sec,
                    actor_id=segment.actor_id,
                    boxes=boxes[place],
                )
            except InputError as error:
                originals.problems[segment.path] = str(error)
            card |= _links(segment, file, page)
        yield before + embedded_json(card)
        before = ","
    problems = embedded_json({"problems": list(originals.problems.values())})
    yield f"{'' if found else before}],{problems[1:]}"


def _card(segment: FoundSegment, place: int) -> dict[str, Any]:
    color = actor_color(segment.class_index)
    score = segment.score
    return {
        "place": place,
        "path": segment.path,
        "label": segment.label,
        "color": hex_color(color),
        "text": hex_color(text_color(color)),
        "score": None if score is None else round(score, SCORE_DIGITS),
        "actor": segment.actor_id,
        "start": round(segment.start_sec, TIME_DIGITS),
        "end": round(segment.end_sec, TIME_DIGITS),
        "model": segment.model,
    }


def _links(segment: FoundSegment, file: Path, page: Path) -> dict[str, str]:
    """Return links into the timeline page of the video, if there is one, and into the video."""
    at = f"#t={max(segment.start_sec, 0.0):.2f}"
    if "://" in segment.path and not Path(segment.path).exists():
        # A browser opens addresses of the web, not of other stores.
        is_web = segment.path.startswith(("http://", "https://"))
        return {"video": segment.path.partition("#")[0] + at} if is_web else {}
    links = {"video": relative_href(file, page) + at}
    timeline = timeline_page(file)
    if timeline is not None:
        links["timeline"] = f"{relative_href(timeline, page)}{at}&actor={segment.actor_id}"
    return links
