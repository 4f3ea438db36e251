"""Keep a JSON object for each video in the folder's cache, as long as the file stays the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stad.annotations.own.fingerprint import fingerprint
from stad.annotations.own.folder import OwnFolder
from stad.errors import InputError
from stad.utils.files import read_json, write_whole, writing

MARK = "fingerprint"


class VideoCache:
    """Reads and writes what is known about the videos of a folder.

    Args:
        folder: of the videos.
        kind: of what is kept, the name of a folder of the cache.
    """

    def __init__(self, folder: OwnFolder, kind: str) -> None:
        self._folder, self._kind = folder, kind

    def path(self, video: str) -> Path:
        """Return the file of a video."""
        return self._folder.cache_path(self._kind) / f"{video}.json"

    def read(self, video: str) -> dict[str, Any] | None:
        """Return what is kept of a video; None if nothing is, or the video has changed since."""
        try:
            content = read_json(self.path(video))
            is_same = content[MARK] == fingerprint(self._folder.video_path(video))
        except (InputError, KeyError, TypeError):
            return None
        return content if is_same else None

    def write(self, video: str, content: Mapping[str, Any]) -> None:
        """Keep something of a video; the file appears whole or not at all.

        Args:
            video: its name.
            content: JSON values; with the 'fingerprint' of the video where it was taken before.

        Raises:
            InputError: the video cannot be read, or the file cannot be written.
        """
        if MARK not in content:
            content = {MARK: fingerprint(self._folder.video_path(video)), **content}
        path = self.path(video)
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(content, separators=(",", ":")) + "\n")
