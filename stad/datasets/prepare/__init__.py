"""Download public data sets and write their lists of videos."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

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
        write_training_set,
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
    "write_lists",
    "write_training_set",
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
    "write_training_set": "ava_kinetics",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
