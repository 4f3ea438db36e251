"""Write results: annotated video, JSON, CSV, COCO, subtitles, and the timeline page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stad.utils.lazy import lazy_exports

if TYPE_CHECKING:
    from stad.outputs.annotated_video import AnnotatedVideo
    from stad.outputs.coco import CocoWriter
    from stad.outputs.drawing import draw_actors
    from stad.outputs.outputs import Outputs
    from stad.outputs.segment_files import SegmentWriter
    from stad.outputs.timeline import write_timeline
    from stad.outputs.writers import AvaCsvWriter, JsonWriter, ResultWriter

__all__ = [
    "AnnotatedVideo",
    "AvaCsvWriter",
    "CocoWriter",
    "JsonWriter",
    "Outputs",
    "ResultWriter",
    "SegmentWriter",
    "draw_actors",
    "write_timeline",
]

_MODULES = {
    "AnnotatedVideo": "annotated_video",
    "AvaCsvWriter": "writers",
    "CocoWriter": "coco",
    "JsonWriter": "writers",
    "Outputs": "outputs",
    "ResultWriter": "writers",
    "SegmentWriter": "segment_files",
    "draw_actors": "drawing",
    "write_timeline": "timeline",
}

__getattr__, __dir__ = lazy_exports(__name__, _MODULES)
