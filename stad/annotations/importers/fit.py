"""Turn what a file says of a video into labels in seconds and pixels of that video."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stad.annotations.importers.contract import (
    FRAMES,
    WHOLE,
    FileSpan,
    FileTrack,
    FileVideo,
    Notes,
)
from stad.annotations.importers.names import Meaning
from stad.annotations.own.examples import MAX_GAP_SEC, boxes_at
from stad.annotations.own.folder import FAR_SEC
from stad.annotations.own.labels import (
    BOX_DIGITS,
    NOTHING,
    TIME_DIGITS,
    ActorTrack,
    LabelSpan,
    VideoLabels,
)

# Boxes that are filled in between two that are far apart.
FILL_SEC = 0.5
MIN_SIDE_PX = 1.0
# A label may end this long after the video: times of files are rounded.
LATE_SEC = 0.5
FPS_TOLERANCE = 0.01
ASPECT_TOLERANCE = 0.03
Interval = tuple[float, float]


@dataclass(frozen=True)
class KnownVideo:
    """Facts about the video that the labels are for.

    Attributes:
        name: path below the folder.
        size: width and height, pixels; (0, 0) if unknown.
        duration_sec: length; 0 if unknown.
        fingerprint: of the content; '' if unknown.
        times_sec: (F,) float64 times of its frames, seconds; empty if unknown or not needed.
        fps: mean frames per second; 0 if unknown.
    """

    name: str
    size: tuple[int, int] = (0, 0)
    duration_sec: float = 0.0
    fingerprint: str = ""
    times_sec: np.ndarray | None = None
    fps: float = 0.0


def fit_labels(
    read: FileVideo,
    known: KnownVideo,
    *,
    meanings: Mapping[str, Meaning],
    is_complete: bool,
    notes: Notes,
    fps: float | None = None,
) -> VideoLabels:
    """Return the labels of a video.

    Args:
        read: what the file says.
        known: facts about the video.
        meanings: of the labels of the file.
        is_complete: what has no label is negative.
        notes: sentences are added.
        fps: frames per second of the file's frame numbers; None for the file's or the video's.
    """
    to_sec = clock_of(read, known, fps=fps, notes=notes)
    scale = _scale(read, known, notes)
    tracks = []
    for track in _wanted(read, meanings):
        fitted = _fit_track(track, to_sec, scale=scale, size=known.size)
        if fitted is None:
            notes.count(f"a person of {known.name} has no box inside of the frame and is left out.")
        else:
            tracks.append(fitted)
    ids = {one.id for one in tracks}
    spans: list[LabelSpan] = []
    for key in [*sorted(ids), None]:
        own = [one for one in read.spans if one.track == key]
        found = [_fit_span(one, to_sec, known, notes) for one in own]
        pairs = [(one, at) for one, at in zip(own, found, strict=True) if at]
        spans += _own_spans(key, pairs, meanings)
    return VideoLabels(
        video=known.name,
        width_px=known.size[0],
        height_px=known.size[1],
        duration_sec=known.duration_sec,
        fingerprint=known.fingerprint,
        tracks=tuple(tracks),
        spans=tuple(spans),
        is_complete=is_complete,
    )


def clock_of(
    read: FileVideo, known: KnownVideo, *, fps: float | None, notes: Notes
) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function from the positions of a file to seconds of the video.

    Frames take the video's own times. They take those of a constant rate if the file states
    another rate than the video has, as it was then labelled on another copy.
    """
    if read.unit != FRAMES:
        return lambda places: np.asarray(places, np.float64)
    times = known.times_sec
    stated = fps or read.fps
    differs = stated and known.fps and abs(stated / known.fps - 1) > FPS_TOLERANCE
    if times is None or not len(times) or fps or differs:
        rate = stated or known.fps
        if differs:
            notes.add(
                f"{known.name} has {known.fps:g} frames per second, its labels are for {rate:g}: "
                "times follow from the number of the frame by that rate."
            )
        return lambda places: np.asarray(places, np.float64) / rate
    step = 1 / known.fps if known.fps else 1.0
    last = len(times) - 1

    def at(places: np.ndarray) -> np.ndarray:
        places = np.asarray(places, np.float64)
        inside = np.interp(places, np.arange(len(times)), times)
        return inside + np.maximum(places - last, 0) * step

    return at


def _wanted(read: FileVideo, meanings: Mapping[str, Meaning]) -> list[FileTrack]:
    """Return the tracks without those whose labels were all ignored on request."""
    wanted = []
    for track in read.tracks:
        own = [meanings[one.label] for one in read.spans if one.track == track.id and one.label]
        if not own or any(one.has_boxes for one in own):
            wanted.append(track)
    return wanted


def _scale(read: FileVideo, known: KnownVideo, notes: Notes) -> np.ndarray:
    """Return the (2,) factors from the file's boxes to pixels."""
    if not all(read.size) or not all(known.size):
        return np.ones(2)
    factors = np.array(known.size, np.float64) / np.array(read.size, np.float64)
    is_pixels = min(read.size) > 100
    if is_pixels and abs(factors[0] / factors[1] - 1) > ASPECT_TOLERANCE:
        notes.add(
            f"{known.name} is {known.size[0]}x{known.size[1]}, and its boxes are for "
            f"{read.size[0]:g}x{read.size[1]:g}: they are stretched. Check them in 'stad label'."
        )
    return factors


