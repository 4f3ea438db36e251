"""Write all files of an annotation run: fed frame by frame, complete on close, gone on abort."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stad.inference.collector import SampleClock
from stad.inference.tube_store import TubeStore
from stad.outputs.annotated_video import AnnotatedVideo
from stad.outputs.formats import FORMATS
from stad.outputs.timeline_file import TimelineFile
from stad.outputs.writers import ResultWriter
from stad.structures import FrameResult, RunInfo
from stad.video.source import VideoSource

# What each file is called at the end of a run.
KINDS = {
    "--out": "video",
    "--html": "timeline",
    **{f"--{name}": output.kind for name, output in FORMATS.items()},
}


class Outputs:
    """The files of one run.

    Args:
        paths: the files to write, by their options (the keys of ``KINDS``).
        info: how the results were made.
        source: the video that is read.
        allowed: class indices that may be shown; None for all.
        resume_state: what ``resume_state()`` of an interrupted run returned; None without one.

    Attributes:
        num_frames: results so far.
        last_sec: time of the last one, seconds.
        warnings: after ``close()``, what the user should know.
    """

    def __init__(
        self,
        paths: Mapping[str, Path],
        info: RunInfo,
        source: VideoSource,
        *,
        allowed: frozenset[int] | None = None,
        resume_state: dict[str, Any] | None = None,
    ) -> None:
        self._paths = paths
        self._actor_ids: set[int] = set()
        self._clock = SampleClock()
        self.num_frames, self.last_sec = 0, 0.0
        self.warnings: list[str] = []
        self._video = self._page = None
        if out := paths.get("--out"):
            self._video = AnnotatedVideo(out, info, source, resume_state=resume_state)
        self._writers: list[ResultWriter] = []
        self._sample_writers: list[ResultWriter] = []
        for name, output in FORMATS.items():
            if path := paths.get(f"--{name}"):
                writers = self._sample_writers if output.is_sampled else self._writers
                writers.append(output.open(path, info))
        if html := paths.get("--html"):
            drawn = None if self._video is None else (self._video, paths["--out"])
            self._page = TimelineFile(
                html, info, source_path=source.path, drawn=drawn, allowed=allowed
            )

    @property
    def first_drawn(self) -> int | None:
        """Index of the first frame that is drawn; None if no video is written."""
        return None if self._video is None else self._video.num_kept

    @property
    def num_actors(self) -> int:
        """The number of different actors so far."""
        return len(self._actor_ids)

    def write(self, result: FrameResult) -> None:
        """Add the next frame's result."""
        self._actor_ids.update(result.actors.ids.tolist())
        if self._video is not None:
            self._video.write(result)
        is_sample = self._clock.is_due(result.time_sec)
        if self._page is not None:
            self._page.write(result, is_sample=is_sample)
        for writer in self._writers + (self._sample_writers if is_sample else []):
            writer.write(result)
        self.num_frames += 1
        self.last_sec = result.time_sec

    def close(self, tubes: TubeStore, *, complete: bool) -> None:
        """Finish every file; ``complete``: the whole video was read."""
        if self._video is not None:
            self._video.close()
            self.warnings += self._video.warnings
        for writer in self._writers + self._sample_writers:
            writer.close(tubes, complete=complete)
        if self._page is not None:
            self._page.close(tubes.segments(), complete=complete)

    def resume_state(self) -> dict[str, Any]:
        """Return the state of the closed files of an interrupted run, as JSON values."""
        video = {} if self._video is None else self._video.resume_state()
        return {"num_frames": self.num_frames, **video}

    def written(self) -> list[tuple[str, Path]]:
        """Return kind and path of each file; a run that read no frame has no video."""
        return [(KINDS[flag], path) for flag, path in self._paths.items() if path.exists()]

    def abort(self) -> None:
        """Leave nothing behind."""
        if self._video is not None:
            self._video.abort()
        for writer in self._writers + self._sample_writers:
            writer.abort()
        if self._page is not None:
            self._page.abort()
