"""Choose how often this machine can detect people and score actions without falling behind."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stad.actors.detectors.base import PersonDetector
from stad.inference.scoring import Scorer, score_black
from stad.structures import Frame, VideoInfo

# Fractions of the time that both models and detection may take; the rest decodes, tracks, draws.
BUSY_RATIO, DETECTION_RATIO = 0.8, 0.4
# Detecting people less often than this mixes them up: of 100 detections on a street camera 4
# continue another person's id with 0.8 s between detections, and 15 with 2 s.
MAX_DETECT_SEC = 0.8
PEOPLE = 2


@dataclass(frozen=True)
class Pace:
    """The times between detections and between scored windows.

    Attributes:
        detect_sec: time between detections, seconds.
        stride_sec: time between scored windows, seconds.
        detection_cost_sec, window_cost_sec: how long one of them took, seconds.
    """

    detect_sec: float
    stride_sec: float
    detection_cost_sec: float
    window_cost_sec: float


def measure_pace(
    detector: PersonDetector,
    scorer: Scorer,
    info: VideoInfo,
    *,
    detect_sec: float,
    stride_sec: float | None,
    usual_stride_sec: float = 1.0,
) -> Pace:
    """Time both models on black frames of the video's size and choose a pace.

    Args:
        detector: of the run; this warms it up.
        scorer: of the run; this warms it up, too.
        info: size and rate of the video.
        detect_sec: minimum time between detections, seconds.
        stride_sec: time between windows, seconds; None for the usual one, or more if the machine
            needs it.
        usual_stride_sec: the one that suits the model, seconds.
    """
    black = np.zeros((info.height_px, info.width_px, 3), dtype=np.uint8)
    detection_cost_sec = _quickest_sec(lambda: detector.detect(Frame(0, 0.0, black)))
    size = info.width_px, info.height_px
    window_cost_sec = _quickest_sec(lambda: score_black(scorer, size, num_people=PEOPLE))
    return choose_pace(
        detection_cost_sec,
        window_cost_sec,
        detect_sec=detect_sec,
        stride_sec=stride_sec,
        usual_stride_sec=usual_stride_sec,
    )


def choose_pace(
    detection_cost_sec: float,
    window_cost_sec: float,
    *,
    detect_sec: float,
    stride_sec: float | None,
    usual_stride_sec: float = 1.0,
) -> Pace:
    """Return the pace that the costs leave time for; a stride that is given stays.

    >>> choose_pace(0.1, 0.2, detect_sec=0.2, stride_sec=None)
    Pace(detect_sec=0.25, stride_sec=1.0, detection_cost_sec=0.1, window_cost_sec=0.2)
    >>> choose_pace(0.1, 1.2, detect_sec=0.2, stride_sec=None).stride_sec
    3.0
    """
    slower_sec = min(detection_cost_sec / DETECTION_RATIO, MAX_DETECT_SEC)
    detect_sec = max(detect_sec, slower_sec)
    left = BUSY_RATIO - min(detection_cost_sec / detect_sec, DETECTION_RATIO)
    needed_sec = math.ceil(10 * window_cost_sec / left - 1e-6) / 10
    if stride_sec is None:
        stride_sec = max(usual_stride_sec, needed_sec)
    return Pace(detect_sec, stride_sec, detection_cost_sec, window_cost_sec)


def _quickest_sec(action: Callable[[], object], *, times: int = 2) -> float:
    """Return the seconds of the quickest of some runs after a warm-up."""
    action()
    costs = []
    for _ in range(times):
        begin = time.perf_counter()
        action()
        costs.append(time.perf_counter() - begin)
    return min(costs)
