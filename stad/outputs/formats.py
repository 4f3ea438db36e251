"""Open the writer of each output format by its name.

A new format is a module with a ``ResultWriter`` and one line in ``FORMATS``; its option is one
field of ``stad.cli.annotate_options.OutputOptions``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from stad.outputs.coco import CocoWriter
from stad.outputs.segment_files import (
    SegmentWriter,
    activitynet_texts,
    event_texts,
    subtitle_texts,
)
from stad.outputs.writers import AvaCsvWriter, JsonWriter, ResultWriter
from stad.structures import RunInfo


class OutputFormat(NamedTuple):
    """A file that a run can write.

    Attributes:
        kind: what the file is called at the end of a run.
        open: opens its writer, given the path and how the results are made.
        is_sampled: whether it takes a few frames per second instead of all.
    """

    kind: str
    open: Callable[[Path, RunInfo], ResultWriter]
    is_sampled: bool = False


def _open_ava_csv(path: Path, info: RunInfo) -> ResultWriter:
    size_px = {"width_px": info.video.width_px, "height_px": info.video.height_px}
    return AvaCsvWriter(path, _video_id(info), **size_px)


def _open_events(path: Path, info: RunInfo) -> ResultWriter:
    names, video_id = info.class_names, _video_id(info)
    return SegmentWriter(
        path, lambda tubes: event_texts(tubes, video_id=video_id, class_names=names)
    )


def _open_activitynet(path: Path, info: RunInfo) -> ResultWriter:
    names, video_id = info.class_names, _video_id(info)
    return SegmentWriter(
        path, lambda tubes: activitynet_texts(tubes, video_id=video_id, class_names=names)
    )


def _open_subtitles(path: Path, info: RunInfo) -> ResultWriter:
    is_vtt, names = path.suffix.lower() == ".vtt", info.class_names
    return SegmentWriter(
        path, lambda tubes: subtitle_texts(tubes, is_vtt=is_vtt, class_names=names)
    )


def _video_id(info: RunInfo) -> str:
    return Path(info.video.name).stem


# By the name of the option, without its dashes. The annotated video and the timeline page need
# more than results: ``Outputs`` opens them itself.
FORMATS = {
    "json": OutputFormat("JSON", JsonWriter),
    "csv": OutputFormat("CSV", _open_ava_csv),
    "events": OutputFormat("events", _open_events),
    "activitynet": OutputFormat("segments", _open_activitynet),
    "subtitles": OutputFormat("subtitles", _open_subtitles),
    "coco": OutputFormat("COCO", CocoWriter, is_sampled=True),
}
