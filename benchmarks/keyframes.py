"""Measure the keyframes per second of the whole pipeline, and where its time goes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import takewhile

from stad.inference.detectors import open_detector
from stad.inference.overlap import annotate_frames
from stad.inference.pipeline import PipelineOptions
from stad.inference.precision import choose_precision
from stad.inference.scorer import ActionScorer
from stad.video.source import VideoSource
from stad.zoo.loading import open_model


@dataclass(frozen=True)
class KeyframeSpeed:
    """The time that one model took on a part of a video.

    Attributes:
        model: its name.
        keyframes: number of scored ones.
        actors: mean number in a keyframe.
        seconds: wall time.
        detecting_sec, scoring_sec: how long the person detector and the action model worked; they
            overlap.
        stride_sec: time between keyframes, seconds of video.
    """

    model: str
    keyframes: int
    actors: float
    seconds: float
    detecting_sec: float
    scoring_sec: float
    stride_sec: float

    @property
    def per_second(self) -> float:
        """The number of keyframes per second."""
        return self.keyframes / self.seconds


class _Timed:
    """Adds up the time of all calls of one method."""

    def __init__(self, owner: object, method: str) -> None:
        self.seconds = 0.0
        self._call = getattr(owner, method)
        setattr(owner, method, self)

    def __call__(self, *arguments, **options):
        begin = time.perf_counter()
        result = self._call(*arguments, **options)
        self.seconds += time.perf_counter() - begin
        return result


def measure_keyframes(
    model: str, video: str, *, detector: str, start_sec: float, duration_sec: float
) -> KeyframeSpeed:
    """Run the pipeline over a part of a video, without writing anything.

    The first keyframe, in which the models warm up, is not counted.

    Args:
        model: name in the zoo.
        video: path.
        detector: name in the zoo.
        start_sec: of the part, seconds.
        duration_sec: of the part, seconds.
    """
    loaded = open_model(model)
    source = VideoSource(video, start_sec=start_sec)
    frame_size = (source.info.width_px, source.info.height_px)
    precision = choose_precision("auto", "cpu", model=model, loaded=loaded, frame_size=frame_size)
    scorer = ActionScorer.from_loaded(loaded, precision.dtype)
    people = open_detector(detector)
    detecting, scoring = _Timed(people, "detect"), _Timed(scorer, "score")
    end_sec = start_sec + duration_sec
    frames = takewhile(lambda frame: frame.time_sec < end_sec, source.frames())
    options = PipelineOptions(
        stride_sec=loaded.stride_sec, person_threshold=people.person_threshold, batch_size=1
    )
    actors, begin, spent = [], 0.0, (0.0, 0.0)
    fps = float(source.info.fps)
    for result in annotate_frames(frames, people, scorer, options=options, fps=fps):
        if result.keyframe is None:
            continue
        if not begin:
            begin, spent = time.perf_counter(), (detecting.seconds, scoring.seconds)
        else:
            actors.append(len(result.keyframe.actors))
    return KeyframeSpeed(
        model=model,
        keyframes=len(actors),
        actors=sum(actors) / max(len(actors), 1),
        seconds=time.perf_counter() - begin,
        detecting_sec=detecting.seconds - spent[0],
        scoring_sec=scoring.seconds - spent[1],
        stride_sec=loaded.stride_sec,
    )
