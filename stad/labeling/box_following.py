"""Follow a box that was drawn in one frame of a video, forward and backward, until it is lost."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stad.annotations.own.examples import boxes_at, is_seen
from stad.annotations.own.labels import ActorTrack
from stad.errors import InputError
from stad.labeling.box_flow import flow_box, shows_same
from stad.labeling.gray_frames import (
    TIME_EPSILON_SEC,
    GrayFrame,
    backward_frames,
    forward_frames,
)
from stad.utils.boxes import box_iou
from stad.video.source import VideoSource

# Time between two boxes that are kept, seconds.
KEEP_SEC = 0.2
# Overlap with a detected person: to take the person's box over, and to stay with the person.
TAKE_IOU, STAY_IOU = 0.6, 0.3
# A box of which less is inside the frame has left it.
MIN_INSIDE = 0.3
MIN_SIDE_PX = 4.0
# Frames that are kept to compare with, so far apart, seconds.
VIEW_SEC, MAX_VIEWS = 0.5, 40
# A box that overlaps more rests.
REST_IOU = 0.7
LOST, EDGE, VIDEO_END, TIME_OUT = "lost", "edge", "video", "time"
ENDS = {
    LOST: "the person was lost there",
    EDGE: "the person leaves the frame there",
    VIDEO_END: "the video ends there",
    TIME_OUT: "following took too long: draw another box there to continue",
}

TimedBox = tuple[float, np.ndarray]


@dataclass(frozen=True)
class Followed:
    """A box that was followed.

    Attributes:
        track: its boxes over time.
        start_reason, end_reason: why it begins and ends there, keys of ``ENDS``.
    """

    track: ActorTrack
    start_reason: str
    end_reason: str

    def describe(self) -> str:
        """Return a sentence for the person who drew the box."""
        return (
            f"Followed from {self.track.start_sec:.1f} s ({ENDS[self.start_reason]}) to "
            f"{self.track.end_sec:.1f} s ({ENDS[self.end_reason]})."
        )


def follow_box(
    path: str | Path,
    box: Sequence[float],
    *,
    time_sec: float,
    people: Sequence[ActorTrack] = (),
    track_id: int = 0,
    limit_sec: float = 20.0,
    should_stop: Callable[[], bool] = lambda: False,
) -> Followed:
    """Follow a box through a video.

    Where a detected person overlaps the box, the person's box is taken over; elsewhere optical
    flow moves it.

    Args:
        path: the video.
        box: xyxy, source pixels.
        time_sec: of the frame in which it was drawn, seconds.
        people: tracks of detected people.
        track_id: of the track to make.
        limit_sec: maximum time to compute, seconds.
        should_stop: asked at each frame.

    Raises:
        InputError: the box or the time is not in the video, or the video cannot be read.
    """
    source = VideoSource(path)
    drawn = _inside(np.array(box, np.float64), source, time_sec)
    begun = time.monotonic()
    walk = _Walk(people, frame_size=(source.info.width_px, source.info.height_px))

    def is_late(until: float) -> bool:
        return should_stop() or time.monotonic() - begun > until * limit_sec

    with closing(forward_frames(source, time_sec)) as frames:
        after, end_reason = walk.follow(frames, drawn, lambda: is_late(0.5))
    if not after:
        raise InputError(f"There is no frame at {time_sec:g} s. Draw the box earlier.")
    with closing(backward_frames(source, after[0][0])) as frames:
        before, start_reason = walk.follow(frames, drawn, lambda: is_late(1.0))
    rows = [*reversed(before[1:]), *after]
    track = ActorTrack(
        track_id,
        np.array([round(one, 3) for one, _ in rows]),
        np.array([one for _, one in rows], np.float32),
        origin="drawn",
    )
    return Followed(track, start_reason, end_reason)


def _inside(box: np.ndarray, source: VideoSource, time_sec: float) -> np.ndarray:
    """Return a box clipped to the frame."""
    size = np.array((source.info.width_px, source.info.height_px))
    is_box = box.shape == (4,) and np.isfinite(box).all() and np.isfinite(time_sec)
    if is_box:
        box = np.concatenate((box[:2].clip(0, size), box[2:].clip(0, size)))
    if not is_box or (box[2:] - box[:2] < MIN_SIDE_PX).any() or time_sec < 0:
        raise InputError(
            "The box must be x1, y1, x2, y2 in pixels, inside the frame and at least "
            f"{MIN_SIDE_PX:g} pixels wide and high, at a time of the video."
        )
    return box


class _Walk:
    """Follows a box from frame to frame in one direction, then in the other.

    Args:
        people: tracks of detected people.
        frame_size: (width, height), pixels.
    """

    def __init__(self, people: Sequence[ActorTrack], *, frame_size: tuple[int, int]) -> None:
        self._people, self._size = people, np.array(frame_size, np.float64)
        self._known_id: int | None = None
        # Of both directions: what is behind the person now may have been seen on the other side.
        self._views: deque[tuple[GrayFrame, np.ndarray]] = deque(maxlen=MAX_VIEWS)

    def follow(
        self, frames: Iterable[GrayFrame], box: np.ndarray, is_late: Callable[[], bool]
    ) -> tuple[list[TimedBox], str]:
        """Return (time, box) pairs from the first frame on, and why they end.

        Args:
            frames: in the order in which they are followed.
            box: (4,) xyxy in the first of them, source pixels.
            is_late: asked at each frame; True ends it.
        """
        kept: list[TimedBox] = []
        before: GrayFrame | None = None
        reason, last_sec, self._known_id = VIDEO_END, 0.0, None
        for frame in frames:
            if before is not None:
                moved, end = self._step(before, frame, box)
                if moved is None:
                    reason = end
                    break
                if end:
                    return _without_rest(kept, moved), end
                box = moved
            last_sec, before = frame.time_sec, frame
            if not kept or abs(last_sec - kept[-1][0]) >= KEEP_SEC - TIME_EPSILON_SEC:
                kept.append((last_sec, box))
            self._remember(frame, box)
            if is_late():
                reason = TIME_OUT
                break
        if kept and kept[-1][0] != last_sec:
            kept.append((last_sec, box))
        return kept, reason

    def _step(
        self, before: GrayFrame, now: GrayFrame, box: np.ndarray
    ) -> tuple[np.ndarray | None, str]:
        """Return the box in the next frame, and why it ends, '' if it does not.

        A box with a reason rests on the background.
        """
        moved = flow_box(before.image, now.image, box * before.scale)
        moved = None if moved is None else moved / now.scale
        found = self._person(box if moved is None else moved, now.time_sec)
        following = moved if found is None else found
        if following is None:
            return None, LOST
        if self._has_left(following):
            return None, EDGE
        following = self._clipped(following)
        is_lost = found is None and self._is_background(now, following)
        return following, LOST if is_lost else ""

    def _remember(self, frame: GrayFrame, box: np.ndarray) -> None:
        if all(abs(frame.time_sec - one.time_sec) >= VIEW_SEC for one, _ in self._views):
            self._views.append((frame, box))

    def _is_background(self, frame: GrayFrame, box: np.ndarray) -> bool:
        """Return whether a box shows what was there while the person was elsewhere."""
        return any(
            not box_iou(box[None], other[None]).any()
            and shows_same(view.image, frame.image, box * frame.scale)
            for view, other in self._views
        )

    def _person(self, box: np.ndarray, time_sec: float) -> np.ndarray | None:
        """Return the box of the detected person whom a box shows; None if there is none."""
        best, best_worth, now = None, 0.0, np.array([time_sec])
        for track in self._people:
            if not is_seen(track.times_sec, now)[0]:
                continue
            other = boxes_at(track.times_sec, track.boxes, now)[0]
            overlap = float(box_iou(box[None], other[None])[0, 0])
            is_known = track.id == self._known_id
            # Who was followed until now is preferred to who passes by.
            worth = overlap + is_known
            if overlap >= (STAY_IOU if is_known else TAKE_IOU) and worth > best_worth:
                best, best_worth = (track.id, other.astype(np.float64)), worth
        self._known_id = None if best is None else best[0]
        return None if best is None else best[1]

    def _has_left(self, box: np.ndarray) -> bool:
        clipped = self._clipped(box)
        sides = (clipped[2:] - clipped[:2]).clip(min=0)
        area = float((box[2:] - box[:2]).prod())
        return bool(sides.min() < MIN_SIDE_PX or sides.prod() < MIN_INSIDE * area)

    def _clipped(self, box: np.ndarray) -> np.ndarray:
        return np.concatenate((box[:2].clip(0, self._size), box[2:].clip(0, self._size)))


def _without_rest(kept: list[TimedBox], box: np.ndarray) -> list[TimedBox]:
    """Drop the last boxes that were already where the box is, but the first."""
    while len(kept) > 1 and box_iou(kept[-1][1][None], box[None])[0, 0] >= REST_IOU:
        kept = kept[:-1]
    return kept
