"""Follow a box that was drawn in one frame of a video, forward and backward, until it is lost."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stad.annotations.own.examples import boxes_at, is_seen
from stad.annotations.own.labels import ActorTrack
from stad.errors import InputError
from stad.labeling.box_flow import flow_box, shows_same, small_gray
from stad.utils.boxes import box_iou
from stad.video.source import VideoSource

# Times between two frames that are compared, and between two boxes that are kept, seconds.
FLOW_SEC, KEEP_SEC = 1 / 15, 0.2
# Backward, frames are read forward in parts of this length.
PART_SEC = 3.0
# Overlap with a detected person: to take the person's box over, and to stay with the person.
TAKE_IOU, STAY_IOU = 0.6, 0.3
# A box of which less is inside the frame has left it.
MIN_INSIDE = 0.3
MIN_SIDE_PX = 4.0
# Frames that are kept to compare with, so far apart, seconds.
VIEW_SEC, MAX_VIEWS = 0.5, 40
# A box that overlaps more rests.
REST_IOU = 0.7
TIME_EPSILON_SEC = 1e-3
LOST, EDGE, VIDEO_END, TIME_OUT = "lost", "edge", "video", "time"
ENDS = {
    LOST: "the person was lost there",
    EDGE: "the person leaves the frame there",
    VIDEO_END: "the video ends there",
    TIME_OUT: "following took too long: draw another box there to continue",
}

GrayFrame = tuple[float, np.ndarray, float]


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

    with closing(_forward(source, time_sec)) as frames:
        after, end_reason = walk.follow(frames, drawn, lambda: is_late(0.5))
    if not after:
        raise InputError(f"There is no frame at {time_sec:g} s. Draw the box earlier.")
    with closing(_backward(source, after[0][0])) as frames:
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
    """Follows a box from frame to frame in one direction.

    Args:
        people: tracks of detected people.
        frame_size: (width, height), pixels.
    """

    def __init__(self, people: Sequence[ActorTrack], *, frame_size: tuple[int, int]) -> None:
        self._people, self._size = people, np.array(frame_size, np.float64)
        # Of both directions: what is behind the person now may have been seen on the other side.
        self._views: deque[tuple[float, np.ndarray, np.ndarray]] = deque(maxlen=MAX_VIEWS)

    def follow(
        self, frames: Iterable[GrayFrame], box: np.ndarray, is_late: Callable[[], bool]
    ) -> tuple[list[tuple[float, np.ndarray]], str]:
        """Return (time, box) pairs from the first frame on, and why they end.

        Args:
            frames: time, (H, W) uint8 image and its scale; the box is of the first.
            box: (4,) xyxy, source pixels.
            is_late: asked at each frame; True ends it.
        """
        kept: list[tuple[float, np.ndarray]] = []
        last: tuple[float, np.ndarray] | None = None
        image, person, reason = None, None, VIDEO_END
        for time_sec, gray, scale in frames:
            if image is None:
                last = (time_sec, box)
                kept.append(last)
            else:
                moved = flow_box(image, gray, last[1] * scale)
                found, person = self._person(
                    last[1] if moved is None else moved / scale, time_sec, person
                )
                if found is None and moved is None:
                    reason = LOST
                    break
                now = moved / scale if found is None else found
                if self._has_left(now):
                    reason = EDGE
                    break
                if found is None and self._is_background(gray, now, scale):
                    kept, last, reason = _without_rest(kept, now), None, LOST
                    break
                last = (time_sec, self._clipped(now))
                if abs(time_sec - kept[-1][0]) >= KEEP_SEC - TIME_EPSILON_SEC:
                    kept.append(last)
            image = gray
            self._remember(time_sec, gray, last[1])
            if is_late():
                reason = TIME_OUT
                break
        if last is not None and kept[-1][0] != last[0]:
            kept.append(last)
        return kept, reason

    def _remember(self, time_sec: float, gray: np.ndarray, box: np.ndarray) -> None:
        if all(abs(time_sec - one) >= VIEW_SEC for one, _, _ in self._views):
            self._views.append((time_sec, gray, box))

    def _is_background(self, gray: np.ndarray, box: np.ndarray, scale: float) -> bool:
        """Return whether a box shows what was there while the person was elsewhere."""
        return any(
            not box_iou(box[None], other[None]).any() and shows_same(view, gray, box * scale)
            for _, view, other in self._views
        )

    def _person(
        self, box: np.ndarray, time_sec: float, known: int | None
    ) -> tuple[np.ndarray | None, int | None]:
        """Return the box of the detected person whom a box shows, and the id; else None, None."""
        best, best_iou, best_id = None, 0.0, None
        for track in self._people:
            if not is_seen(track.times_sec, np.array([time_sec]))[0]:
                continue
            other = boxes_at(track.times_sec, track.boxes, np.array([time_sec]))[0]
            overlap = float(box_iou(box[None], other[None])[0, 0])
            enough = overlap >= (STAY_IOU if track.id == known else TAKE_IOU)
            # Who was followed until now is preferred to who passes by.
            worth = overlap + (track.id == known)
            if enough and worth > best_iou:
                best, best_iou, best_id = other.astype(np.float64), worth, track.id
        return best, best_id

    def _has_left(self, box: np.ndarray) -> bool:
        clipped = self._clipped(box)
        sides = (clipped[2:] - clipped[:2]).clip(min=0)
        area = float((box[2:] - box[:2]).prod())
        return bool(sides.min() < MIN_SIDE_PX or sides.prod() < MIN_INSIDE * area)

    def _clipped(self, box: np.ndarray) -> np.ndarray:
        return np.concatenate((box[:2].clip(0, self._size), box[2:].clip(0, self._size)))


def _without_rest(kept: list, box: np.ndarray) -> list:
    """Drop the last (time, box) pairs in which the box was already where it is, but the first."""
    while len(kept) > 1 and box_iou(kept[-1][1][None], box[None])[0, 0] >= REST_IOU:
        kept = kept[:-1]
    return kept


def _forward(source: VideoSource, start_sec: float) -> Iterator[GrayFrame]:
    """Yield the frames from a time on, at most every ``FLOW_SEC``."""
    # The frame in which the box was drawn began up to one frame before.
    yield from _thinned(_part(source, max(start_sec - 0.5 / float(source.info.fps), 0.0), None))


def _backward(source: VideoSource, end_sec: float) -> Iterator[GrayFrame]:
    """Yield the frames before a time, and the one at it first, backward."""
    before = end_sec + TIME_EPSILON_SEC
    while before > 0:
        start = max(before - PART_SEC, 0.0)
        yield from reversed(list(_thinned(_part(source, start, before))))
        before = start


def _part(source: VideoSource, start_sec: float, end_sec: float | None) -> Iterator[GrayFrame]:
    source.start_sec, source.end_sec = start_sec, end_sec
    with closing(source.frames()) as frames:
        for frame in frames:
            yield frame.time_sec, *small_gray(frame.image)


def _thinned(frames: Iterator[GrayFrame]) -> Iterator[GrayFrame]:
    next_sec = -np.inf
    with closing(frames):
        for frame in frames:
            if frame[0] >= next_sec - TIME_EPSILON_SEC:
                next_sec = frame[0] + FLOW_SEC
                yield frame
