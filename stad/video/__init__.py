"""Read and write video: frames with times, the windows that make a clip, and the mp4 writer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stad.utils.lazy import lazy_exports

if TYPE_CHECKING:
    from stad.video.clip_reader import ClipReader, RawClip
    from stad.video.clip_source import ClipSource, FrameFolders, VideoFiles
    from stad.video.live import LiveSource
    from stad.video.sampling import Views, parse_views, random_times, view_times
    from stad.video.sink import VideoSink
    from stad.video.source import VideoSource
    from stad.video.window import FrameBuffer, Window, clip_frames, nearest_frames

__all__ = [
    "ClipReader",
    "ClipSource",
    "FrameBuffer",
    "FrameFolders",
    "LiveSource",
    "RawClip",
    "VideoFiles",
    "VideoSink",
    "VideoSource",
    "Views",
    "Window",
    "clip_frames",
    "nearest_frames",
    "parse_views",
    "random_times",
    "view_times",
]

# Modules, imported at the first use of a name: decord needs torch.
_MODULES = {
    "ClipReader": "clip_reader",
    "ClipSource": "clip_source",
    "FrameBuffer": "window",
    "FrameFolders": "clip_source",
    "LiveSource": "live",
    "RawClip": "clip_reader",
    "VideoFiles": "clip_source",
    "VideoSink": "sink",
    "VideoSource": "source",
    "Views": "sampling",
    "Window": "window",
    "clip_frames": "window",
    "nearest_frames": "window",
    "parse_views": "sampling",
    "random_times": "sampling",
    "view_times": "sampling",
}

__getattr__, __dir__ = lazy_exports(__name__, _MODULES)
