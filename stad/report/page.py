"""Write the report on AVA evaluations: a self-contained HTML page and a JSON file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stad.errors import InputError
from stad.outputs.page import write_page
from stad.report.data import NamedResult, name_results, report_data
from stad.report.thumbnails import add_thumbnails
from stad.utils.files import make_folder, write_whole

if TYPE_CHECKING:
    from stad.video.clip_source import ClipSource

__all__ = ["PAGE", "NamedResult", "name_results", "write_report"]

PAGE, FIGURES = "report.html", "report.json"
PARTS = ("page", "report_common", "report")


def write_report(
    folder: str | Path,
    results: Sequence[NamedResult],
    *,
    videos: ClipSource | str | Path | None = None,
    video_start_sec: float = 0.0,
) -> Path:
    """Write report.html and report.json; each file appears whole or not at all.

    Args:
        folder: output folder; it is made if it does not exist.
        results: one or more evaluations against the same ground truth.
        videos: the videos, or a folder of files named after their ids, for images of the
            mistakes; mistakes in other videos get no image.
        video_start_sec: the time that the annotations give to the start of the files.

    Returns:
        Path of the page.

    Raises:
        InputError: the results cannot be compared, there is no such folder of videos, or the
            report cannot be written.
    """
    folder = Path(folder)
    if isinstance(videos, (str, Path)):
        if not Path(videos).is_dir():
            raise InputError(f"{videos} is not a folder of videos. Check the path.")
        # Imported here because it loads torch and decord, which a report without images can skip.
        from stad.video.clip_source import VideoFiles

        videos = VideoFiles(videos)
    data = report_data(results)
    make_folder(folder)
    write_whole(folder / FIGURES, json.dumps(data, allow_nan=False) + "\n")
    data["image_notes"] = []
    if videos is not None:
        data["image_notes"] = _add_images(data, videos, video_start_sec)
    write_page(folder / PAGE, Path(__file__).with_name("report.html"), parts=PARTS, data=data)
    return folder / PAGE


def _add_images(data: dict, videos: ClipSource, start_sec: float) -> list[str]:
    """Add thumbnails to ``data``.

    Returns:
        Remarks on missing thumbnails, a sentence each.
    """
    if not data["boxes_are_relative"]:
        return ["There are no images because the boxes are not fractions of the frame, 0 to 1."]
    mistakes = [
        mistake
        for result in data["results"]
        for kind in ("false_positives", "misses")
        for mistake in result[kind]
    ]
    failed = add_thumbnails(mistakes, videos, start_sec=start_sec)
    if not failed:
        return []
    count = len({one["video"] for one in mistakes})
    first = next(iter(failed.values()))
    return [f"{len(failed)} of {count} videos have no images, such as: {first}"]
