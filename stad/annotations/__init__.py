"""Read, check and write annotation files: AVA CSV, proposals, segments, tubes, video lists.

Nothing is evaluated here, see ``stad.evaluation``. Names are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stad.utils.lazy import lazy_exports

if TYPE_CHECKING:
    from stad.annotations.ava_csv import read_ava_csv, read_excluded
    from stad.annotations.ava_table import AvaTable, labelled_boxes
    from stad.annotations.ava_writer import write_ava_csv
    from stad.annotations.boxes import LabelledBoxes
    from stad.annotations.keyframes import ActorTable, group_actors
    from stad.annotations.label_maps import class_names, evaluated_classes, read_label_map
    from stad.annotations.listed_videos import find_listed, list_class_folders
    from stad.annotations.proposals import Proposals, read_proposals
    from stad.annotations.readers import AnnotationReader, read_annotations
    from stad.annotations.segments import SegmentRows
    from stad.annotations.segments import read_annotations as read_segment_annotations
    from stad.annotations.segments import read_results as read_segment_results
    from stad.annotations.tubes import (
        LabelledTube,
        TubeAnnotations,
        read_tube_annotations,
        read_tube_results,
    )
    from stad.annotations.video_lists import VideoList, read_video_list

__all__ = [
    "ActorTable",
    "AnnotationReader",
    "AvaTable",
    "LabelledBoxes",
    "LabelledTube",
    "Proposals",
    "SegmentRows",
    "TubeAnnotations",
    "VideoList",
    "class_names",
    "evaluated_classes",
    "find_listed",
    "group_actors",
    "labelled_boxes",
    "list_class_folders",
    "read_annotations",
    "read_ava_csv",
    "read_excluded",
    "read_label_map",
    "read_proposals",
    "read_segment_annotations",
    "read_segment_results",
    "read_tube_annotations",
    "read_tube_results",
    "read_video_list",
    "write_ava_csv",
]

_NAMES = {
    "ava_csv": ("read_ava_csv", "read_excluded"),
    "ava_table": ("AvaTable", "labelled_boxes"),
    "ava_writer": ("write_ava_csv",),
    "keyframes": ("ActorTable", "group_actors"),
    "label_maps": ("class_names", "evaluated_classes", "read_label_map"),
    "boxes": ("LabelledBoxes",),
    "listed_videos": ("find_listed", "list_class_folders"),
    "proposals": ("Proposals", "read_proposals"),
    "readers": ("AnnotationReader", "read_annotations"),
    "segments": ("SegmentRows",),
    "tubes": ("LabelledTube", "TubeAnnotations", "read_tube_annotations", "read_tube_results"),
    "video_lists": ("VideoList", "read_video_list"),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names} | {
    "read_segment_annotations": "segments:read_annotations",
    "read_segment_results": "segments:read_results",
}

# Lazily: AVA's CSV reader needs pyarrow, which programs that only draw or watch do not.
__getattr__, __dir__ = lazy_exports(__name__, _MODULES)
