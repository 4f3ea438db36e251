"""Find and follow the people of a video without scoring what they do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from stad.actors.detectors.base import PersonDetector
from stad.actors.tracker_options import TrackerChoice
from stad.inference.options import InferenceOptions
from stad.inference.pipeline import TIME_EPSILON_SEC, next_time
from stad.structures import Actors, Frame


def track_people(
    frames: Iterable[Frame],
    detector: PersonDetector,
    *,
    fps: float,
    detect_sec: float = InferenceOptions.detect_sec,
    tracker: TrackerChoice | None = None,
) -> Iterator[tuple[float, list[tuple[float, Actors]]]]:
    """Detect people and give them ids, at the same times and with the same ids as ``annotate``.

    Args:
        frames: ascending in time, RGB, one size.
        detector: finds people; it is asked every ``detect_sec``, in the order of the frames.
        fps: mean rate of the frames.
        detect_sec: time between detections, seconds.
        tracker: gives people their ids, where the detector does not; None for the default.

    Yields:
        For each frame its time, seconds, and (time, actors) pairs that are known now: people of
        this frame, and weak boxes of at most a second before. Ids count from 1.
    """
    own_sec = detector.interval_sec
    step_sec = max(detect_sec if own_sec is None else own_sec, 1 / fps)
    ask_sec = step_sec if own_sec is None else 0.0
    following = None
    if not detector.gives_ids:
        choice = tracker or TrackerChoice()
        following = choice.open(rate=1 / step_sec, start_score=detector.person_threshold)
    planned_sec = -np.inf
    for frame in frames:
        known: list[tuple[float, Actors]] = []
        if frame.time_sec >= planned_sec - TIME_EPSILON_SEC:
            planned_sec = next_time(planned_sec, frame.time_sec, ask_sec)
            found = detector.detect(frame)
            if found is not None and following is None:
                known = [(frame.time_sec, found)]
            elif found is not None and following is not None:
                known = following.update(frame.time_sec, found)
        yield frame.time_sec, known
