"""Small results of a run, made by hand, for the tests of this folder."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from stad.structures import (
    Actors,
    FrameResult,
    Keyframe,
    RunInfo,
    Segment,
    ShownLabel,
    Tube,
    VideoInfo,
)

CLASS_NAMES = ("stand", "walk", "talk to (a person)")


def run_info(name: str = "street.mp4") -> RunInfo:
    """A run over three frames of 200x100 at 29.97 fps."""
    video = VideoInfo(name, 200, 100, Fraction(30000, 1001), num_frames=3, duration_sec=0.1001)
    return RunInfo(
        video=video,
        model="slowfast",
        detector="given",
        class_names=CLASS_NAMES,
        threshold=0.5,
        stride_sec=0.5,
    )


def frame_results() -> list[FrameResult]:
    """A keyframe with two actors, a frame with one of them, a frame with nobody."""
    pair = Actors.from_arrays(
        [[20, 10, 60, 90], [100.26, 20, 220, 100]], scores=[0.9, 0.75], ids=[7, 3]
    )
    scores = np.array([[0.05, 0.9, 0.3], [0.6, 0.001, 0.0123]], dtype=np.float32)
    labels = [[ShownLabel(1, 0.9)], [ShownLabel(0, 0.6)]]
    return [
        FrameResult(0, 0.0, pair, labels, keyframe=Keyframe(0.0, pair, scores)),
        FrameResult(1, 0.033367, pair[:1], labels[:1]),
        FrameResult(2, 0.066733, Actors.from_arrays(), []),
    ]


def run_segments() -> list[Segment]:
    """Three segments, not in the order of the document."""
    return [
        Segment(actor_id=7, class_index=2, start_sec=2.0, end_sec=4.5, score=0.625),
        Segment(actor_id=7, class_index=1, start_sec=0.0, end_sec=3.0, score=0.9),
        Segment(actor_id=3, class_index=0, start_sec=1.0, end_sec=75.25, score=0.61239),
    ]


def run_tubes() -> list[tuple[Segment, Tube]]:
    """The three segments in the order of the document; the one of #3 has no boxes."""
    first, second, third = sorted(run_segments(), key=lambda s: (s.actor_id, s.start_sec))
    boxes = np.array([[20, 10, 60, 90], [21, 10, 61, 90.26]], np.float32)
    return [
        (first, Tube(3, 0, first.score, np.zeros(0), boxes[:0])),
        (second, Tube(7, 1, second.score, np.array([0.0, 0.066733]), boxes)),
        (third, Tube(7, 2, third.score, np.array([0.066733]), boxes[1:])),
    ]
