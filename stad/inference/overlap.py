"""Run the whole flow: frames -> people -> tracks -> clips -> action scores -> results.

A generator with bounded memory. Detection runs ahead in one thread and scoring behind in another;
tracking and everything else stay in the thread of the caller, frame by frame. Results equal those
of one step after the other, to the last bit: people and scores are taken in the order of the
frames, and the results that a step makes known come out before the scores of the next step.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from stad.actors.detectors.base import PersonDetector
from stad.actors.tracker import FollowCounts
from stad.inference.frame_store import FrameStore
from stad.inference.model_threads import ModelThreads
from stad.inference.pipeline import ActionPipeline, ClipFrame, PipelineOptions
from stad.inference.scoring import Scorer, score_job
from stad.structures import Frame, FrameResult

# Frames that were read and whose people are not known yet; those in which people are detected are
# kept at full size. One detection runs, the others wait.
MAX_AHEAD, MAX_DETECTIONS = 64, 3
# One batch is scored, the other waits.
MAX_BATCHES = 2


def annotate_frames(
    frames: Iterable[Frame],
    detector: PersonDetector,
    scorer: Scorer,
    *,
    options: PipelineOptions,
    fps: float,
    counts: FollowCounts | None = None,
    store: FrameStore | None = None,
) -> Generator[FrameResult]:
    """Run the pipeline over a stream of frames.

    Detector and scorer work in a thread each, which have ended when the generator has, also when
    it is closed early. An error of a frame, the detector or the scorer comes after the results
    before it.

    Args:
        frames: ascending in time, RGB, one size; read in the thread of the caller.
        detector: finds people; called every ``options.detect_sec``, in the order of the frames.
        scorer: scores clips; called every ``options.stride_sec`` for all actors in view.
        options: of the pipeline.
        fps: mean rate of the frames, for the first guess of the tracker.
        counts: detections that were followed are added to it.
        store: keeps the frames until their results take them; None for results without frames,
            whose images may change once the next frame is asked for.

    Yields:
        One result for each frame, in order.
    """
    # What a scorer remembers of another video does not count here.
    scorer.begin_stream()
    pipeline = ActionPipeline(detector, scorer, options=options, fps=fps, counts=counts)
    flow = _Flow(pipeline, detector, scorer, batch_size=options.batch_size, store=store)
    try:
        try:
            for frame in frames:
                yield from flow.take(frame)
            yield from flow.finish()
        except Exception:
            yield from flow.drain()
            raise
    finally:
        flow.close()


class _Ahead(NamedTuple):
    """A frame that was read, and the future of its people; None without a detection."""

    frame: ClipFrame
    people: Future | None


@dataclass
class _Step:
    """The batches that one frame made complete.

    Attributes:
        batches: futures of their keyframes.
        is_open: more of them may come.
    """

    batches: list[Future] = field(default_factory=list)
    is_open: bool = True

    def is_done(self, *, may_wait: bool) -> bool:
        """Return whether all of its scores are known, or will be for those who may wait."""
        return not self.is_open and (may_wait or all(batch.done() for batch in self.batches))


class _Flow:
    """Drives an ``ActionPipeline`` with a thread for each model."""

    def __init__(
        self,
        pipeline: ActionPipeline,
        detector: PersonDetector,
        scorer: Scorer,
        *,
        batch_size: int,
        store: FrameStore | None,
    ) -> None:
        self._pipeline, self._detector, self._scorer = pipeline, detector, scorer
        self._batch_size, self._store = batch_size, store
        self._threads = ModelThreads()
        self._ahead: deque[_Ahead] = deque()
        self._num_detections = 0
        self._steps: deque[_Step] = deque()
        self._running: deque[Future] = deque()
        self._is_following = False

    def take(self, frame: Frame) -> Iterator[FrameResult]:
        """Add the next frame; yield the results that are known."""
        if self._store is not None:
            self._store.add(frame)
        people = None
        if self._pipeline.claim_detection(frame.time_sec):
            # Without a store, the caller may fill the same image again.
            kept = frame if self._store is not None else replace(frame, image=frame.image.copy())
            people = self._threads.detector.submit(self._detector.detect, kept)
            self._num_detections += 1
        self._ahead.append(_Ahead(self._pipeline.shrink(frame), people))
        while self._ahead and (self._is_full() or self._is_first_known()):
            yield from self._follow_first()
        yield from self._collect()

    def finish(self) -> Iterator[FrameResult]:
        """End the stream; yield the last results."""
        yield from self.drain()
        # Not before: it makes the results of all frames known.
        self._pipeline.finish()
        yield from self._score(minimum=1)
        yield from self._collect(must_wait=True)
        yield from self._results()

    def drain(self) -> Iterator[FrameResult]:
        """Wait for the people and the scores of the frames so far; yield what they make known.

        After an error in the work on a frame, later frames are left out.
        """
        while self._ahead and not self._is_following:
            yield from self._follow_first()
        yield from self._collect(must_wait=True)

    def _is_full(self) -> bool:
        return len(self._ahead) >= MAX_AHEAD or self._num_detections >= MAX_DETECTIONS

    def _is_first_known(self) -> bool:
        people = self._ahead[0].people
        return people is None or people.done()

    def _follow_first(self) -> Iterator[FrameResult]:
        """Put the first frame ahead, and its people, into the pipeline."""
        self._is_following = True
        frame, people = self._ahead.popleft()
        found = None if people is None else people.result()
        self._pipeline.add_frame(frame)
        if people is not None:
            self._num_detections -= 1
            self._pipeline.add_detections(frame.time_sec, found)
        yield from self._score(minimum=self._batch_size)
        self._is_following = False

    def _score(self, *, minimum: int) -> Iterator[FrameResult]:
        """Begin to score the windows that are complete, once there are ``minimum`` of them."""
        if len(self._pipeline.pending_windows()) < minimum:
            return
        step = _Step()
        self._steps.append(step)
        while len(self._pipeline.pending_windows()) >= minimum:
            while len(self._running) >= MAX_BATCHES:
                wait([self._running.popleft()])
            yield from self._collect()
            job = self._pipeline.next_batch(self._batch_size)
            batch = self._threads.scorer.submit(score_job, job, self._scorer)
            self._running.append(batch)
            step.batches.append(batch)
        step.is_open = False

    def _collect(self, *, must_wait: bool = False) -> Iterator[FrameResult]:
        """Add the scores of the steps that are done; yield the results after each of them."""
        while self._steps and self._steps[0].is_done(may_wait=must_wait):
            scores = [batch.result() for batch in self._steps[0].batches]
            self._steps.popleft()
            for keyframes in scores:
                self._pipeline.add_scores(keyframes)
            yield from self._results()

    def _results(self) -> Iterator[FrameResult]:
        for result in self._pipeline.results():
            if self._store is not None:
                result = replace(result, frame=self._store.take(result.index))
            yield result

    def close(self) -> None:
        """End the threads."""
        self._threads.close()
