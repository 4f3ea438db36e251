"""Download public data sets and write their lists of videos."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stad.utils.lazy import lazy_exports

if TYPE_CHECKING:
    from stad.datasets.prepare.ava import (
        Downloads,
        Wanted,
        unpack_annotations,
        wanted_files,
        wanted_videos,
    )
    from stad.datasets.prepare.ava_kinetics import (
        find_kinetics_clips,
        match_rows,
        write_ava_kinetics,
    )
    from stad.datasets.prepare.published_lists import (
        read_class_file,
        read_class_folders,
        read_files,
        read_hmdb51,
        read_ucf101,
    )
    from stad.datasets.prepare.video_lists import write_lists

__all__ = [
    "Downloads",
    "Wanted",
    "find_kinetics_clips",
    "match_rows",
    "read_class_file",
    "read_class_folders",
    "read_files",
    "read_hmdb51",
    "read_ucf101",
    "unpack_annotations",
    "wanted_files",
    "wanted_videos",
    "write_ava_kinetics",
    "write_lists",
]

_MODULES = {
    "Downloads": "ava",
    "Wanted": "ava",
    "find_kinetics_clips": "ava_kinetics",
    "match_rows": "ava_kinetics",
    "read_class_file": "published_lists",
    "read_class_folders": "published_lists",
    "read_files": "published_lists",
    "read_hmdb51": "published_lists",
    "read_ucf101": "published_lists",
    "unpack_annotations": "ava",
    "wanted_files": "ava",
    "wanted_videos": "ava",
    "write_lists": "video_lists",
    "write_ava_kinetics": "ava_kinetics",
}

__getattr__, __dir__ = lazy_exports(__name__, _MODULES)
