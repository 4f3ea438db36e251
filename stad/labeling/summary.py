"""Count the labels of a video."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stad.annotations.own.labels import LabelSpan, VideoLabels


def summarize(labels: VideoLabels) -> dict[str, Any]:
    """Return size, length and counts of a video's labels, as JSON values.

    'labelled_sec' is the time with a label, added over people and the whole frame.
    """
    ids = {one.track for one in labels.spans}
    frame_spans = labels.spans_of(None)
    return {
        "duration_sec": round(labels.duration_sec, 3),
        "width": labels.width_px,
        "height": labels.height_px,
        "num_tracks": len(labels.tracks),
        "num_labelled_tracks": len(ids - {None}),
        "num_spans": len(labels.spans),
        "labelled_sec": round(
            sum(covered_sec(labels.spans_of(one), labels.duration_sec) for one in ids), 3
        ),
        "clip_labels": sorted({one.label for one in frame_spans if one.is_positive}),
        "complete": labels.is_complete,
        "revision": labels.revision,
    }


def covered_sec(spans: Sequence[LabelSpan], duration_sec: float) -> float:
    """Return the time that spans cover within a video, each moment once, seconds.

    >>> covered_sec([LabelSpan(0, "a", 1, 3), LabelSpan(0, "b", 2, 9)], 5.0)
    4.0
    """
    covered = until_sec = 0.0
    for span in sorted(spans, key=lambda one: one.start_sec):
        end_sec = min(span.end_sec, duration_sec)
        covered += max(end_sec - max(span.start_sec, until_sec), 0.0)
        until_sec = max(until_sec, end_sec)
    return covered
