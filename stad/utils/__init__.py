"""Helpers that every package may use: boxes, files, downloads, interrupts, text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stad.utils.lazy import lazy_exports

if TYPE_CHECKING:
    from stad.utils.boxes import box_iou, paired_box_iou, paired_segment_iou, tube_iou
    from stad.utils.cache import cache_dir
    from stad.utils.download import download_url, hash_file
    from stad.utils.files import (
        AtomicFile,
        atomic_write,
        check_output,
        existing_file,
        partial_file,
        read_json,
        renamed_into_place,
        write_error,
        write_whole,
        writing,
    )
    from stad.utils.interrupt import StopRequest
    from stad.utils.markdown import markdown_table
    from stad.utils.networks import Network, NetworkOpener, open_in_torch
    from stad.utils.numbers import none_if_nan, round_decimals, rounded
    from stad.utils.part_files import part_path
    from stad.utils.pickles import read_numpy_pickle
    from stad.utils.scratch import ScratchFile
    from stad.utils.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES
    from stad.utils.supervisor import run_supervised
    from stad.utils.text import and_more, shown

# Imported when first used: a supervisor forks before anything large is loaded, numpy included.
_MODULES = {
    "AtomicFile": "files",
    "IMAGE_SUFFIXES": "suffixes",
    "Network": "networks",
    "NetworkOpener": "networks",
    "ScratchFile": "scratch",
    "StopRequest": "interrupt",
    "VIDEO_SUFFIXES": "suffixes",
    "and_more": "text",
    "atomic_write": "files",
    "box_iou": "boxes",
    "cache_dir": "cache",
    "check_output": "files",
    "download_url": "download",
    "existing_file": "files",
    "hash_file": "download",
    "markdown_table": "markdown",
    "none_if_nan": "numbers",
    "paired_box_iou": "boxes",
    "paired_segment_iou": "boxes",
    "open_in_torch": "networks",
    "part_path": "part_files",
    "partial_file": "files",
    "read_json": "files",
    "read_numpy_pickle": "pickles",
    "renamed_into_place": "files",
    "round_decimals": "numbers",
    "rounded": "numbers",
    "run_supervised": "supervisor",
    "shown": "text",
    "tube_iou": "boxes",
    "write_error": "files",
    "write_whole": "files",
    "writing": "files",
}

__all__ = [
    "IMAGE_SUFFIXES",
    "VIDEO_SUFFIXES",
    "AtomicFile",
    "Network",
    "NetworkOpener",
    "ScratchFile",
    "StopRequest",
    "and_more",
    "atomic_write",
    "box_iou",
    "cache_dir",
    "check_output",
    "download_url",
    "existing_file",
    "hash_file",
    "markdown_table",
    "none_if_nan",
    "open_in_torch",
    "paired_box_iou",
    "paired_segment_iou",
    "part_path",
    "partial_file",
    "read_json",
    "read_numpy_pickle",
    "renamed_into_place",
    "round_decimals",
    "rounded",
    "run_supervised",
    "shown",
    "tube_iou",
    "write_error",
    "write_whole",
    "writing",
]

__getattr__, __dir__ = lazy_exports(__name__, _MODULES)
