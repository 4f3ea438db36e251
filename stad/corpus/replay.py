"""Run tracking and everything else that is cheap on detections and scores that are known.

The pipeline is the same as in an unbroken run, so its results are the same to the last bit. In
place of images it keeps the numbers of the frames: a clip says which frames it consists of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from stad.corpus.part_files import Found
from stad.inference.annotation import AnnotationSetup
from stad.inference.pipeline import ActionPipeline, ClipFrame
from stad.inference.scoring import ScoringJob
from stad.structures import FrameResult, Keyframe


def replay(
    setup: AnnotationSetup,
    times_sec: Sequence[float],
    found: Iterable[Found],
    score: Callable[[ScoringJob], list[Keyframe]],
) -> Iterator[FrameResult]:
    """Yield the results of all frames of a video.

    Args:
        setup: of the video.
        times_sec: of all its frames.
        found: people in the frames that ``claimed_frames`` chooses, in order.
        score: returns the keyframes of a batch of windows, whose clips (T,) are numbers of frames.
    """
    pipeline = _pipeline(setup)
    size = setup.info.video.width_px, setup.info.video.height_px
    batch_size = setup.options.batch_size
    people = iter(found)

    def score_pending(minimum: int) -> None:
        batches = []
        while len(pipeline.pending_windows()) >= minimum:
            batches.append(score(pipeline.next_batch(batch_size)))
        for keyframes in batches:
            pipeline.add_scores(keyframes)

    for number, time_sec in enumerate(times_sec):
        pipeline.add_frame(ClipFrame(number, time_sec, np.array(number), size))
        if pipeline.claim_detection(time_sec):
            detected_sec, actors = next(people)
            if detected_sec != time_sec:
                raise ValueError(f"people of {detected_sec} s in place of {time_sec} s")
            pipeline.add_detections(time_sec, actors)
        score_pending(batch_size)
        yield from pipeline.results()
    pipeline.finish()
    score_pending(1)
    yield from pipeline.results()


def claimed_frames(setup: AnnotationSetup, times_sec: Sequence[float]) -> np.ndarray:
    """Return (F,) bool, the frames in which the pipeline detects; they depend on times only."""
    pipeline = _pipeline(setup)
    return np.array([pipeline.claim_detection(time_sec) for time_sec in times_sec], bool)


def _pipeline(setup: AnnotationSetup) -> ActionPipeline:
    return ActionPipeline(
        setup.models.detector,
        setup.models.scorer,
        options=setup.options,
        fps=float(setup.info.video.fps),
    )
