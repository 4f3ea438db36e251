"""Read the clips of a video one after the other, each frame decoded once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from stad.structures import Frame
from stad.video.clip_reader import RawClip
from stad.video.clip_source import VideoFiles
from stad.video.source import VideoSource
from stad.video.time_limit import StuckError, within_limit
from stad.video.window import FrameBuffer, Window


class ForwardVideoFiles(VideoFiles):
    """Reads clips as ``VideoFiles`` does, faster where they come in the order of their times.

    It keeps the frames of the last window and decodes on from there; a clip that begins earlier
    starts the video over.

    Args:
        folder: the folder of the files.
    """

    def __init__(self, folder: str | Path) -> None:
        super().__init__(folder)
        self._open_id = ""
        self._frames: Iterator[Frame] = iter(())
        self._buffer = FrameBuffer()
        self._begin_sec = self._last_sec = -np.inf

    def read(self, video_id: str, center_sec: float, window: Window) -> RawClip:
        """Do as ``ClipSource`` says."""
        offsets_sec = window.offsets_sec()
        begin_sec, end_sec = center_sec + offsets_sec.min(), center_sec + offsets_sec.max()
        if video_id != self._open_id or begin_sec < self._begin_sec:
            path = self._path(video_id)
            source = within_limit(lambda: VideoSource(path), path, whole_file=True)
            self._frames = source.frames()
            self._open_id, self._buffer, self._last_sec = video_id, FrameBuffer(), -np.inf
        self._begin_sec = begin_sec
        self._buffer.drop_before(begin_sec)
        # One frame beyond the end, which may be the nearest.
        while self._last_sec < end_sec:
            frame = self._next_frame(video_id)
            if frame is None:
                break
            self._last_sec = frame.time_sec
            self._buffer.append(frame.time_sec, frame.image)
            self._buffer.drop_before(begin_sec)
        return RawClip(self._buffer.clip(center_sec, window), np.arange(window.num_frames))

    def _next_frame(self, video_id: str) -> Frame | None:
        try:
            return within_limit(lambda: next(self._frames, None), self._path(video_id))
        except StuckError:
            # The other thread still uses the frames.
            self._open_id, self._frames = "", iter(())
            raise