def _fit_track(
    track: FileTrack,
    to_sec: Callable[[np.ndarray], np.ndarray],
    *,
    scale: np.ndarray,
    size: tuple[int, int],
) -> ActorTrack | None:
    times = to_sec(track.places).round(TIME_DIGITS)
    boxes = track.boxes * np.tile(scale, 2)
    if all(size):
        boxes = boxes.clip(0, np.tile(np.array(size, np.float64), 2))
    boxes = boxes.round(BOX_DIGITS)
    keep = (times >= 0) & ((boxes[:, 2:] - boxes[:, :2]) >= MIN_SIDE_PX).all(axis=1)
    keep[1:] &= np.diff(times) > 0
    if not keep.any():
        return None
    times, boxes = _filled(times[keep], boxes[keep], track.breaks[keep])
    return ActorTrack(track.id, times, boxes.astype(np.float32), "imported")


def _filled(
    times: np.ndarray, boxes: np.ndarray, breaks: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Add boxes between those that are far apart without an absence, on the line between them."""
    extra = [
        np.linspace(start, end, math.ceil((end - start) / FILL_SEC) + 1)[1:-1]
        for start, end, is_break in zip(times[:-1], times[1:], breaks[:-1], strict=True)
        if not is_break and end - start > MAX_GAP_SEC
    ]
    if not extra:
        return times, boxes
    added = np.concatenate(extra).round(TIME_DIGITS)
    every = np.union1d(times, added)
    filled = boxes_at(times, boxes, every).round(BOX_DIGITS)
    return every, filled


def _fit_span(
    span: FileSpan, to_sec: Callable[[np.ndarray], np.ndarray], known: KnownVideo, notes: Notes
) -> Interval | None:
    """Return the start and end in seconds; None where nothing of it is within the video."""
    end_sec = known.duration_sec or FAR_SEC
    start = round(float(to_sec(np.array([span.start]))[0]), TIME_DIGITS)
    is_whole = span.end == WHOLE
    end = end_sec if is_whole else round(float(to_sec(np.array([span.end]))[0]), TIME_DIGITS)
    if known.duration_sec and end > end_sec + LATE_SEC:
        notes.add(
            f"{known.name}: the label {span.label!r} from {start:g} s to {end:g} s is "
            f"{'beyond' if start >= end_sec else 'cut at'} the end of the video, {end_sec:.1f} s."
        )
    start, end = max(start, 0.0), min(end, end_sec)
    # Rounding must not lose a label of less than a millisecond.
    return (start, end) if round(end - start, TIME_DIGITS) > 0 else None


def _own_spans(
    track: int | None,
    pairs: Sequence[tuple[FileSpan, Interval]],
    meanings: Mapping[str, Meaning],
) -> list[LabelSpan]:
    """Return the spans of one person, joined where they overlap."""
    groups: dict[tuple[str, bool], list[Interval]] = {}
    nothing: list[Interval] = []
    # A group has to do with the classes if one of them is in it.
    useful = {one.group for one, _ in pairs if one.label and meanings[one.label].is_kept}
    for span, at in pairs:
        meaning = meanings[span.label] if span.label else Meaning(NOTHING)
        if meaning.is_ignored or (not meaning.is_kept and useful and span.group not in useful):
            continue
        if meaning.label == NOTHING:
            if span.is_positive:
                nothing.append(at)
            continue
        groups.setdefault((meaning.label, meaning.is_positive == span.is_positive), []).append(at)
    positive = [at for (_, is_positive), own in groups.items() if is_positive for at in own]
    found = [
        LabelSpan(track, label, start, end, is_positive)
        for (label, is_positive), own in groups.items()
        for start, end in union(own)
    ]
    found += [
        LabelSpan(track, NOTHING, start, end)
        for start, end in without(union(nothing, touching=True), union(positive, touching=True))
    ]
    return sorted(found, key=lambda one: (one.start_sec, one.end_sec, one.label))


def union(intervals: Iterable[Interval], *, touching: bool = False) -> list[Interval]:
    """Return intervals joined where they overlap, sorted.

    Args:
        intervals: (start, end) pairs.
        touching: also join those that end where another begins.

    >>> union([(3, 4), (0, 2), (1, 3)]), union([(3, 4), (0, 3)], touching=True)
    ([(0, 3), (3, 4)], [(0, 4)])
    """
    joined: list[Interval] = []
    for start, end in sorted(intervals):
        if joined and (start < joined[-1][1] or (touching and start == joined[-1][1])):
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def without(intervals: Sequence[Interval], others: Sequence[Interval]) -> list[Interval]:
    """Return what is left of sorted intervals without the time of sorted others.

    >>> without([(0, 10)], [(2, 3), (8, 12)])
    [(0, 2), (3, 8)]
    """
    left = []
    for start, end in intervals:
        for other_start, other_end in others:
            if other_end <= start or other_start >= end:
                continue
            if other_start > start:
                left.append((start, other_start))
            start = other_end
        if start < end:
            left.append((start, end))
    return left
