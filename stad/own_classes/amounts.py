"""Measure how many seconds of each class are labelled, exactly, from the spans of each video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stad.annotations.own.examples import NEGATIVE, POSITIVE, labels_at
from stad.annotations.own.folder import FAR_SEC
from stad.annotations.own.labels import LabelSpan, VideoLabels

# The length of a video that cannot be read, for a label of the whole of it.
ASSUMED_SEC = 1.0


@dataclass(frozen=True)
class LabelledSeconds:
    """Labelled time of a video, summed over its people and the whole frame.

    Attributes:
        positive: (C,) float64 seconds in which each class is there.
        negative: (C,) float64 seconds in which it is known not to be there.
        none: seconds in which something is known, and none of the classes is there.
    """

    positive: np.ndarray
    negative: np.ndarray
    none: float


def labelled_seconds(
    labels: VideoLabels, *, classes: Sequence[str], duration_sec: float = 0.0
) -> LabelledSeconds:
    """Return the labelled time of a video.

    Args:
        labels: of the video.
        classes: names of the C classes.
        duration_sec: length of the video; 0 for that of the labels.

    >>> spans = (LabelSpan(None, "a", 0.0, 2.0), LabelSpan(None, "", 1.0, 4.0))
    >>> found = labelled_seconds(VideoLabels("v.mp4", spans=spans), classes=["a", "b"])
    >>> found.positive.tolist(), found.negative.tolist(), found.none
    ([2.0, 0.0], [2.0, 4.0], 2.0)
    """
    end_sec = duration_sec or labels.duration_sec or _last_sec(labels)
    tracks = {track.id: (track.start_sec, track.end_sec) for track in labels.tracks}
    total = np.zeros((2, len(classes)))
    none = 0.0
    for key in [*tracks, None]:
        spans = labels.spans_of(key)
        if not spans and (key is None or not labels.is_complete):
            continue
        limits = (0.0, end_sec) if key is None else tracks[key]
        known, lengths = _pieces(
            spans, limits, classes=classes, end_sec=end_sec, is_complete=labels.is_complete
        )
        is_positive = known == POSITIVE
        total[0] += (is_positive * lengths[:, None]).sum(axis=0)
        total[1] += ((known == NEGATIVE) * lengths[:, None]).sum(axis=0)
        is_none = (known == NEGATIVE).any(axis=1) & ~is_positive.any(axis=1)
        none += float(lengths[is_none].sum())
    return LabelledSeconds(total[0], total[1], none)


def _last_sec(labels: VideoLabels) -> float:
    """Return the last time of the labels, without those of the whole of a clip."""
    ends = [span.end_sec for span in labels.spans if span.end_sec < FAR_SEC]
    return max([*ends, *(track.end_sec for track in labels.tracks)], default=ASSUMED_SEC)


def _pieces(
    spans: Sequence[LabelSpan],
    limits: tuple[float, float],
    *,
    classes: Sequence[str],
    end_sec: float,
    is_complete: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Return what is known between any two ends of spans, (P, C) int8, and the (P,) seconds."""
    ends = {min(one, end_sec) for span in spans for one in (span.start_sec, span.end_sec)}
    if is_complete:
        ends |= {min(one, end_sec) for one in limits}
    edges = np.array(sorted(ends))
    middles, lengths = (edges[:-1] + edges[1:]) / 2, np.diff(edges)
    return labels_at(spans, middles, classes=classes, is_complete=is_complete), lengths
