"""Define the labels of one video: people's tracks, and when each of them does what."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stad.errors import InputError

FORMAT, VERSION = "stad-labels", 1
# The label of a span in which a person, or the whole frame, shows none of the classes.
NOTHING = ""
ORIGINS = ("tracker", "drawn", "imported")
TIME_DIGITS, BOX_DIGITS = 3, 1


@dataclass(frozen=True)
class ActorTrack:
    """The boxes of one person over time.

    Attributes:
        id: number of the person in the video, from 0.
        times_sec: (T,) float64 ascending, seconds from the start of the video; T is 1 or more.
        boxes: (T, 4) float32 xyxy, source pixels.
        origin: what made it, one of ``ORIGINS``.
    """

    id: int
    times_sec: np.ndarray
    boxes: np.ndarray
    origin: str = "tracker"

    @property
    def start_sec(self) -> float:
        """The time of the first box, seconds."""
        return float(self.times_sec[0])

    @property
    def end_sec(self) -> float:
        """The time of the last box, seconds."""
        return float(self.times_sec[-1])


@dataclass(frozen=True)
class LabelSpan:
    """A class that a person, or the whole frame, shows or does not show from a start to an end.

    Attributes:
        track: id of the person's track; None for the whole frame.
        label: name of the class; ``NOTHING`` for none of the classes.
        start_sec, end_sec: seconds from the start of the video.
        is_positive: False says that the class is not there.
    """

    track: int | None
    label: str
    start_sec: float
    end_sec: float
    is_positive: bool = True


@dataclass(frozen=True)
class VideoLabels:
    """Everything that is known about one video of the folder.

    Attributes:
        video: path below the folder, with '/' and the ending.
        width_px, height_px: upright size; 0 where it is not known yet.
        duration_sec: length; 0 where it is not known yet.
        fingerprint: of the file's content, see ``fingerprint``; '' where it is not known yet.
        tracks: people, by id.
        spans: labels.
        is_complete: everything that has no label is negative. Otherwise it is not known, except
            for the other classes within a positive span.
        revision: grows by one each time the labels are written.
    """

    video: str
    width_px: int = 0
    height_px: int = 0
    duration_sec: float = 0.0
    fingerprint: str = ""
    tracks: tuple[ActorTrack, ...] = ()
    spans: tuple[LabelSpan, ...] = ()
    is_complete: bool = False
    revision: int = 0

    def track(self, track_id: int) -> ActorTrack:
        """Return the track of that id.

        Raises:
            KeyError: there is none.
        """
        for one in self.tracks:
            if one.id == track_id:
                return one
        raise KeyError(track_id)

    def spans_of(self, track_id: int | None) -> tuple[LabelSpan, ...]:
        """Return the labels of a person, or for None those of the whole frame."""
        return tuple(one for one in self.spans if one.track == track_id)


def labels_to_json(labels: VideoLabels) -> dict[str, Any]:
    """Return the labels as JSON values, times to milliseconds, boxes to tenths of a pixel."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "video": labels.video,
        "width": labels.width_px,
        "height": labels.height_px,
        "duration_sec": round(labels.duration_sec, TIME_DIGITS),
        "fingerprint": labels.fingerprint,
        "revision": labels.revision,
        "complete": labels.is_complete,
        "spans": [span_to_json(one) for one in labels.spans],
        "tracks": [track_to_json(one) for one in labels.tracks],
    }


def track_to_json(track: ActorTrack) -> dict[str, Any]:
    """Return a track as JSON values; a row of 'boxes' is the time, then the box."""
    times = np.round(np.asarray(track.times_sec, np.float64), TIME_DIGITS)
    boxes = np.round(np.asarray(track.boxes, np.float64), BOX_DIGITS)
    rows = np.concatenate((times[:, None], boxes), axis=1).tolist()
    return {"id": track.id, "origin": track.origin, "boxes": rows}


def span_to_json(span: LabelSpan) -> dict[str, Any]:
    """Return a span as JSON values; 'track' is null for the whole frame."""
    return {
        "track": span.track,
        "label": span.label,
        "start_sec": round(span.start_sec, TIME_DIGITS),
        "end_sec": round(span.end_sec, TIME_DIGITS),
        "positive": span.is_positive,
    }


