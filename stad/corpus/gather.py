"""Gather the results of the frames of a video into the rows of the tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from stad.corpus.identity import Video
from stad.corpus.schema import TrackRow, VideoResults, VideoRow
from stad.structures import FrameResult, Keyframe, RunInfo, Segment


@dataclass
class _Track:
    """Sums over the boxes of one person."""

    start_sec: float
    end_sec: float = 0.0
    num_boxes: int = 0
    score: float = 0.0
    box: np.ndarray = field(default_factory=lambda: np.zeros(4))

    def add(self, time_sec: float, box: np.ndarray, score: float) -> None:
        """Add the box of the next frame."""
        self.end_sec = time_sec
        self.num_boxes += 1
        self.box += box
        self.score += score


class Gatherer:
    """Takes the results of all frames of a video, in order.

    Memory holds the keyframes, a few hundred megabytes for a day of video with five people.

    Args:
        info: how the results are made.
    """

    def __init__(self, info: RunInfo) -> None:
        self._info = info
        self._tracks: dict[int, _Track] = {}
        self._keyframes: list[Keyframe] = []
        self.num_frames, self.last_sec = 0, 0.0

    def add(self, result: FrameResult) -> None:
        """Add the next frame."""
        self.num_frames += 1
        self.last_sec = result.time_sec
        actors = result.actors
        for actor_id, box, score in zip(
            actors.ids.tolist(), actors.boxes, actors.scores.tolist(), strict=True
        ):
            track = self._tracks.setdefault(actor_id, _Track(result.time_sec))
            track.add(result.time_sec, box, score)
        if result.keyframe is not None and len(result.keyframe.actors):
            self._keyframes.append(result.keyframe)

    @property
    def end_sec(self) -> float:
        """The end of the last frame, seconds."""
        return self.last_sec + float(1 / self._info.video.fps)

    def results(
        self,
        video: Video,
        segments: list[Segment],
        *,
        warnings: list[str],
        processing_sec: float,
        floor: float,
    ) -> VideoResults:
        """Return the rows.

        Args:
            video: the video.
            segments: of its actors.
            warnings: about it.
            processing_sec: time that it took, seconds.
            floor: minimum score of the rows of keyframes, in [0, 1].
        """
        info = self._info.video
        tracks = [
            TrackRow(
                actor_id=actor_id,
                start_sec=one.start_sec,
                end_sec=one.end_sec,
                num_boxes=one.num_boxes,
                box=tuple((one.box / one.num_boxes).tolist()),
                person_score=one.score / one.num_boxes,
            )
            for actor_id, one in sorted(self._tracks.items())
        ]
        row = VideoRow(
            key=video.key,
            path=video.path,
            size_bytes=video.size_bytes,
            duration_sec=self.end_sec,
            width_px=info.width_px,
            height_px=info.height_px,
            fps=float(info.fps),
            num_frames=self.num_frames,
            num_people=len(tracks),
            processing_sec=processing_sec,
            finished_at=datetime.now(UTC),
            warnings=tuple(warnings),
            copies=video.copies,
        )
        return VideoResults(
            video=row,
            run=self._info,
            tracks=tracks,
            keyframes=self._keyframes,
            segments=segments,
            floor=floor,
        )
