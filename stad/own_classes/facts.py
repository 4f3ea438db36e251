"""Know the size and the length of each video, read once and kept by the file's content."""

from __future__ import annotations

import json
from typing import NamedTuple

from stad.annotations.own.fingerprint import fingerprint
from stad.annotations.own.folder import OwnFolder
from stad.errors import InputError
from stad.utils.files import read_json, write_whole

FILE = "facts.json"


class VideoFacts(NamedTuple):
    """Facts about a video file.

    Attributes:
        fingerprint: of the content.
        width_px, height_px: upright size.
        duration_sec: length.
        fps: mean frames per second.
    """

    fingerprint: str
    width_px: int
    height_px: int
    duration_sec: float
    fps: float


class FactsCache:
    """Reads the facts of videos, each file once.

    Args:
        folder: of the videos.
    """

    def __init__(self, folder: OwnFolder) -> None:
        self._folder = folder
        self._path = folder.cache_path("facts") / FILE
        self._known: dict[str, list] = {}
        if self._path.is_file():
            try:
                content = read_json(self._path)
            except InputError:
                content = None
            # A cache that cannot be used is made again.
            self._known = content if isinstance(content, dict) else {}
        self._has_changed = False

    def read(self, video: str) -> VideoFacts:
        """Return the facts of a video.

        Raises:
            InputError: the file is missing or is not a video.
        """
        path = self._folder.video_path(video)
        mark = fingerprint(path)
        values = self._known.get(mark)
        if values is None:
            # Imported here: PyAV takes a moment, which known videos do not need.
            from stad.video.source import VideoSource

            source = VideoSource(path)
            info = source.info
            duration_sec = round(source.measured_duration_sec(), 6)
            values = [info.width_px, info.height_px, duration_sec, round(float(info.fps), 6)]
            self._known[mark] = values
            self._has_changed = True
        return VideoFacts(mark, *values)

    def save(self) -> None:
        """Write what was read since the last time."""
        if self._has_changed:
            write_whole(self._path, json.dumps(self._known) + "\n")
            self._has_changed = False
