"""The flow as one step after the other, which the overlapped one must equal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from stad.inference.frame_store import FrameStore
from stad.inference.pipeline import ActionPipeline, PipelineOptions
from stad.inference.scoring import score_job
from stad.structures import Frame, FrameResult


def annotate_one_by_one(
    frames: Iterable[Frame],
    detector,
    scorer,
    *,
    options: PipelineOptions,
    fps: float,
    store: FrameStore | None = None,
) -> Iterator[FrameResult]:
    """Do what ``annotate_frames`` does, in one thread."""
    pipeline = ActionPipeline(detector, scorer, options=options, fps=fps)

    def score(minimum: int) -> None:
        while len(pipeline.pending_windows()) >= minimum:
            pipeline.add_scores(score_job(pipeline.next_batch(options.batch_size), scorer))

    def results() -> Iterator[FrameResult]:
        for result in pipeline.results():
            yield result if store is None else replace(result, frame=store.take(result.index))

    for frame in frames:
        if store is not None:
            store.add(frame)
        pipeline.add_frame(frame)
        if pipeline.claim_detection(frame.time_sec):
            pipeline.add_detections(frame.time_sec, detector.detect(frame))
        score(options.batch_size)
        yield from results()
    pipeline.finish()
    score(1)
    yield from results()


def plain(results: Iterable[FrameResult]) -> list[tuple]:
    """Results to the last bit."""
    return [
        (
            *(result.index, result.time_sec, result.actors.boxes.tobytes()),
            *(result.actors.scores.tobytes(), result.actors.ids.tolist(), result.labels),
            result.keyframe and (result.keyframe.time_sec, result.keyframe.scores.tobytes()),
            None if result.frame is None else result.frame.image.tobytes(),
        )
        for result in results
    ]
