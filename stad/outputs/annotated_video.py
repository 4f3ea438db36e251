"""Write the annotated mp4: the frames of a run with boxes and labels drawn in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np

from stad.outputs.drawing import draw_actors
from stad.structures import FrameResult, RunInfo
from stad.utils.workers import WriteBehind
from stad.video.continued import ContinuedSink
from stad.video.sink import VideoSink
from stad.video.source import VideoSource

# Results that wait to be drawn.
MAX_WAITING, MAX_WAITING_BYTES = 8, 64 * 2**20


class AnnotatedVideo:
    """Draws results into their frames and encodes them, with the audio of the source.

    Both happen in a thread, behind the caller; errors come with a later call.

    Args:
        path: the mp4 to write.
        info: how the results were made.
        source: the video that is read; its clock places the audio.
        resume_state: what ``resume_state()`` of an interrupted run returned. If its mp4 is still
            there, its frames are kept and new ones are added to it.

    Attributes:
        num_kept: frames of an interrupted run that stay as they are.
    """

    def __init__(
        self,
        path: Path,
        info: RunInfo,
        source: VideoSource,
        *,
        resume_state: dict[str, Any] | None = None,
    ) -> None:
        self._path, self._info, self._source = path, info, source
        self._sink: VideoSink | ContinuedSink | None = None
        self._first_sec: float | None = None
        self.num_kept = _num_kept(path, resume_state or {})
        self._writer = WriteBehind("encoder", max_calls=MAX_WAITING, max_bytes=MAX_WAITING_BYTES)

    @property
    def start_sec(self) -> float:
        """Time of the source that is 0 in the annotated video, seconds."""
        return (self._first_sec or 0.0) if self._source.start_sec else 0.0

    def write(self, result: FrameResult) -> None:
        """Draw the next frame; the kept ones need no image."""
        if self._first_sec is None:
            self._first_sec = result.time_sec
        if result.index < self.num_kept:
            return
        if result.frame is None:
            raise ValueError(f"the result of frame {result.index} has no frame to draw into")
        image = result.frame.image
        self._writer.submit(image.nbytes, self._write, result, image)

    def _write(self, result: FrameResult, image: np.ndarray) -> None:
        if self._sink is None:
            self._sink = self._open_sink(result.time_sec)
        names = self._info.class_names
        drawn = draw_actors(image, result.actors, result.labels, names, unsure=result.unsure)
        self._sink.write(drawn, result.time_sec)

    def _open_sink(self, time_sec: float) -> VideoSink | ContinuedSink:
        video, source = self._info.video, self._source
        audio_path = source.path if video.has_audio else None
        if self.num_kept:
            return ContinuedSink(
                self._path,
                video,
                first_sec=time_sec,
                audio_path=audio_path,
                clock=source.clock,
                start_sec=self.start_sec,
            )
        return VideoSink(
            self._path, video, audio_path=audio_path, clock=source.clock, start_sec=self.start_sec
        )

    @property
    def warnings(self) -> list[str]:
        """Sentences for the user about the audio."""
        return [] if self._sink is None else self._sink.warnings

    def close(self) -> None:
        """Finish the file; a run without frames leaves none."""
        self._writer.finish()
        if self._sink is not None:
            self._sink.close()

    def abort(self) -> None:
        """Remove what was written; a kept mp4 stays as it was."""
        try:
            self._writer.close()
        finally:
            if self._sink is not None:
                self._sink.abort()

    def resume_state(self) -> dict[str, Any]:
        """Return what a later run needs to continue the closed file, as JSON values."""
        return _video_mark(self._path) if self._path.exists() else {}


def _video_mark(path: Path) -> dict[str, Any]:
    """Return what identifies a video, and the encoder that can continue it."""
    return {"video": path.name, "num_bytes": path.stat().st_size, "encoder": av.__version__}


def _num_kept(path: Path, state: dict[str, Any]) -> int:
    """Return how many frames of an interrupted run's video can stay as they are."""
    if not path.exists():
        return 0
    mark = _video_mark(path)
    return state.get("num_frames", 0) if mark == {key: state.get(key) for key in mark} else 0
