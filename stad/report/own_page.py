"""Write the report on own classes: a self-contained HTML page and a JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stad.errors import InputError
from stad.outputs.page import write_page
from stad.report.thumbnails import add_thumbnails
from stad.utils.files import make_folder, write_whole
from stad.video.clip_source import VideoFiles

PAGE, FIGURES = "report.html", "report.json"
PARTS = ("page", "report_common", "own")


def write_own_report(
    folder: str | Path,
    data: Mapping[str, Any],
    *,
    cells: Mapping[str, list[dict[str, Any]]],
    sizes: Mapping[str, tuple[int, int]],
    videos: str | Path,
) -> Path:
    """Write report.html and report.json; each file appears whole or not at all.

    Args:
        folder: output folder; it is made if it does not exist.
        data: all figures, as JSON values.
        cells: examples of each cell of the confusions by 'row,column': the video, the time in
            seconds, the score and the box in source pixels.
        sizes: (width, height) of each video, pixels.
        videos: folder of the videos.

    Returns:
        Path of the page.

    Raises:
        InputError: the report cannot be written.
    """
    folder = Path(folder)
    make_folder(folder)
    write_whole(folder / FIGURES, json.dumps(data, allow_nan=False, indent=1) + "\n")
    shown = {key: [_relative(one, sizes) for one in found] for key, found in cells.items()}
    failed = add_thumbnails(
        [one for found in shown.values() for one in found], VideoFiles(videos), start_sec=0.0
    )
    notes = [f"There is no image of {name}: {reason}" for name, reason in failed.items()]
    page = folder / PAGE
    write_page(
        page,
        Path(__file__).with_name("own.html"),
        parts=PARTS,
        data={**data, "cells": shown, "image_notes": notes},
    )
    return page


def _relative(entry: dict[str, Any], sizes: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    """Return an example with its box as fractions of the frame."""
    if entry["video"] not in sizes:
        raise InputError(f"The size of the video {entry['video']!r} is not known.")
    width, height = sizes[entry["video"]]
    x1, y1, x2, y2 = entry["box"]
    return {**entry, "box": [x1 / width, y1 / height, x2 / width, y2 / height], "other_box": None}
