"""Write the page of tagged videos: a row for each, with its tags and when they hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from stad.errors import InputError
from stad.outputs.page import write_page
from stad.outputs.palette import actor_color, hex_color
from stad.report.thumbnails import SINGLE_FRAME, thumbnail
from stad.tagging.kind import STEP_SEC
from stad.tagging.tagger import WINDOW_SEC, Tagger, VideoTags
from stad.video.clip_source import VideoFiles

PARTS = ("page", "tags")
# Of the times of a video; each shows the highest score of its seconds.
MAX_CELLS = 180
SHOWN_TAGS = 3
PERCENT = 100


def write_tags_page(
    path: Path,
    tagged: Sequence[VideoTags],
    tagger: Tagger,
    *,
    left_out: dict[str, str],
    progress: bool = True,
) -> None:
    """Write the page; it needs no network, and appears whole or not at all.

    Args:
        path: the HTML file.
        tagged: the videos.
        tagger: that tagged them.
        left_out: why videos have no tags, by their names.
        progress: show a progress bar of the images.

    Raises:
        InputError: it cannot be written.
    """
    used = np.zeros(len(tagger.classes), np.int64)
    for one in tagged:
        used += one.shown
    bar = tqdm(tagged, desc="images", leave=False, disable=None if progress else True)
    data = {
        "model": tagger.name,
        "window_sec": WINDOW_SEC,
        "classes": [
            {"name": name, "color": hex_color(actor_color(place)), "videos": int(used[place])}
            for place, name in enumerate(tagger.classes)
        ],
        "videos": [video_data(one, image=_image(one)) for one in bar],
        "left_out": [{"name": name, "reason": reason} for name, reason in left_out.items()],
    }
    write_page(path, Path(__file__).with_name("tags.html"), parts=PARTS, data=data)


def video_data(one: VideoTags, *, image: str | None) -> dict[str, Any]:
    """Return what the page shows of a video: whole percents, to keep it small."""
    chosen = one.best(SHOWN_TAGS)
    cells, cell_sec = shorten(one.over_time[:, chosen])
    return {
        "name": one.id,
        "seconds": len(one.over_time) * STEP_SEC,
        "image": image,
        "cell_sec": cell_sec,
        "tags": [
            {
                "tag": place,
                "score": round(float(one.scores[place]), 4),
                "shown": bool(one.shown[place]),
                "cells": np.rint(cells[:, column] * PERCENT).astype(int).tolist(),
            }
            for column, place in enumerate(chosen)
        ],
    }


def shorten(over_time: np.ndarray, *, max_cells: int = MAX_CELLS) -> tuple[np.ndarray, float]:
    """Return (M, C) scores, M at most ``max_cells``, and the seconds of each.

    >>> shorten(np.array([[0.1], [0.5], [0.2]]), max_cells=2)[0].tolist()
    [[0.5], [0.2]]
    """
    size = max(1, -(-len(over_time) // max_cells))
    starts = np.arange(0, len(over_time), size)
    return np.maximum.reduceat(over_time, starts, axis=0), size * STEP_SEC


def _image(one: VideoTags) -> str | None:
    """Return the frame in the middle of a video as a data URI; None without a file."""
    if one.path is None:
        return None
    middle_sec = len(one.over_time) * STEP_SEC / 2
    try:
        files = VideoFiles(one.path.parent)
        frame = files.read(one.path.name, middle_sec, SINGLE_FRAME).frames[0]
    except InputError:
        return None
    return thumbnail(frame, None, None)