def labels_from_json(content: Any, *, origin: str) -> VideoLabels:
    """Build labels from JSON values.

    Args:
        content: as ``labels_to_json`` returns it.
        origin: what it was read from, for messages.

    Raises:
        InputError: a value is missing, has another type, or cannot be right.
    """
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError(f'{origin}: expected a JSON object with "format": "{FORMAT}".')
    if content.get("version") != VERSION:
        raise InputError(
            f"{origin}: expected version {VERSION} of {FORMAT}, got {content.get('version')!r}. "
            "A newer stad may have written it: update stad."
        )
    try:
        labels = VideoLabels(
            video=str(content["video"]),
            width_px=int(content["width"]),
            height_px=int(content["height"]),
            duration_sec=float(content["duration_sec"]),
            fingerprint=str(content["fingerprint"]),
            tracks=tuple(track_from_json(one) for one in content["tracks"]),
            spans=tuple(span_from_json(one) for one in content["spans"]),
            is_complete=bool(content["complete"]),
            revision=int(content["revision"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise InputError(f"{origin}: {what}.") from error
    check_labels(labels, origin=origin)
    return labels


def track_from_json(content: Mapping[str, Any]) -> ActorTrack:
    """Build a track from JSON values.

    Raises:
        KeyError: a value is missing.
        TypeError, ValueError: a value has another type.
    """
    rows = np.array(content["boxes"], np.float64)
    if rows.ndim != 2 or rows.shape[1] != 5:
        raise ValueError(
            f"boxes of the track {content['id']!r} must be rows of time_sec, x1, y1, x2, y2"
        )
    return ActorTrack(
        id=int(content["id"]),
        times_sec=rows[:, 0],
        boxes=rows[:, 1:].astype(np.float32),
        origin=str(content.get("origin", "imported")),
    )


def span_from_json(content: Mapping[str, Any]) -> LabelSpan:
    """Build a span from JSON values; raises as ``track_from_json``."""
    track = content["track"]
    return LabelSpan(
        track=None if track is None else int(track),
        label=str(content["label"]),
        start_sec=float(content["start_sec"]),
        end_sec=float(content["end_sec"]),
        is_positive=bool(content.get("positive", True)),
    )


def check_labels(labels: VideoLabels, *, origin: str) -> None:
    """Raise InputError for labels that cannot be right; ``origin`` begins the message."""
    ids = [one.id for one in labels.tracks]
    if repeated := sorted({one for one in ids if ids.count(one) > 1}):
        raise InputError(f"{origin}: the track {repeated[0]} is there twice. Ids must differ.")
    for track in labels.tracks:
        _check_track(track, origin)
    for span in labels.spans:
        if not (math.isfinite(span.start_sec) and math.isfinite(span.end_sec)):
            raise InputError(f"{origin}: a label {span.label!r} has a time that is not finite.")
        if not 0 <= span.start_sec < span.end_sec:
            raise InputError(
                f"{origin}: a label {span.label!r} is from {span.start_sec:g} s to "
                f"{span.end_sec:g} s. The start must be 0 or more, and before the end."
            )
        if span.track is not None and span.track not in ids:
            raise InputError(
                f"{origin}: a label {span.label!r} is of the track {span.track}, and there is none."
            )


def _check_track(track: ActorTrack, origin: str) -> None:
    name = f"{origin}: the track {track.id}"
    if track.id < 0:
        raise InputError(f"{name} must have an id of 0 or more.")
    if track.origin not in ORIGINS:
        raise InputError(f"{name} has the origin {track.origin!r}. Use {', '.join(ORIGINS)}.")
    if not len(track.times_sec):
        raise InputError(f"{name} has no box.")
    if not (np.isfinite(track.times_sec).all() and np.isfinite(track.boxes).all()):
        raise InputError(f"{name} has a number that is not finite.")
    if (np.diff(track.times_sec) <= 0).any():
        raise InputError(f"{name} has times that do not ascend.")
    if (track.boxes[:, 2:] <= track.boxes[:, :2]).any():
        raise InputError(f"{name} has a box without area. A box is x1, y1, x2, y2 in pixels.")


def renamed(labels: VideoLabels, video: str) -> VideoLabels:
    """Return the labels for a video that has another name now."""
    return replace(labels, video=video)
