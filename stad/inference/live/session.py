"""Process one unbroken part of a live stream: people and scores come from two threads."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass

from stad.inference.build import ModelBundle
from stad.inference.live.stats import Stats
from stad.inference.model_threads import ModelThreads
from stad.inference.pipeline import ActionPipeline, PipelineOptions
from stad.inference.scoring import score_job
from stad.structures import Frame, FrameResult, Keyframe

LEEWAY = 0.25


@dataclass(frozen=True)
class _Running:
    """Work in a thread.

    Attributes:
        from_sec: of a detection, the time of its frame; of a batch, when it began on the
            monotonic clock; seconds.
        future: of its outcome.
    """

    from_sec: float
    future: Future


class LiveSession:
    """Drives an ``ActionPipeline`` over frames that do not wait.

    People are detected in the newest frame whenever the detector is free and the time has come.
    Windows are scored in order; one whose scores would come more than ``max_latency_sec`` after
    they could is left out. Where one window alone takes longer than that, it is scored if it can
    begin at once.

    Args:
        models: of the run.
        threads: run the two models.
        options: of the pipeline.
        fps: mean rate of the source.
        first_id: the first id that the tracker gives.
        max_latency_sec: see above.
        due_sec: when the frame of a time was live, on the monotonic clock.
        stats: counts are added to it.
    """

    def __init__(
        self,
        models: ModelBundle,
        threads: ModelThreads,
        *,
        options: PipelineOptions,
        fps: float,
        first_id: int,
        max_latency_sec: float,
        due_sec: Callable[[float], float],
        stats: Stats,
    ) -> None:
        models.scorer.begin_stream()
        self._models, self._threads = models, threads
        self._max_latency_sec, self._due_sec, self._stats = max_latency_sec, due_sec, stats
        self._pipeline = ActionPipeline(
            models.detector,
            models.scorer,
            options=options,
            fps=fps,
            first_id=first_id,
            counts=stats.followed,
        )
        stats.wait_sec = self._pipeline.wait_sec + self._pipeline.lag_sec
        self._detecting: _Running | None = None
        self._scoring: _Running | None = None
        self._newest: Frame | None = None
        self._asked_sec = float("-inf")

    @property
    def next_id(self) -> int:
        """The first id that no actor of this session has."""
        return self._pipeline.last_id + 1

    @property
    def last_sec(self) -> float:
        """Time of the last frame, seconds."""
        return 0.0 if self._newest is None else self._newest.time_sec

    def add_frame(self, frame: Frame) -> None:
        """Add the next frame."""
        self._pipeline.add_frame(frame)
        self._newest = frame

    def step(self) -> Iterator[FrameResult]:
        """Collect what the threads have done, give them more, yield the results that are known."""
        self._collect_detections(must_wait=False)
        self._collect_scores(must_wait=False)
        self._detect()
        self._skip_late_windows()
        self._score_next()
        return self._pipeline.results()

    def finish(self) -> Iterator[FrameResult]:
        """End the stream, score the windows that are left and yield the last results."""
        self._collect_detections(must_wait=True)
        self._pipeline.finish()
        self._collect_scores(must_wait=True)
        while self._pipeline.pending_windows():
            self._skip_late_windows()
            self._score_next()
            self._collect_scores(must_wait=True)
        return self._pipeline.results()

    def _collect_detections(self, *, must_wait: bool) -> None:
        running = self._detecting
        if running is None or not (must_wait or running.future.done()):
            return
        self._detecting = None
        self._pipeline.add_detections(running.from_sec, running.future.result())
        self._stats.num_detections += 1

    def _detect(self) -> None:
        frame = self._newest
        if self._detecting is not None or frame is None or frame.time_sec <= self._asked_sec:
            return
        if self._pipeline.claim_detection(frame.time_sec):
            self._asked_sec = frame.time_sec
            future = self._threads.detector.submit(self._models.detector.detect, frame)
            self._detecting = _Running(frame.time_sec, future)

    def _collect_scores(self, *, must_wait: bool) -> None:
        running = self._scoring
        if running is None or not (must_wait or running.future.done()):
            return
        self._scoring = None
        self._add_scores(running.future.result())
        self._stats.window_cost_sec = time.monotonic() - running.from_sec

    def _add_scores(self, keyframes: list[Keyframe]) -> None:
        final = self._pipeline.add_scores(keyframes)
        now_sec = time.monotonic()
        self._stats.delays_sec.extend(now_sec - self._due_sec(k.time_sec) for k in final)

    def _skip_late_windows(self) -> None:
        """Leave out the windows whose scores would come too late."""
        cost_sec = self._stats.window_cost_sec
        # If one window alone takes longer than the limit, those are scored that can begin soon.
        limit_sec = max(self._max_latency_sec, (1 + LEEWAY) * cost_sec)
        for time_sec in self._pipeline.pending_windows():
            could_begin_sec = self._due_sec(time_sec) + self._pipeline.wait_sec
            if time.monotonic() - could_begin_sec + cost_sec <= limit_sec:
                return
            self._pipeline.drop_window()
            self._stats.num_skipped_windows += 1

    def _score_next(self) -> None:
        while self._scoring is None and self._pipeline.pending_windows():
            job = self._pipeline.next_batch(1)
            self._stats.num_windows += 1
            if job.clips:
                future = self._threads.scorer.submit(score_job, job, self._models.scorer)
                self._scoring = _Running(time.monotonic(), future)
            else:
                self._add_scores(score_job(job, self._models.scorer))
