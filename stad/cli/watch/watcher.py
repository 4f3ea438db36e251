"""The loop of a live run: frames in, people and scores from two threads, events out."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor

from stad.cli.watch.events import EventTracker
from stad.cli.watch.sinks import Sinks
from stad.cli.watch.stats import Stats
from stad.inference.build import ModelBundle
from stad.inference.pipeline import ActionPipeline, PipelineOptions
from stad.inference.scoring import ScoringJob, score_job
from stad.localization.base import Localizer
from stad.structures import Frame, Keyframe, Segment
from stad.video.live import LiveSource

POLL_SEC = 0.02
# After so long without a frame nothing carries over: whoever comes then is somebody new.
BREAK_SEC = 3.0
LEEWAY = 0.25


class Watcher:
    """Drives an ``ActionPipeline`` over a live source; decoding, detection and scoring overlap.

    The reader's queue drops frames that have waited too long. People are looked for in the newest
    frame whenever the detector is free and the time has come. Windows are scored in order; one
    that would come out more than ``max_latency_sec`` after it could be scored is left out. Where
    one window alone takes longer than that, it is scored if it can begin at once. After a break
    the people have new ids, and all that went on has ended.

    Args:
        source: started and stopped here.
        models: of the run.
        localizer: of the run.
        tracker: of events.
        options: of the pipeline.
        outlets: take what is found.
        max_latency_sec: see above.
        duration_sec: how long to watch; None for as long as there is something.
    """

    def __init__(
        self,
        source: LiveSource,
        models: ModelBundle,
        *,
        localizer: Localizer,
        tracker: EventTracker,
        options: PipelineOptions,
        outlets: Sinks,
        max_latency_sec: float,
        duration_sec: float | None = None,
    ) -> None:
        self._source, self._models, self._options = source, models, options
        self._localizer, self._tracker, self._outlets = localizer, tracker, outlets
        self._max_latency_sec, self._duration_sec = max_latency_sec, duration_sec
        self._detector_thread = ThreadPoolExecutor(1, thread_name_prefix="detector")
        self._scorer_thread = ThreadPoolExecutor(1, thread_name_prefix="scorer")
        self._detecting: tuple[float, Future] | None = None
        self._scoring: tuple[float, Future] | None = None
        self._flow: ActionPipeline | None = None
        self._newest: Frame | None = None
        self._asked_sec = float("-inf")
        self._window_cost_sec = 0.0
        self._next_id = 1
        self.stats = Stats()

    def run(self, stop) -> None:
        """Watch until the source ends, the time is over or ``stop.requested``."""
        begin_sec = seen_sec = time.monotonic()
        self._source.start()
        try:
            while not (stop.requested or self._source.is_over or self._outlets.wants_to_stop):
                now_sec = time.monotonic()
                if self._duration_sec is not None and now_sec - begin_sec >= self._duration_sec:
                    break
                live = self._source.get(POLL_SEC)
                if live is not None:
                    if live.is_discontinuity:
                        self._end_session()
                    self._take(live.frame)
                    seen_sec = now_sec
                elif now_sec - seen_sec > BREAK_SEC:
                    self._end_session()
                self._step()
            self.stats.watched_sec = time.monotonic() - begin_sec
            self._end_session()
        finally:
            self._source.stop()
            self._detector_thread.shutdown()
            self._scorer_thread.shutdown()

    def _take(self, frame: Frame) -> None:
        if self._flow is None:
            self._models.scorer.begin_stream()
            self._flow = ActionPipeline(
                self._models.detector,
                self._models.scorer,
                options=self._options,
                fps=float(self._source.info.fps),
                first_id=self._next_id,
                counts=self.stats.followed,
            )
            self.stats.wait_sec = self._flow.wait_sec
        self._flow.add_frame(frame)
        self._newest = frame
        self._outlets.take_frame(frame)
        self.stats.saw_frame(frame.time_sec)

    def _step(self) -> None:
        """Collect what the threads have done, give them more, pass on what is known."""
        if self._flow is not None:
            self._collect_people(must_wait=False)
            self._collect_scores(must_wait=False)
            self._look_for_people()
            self._skip_late_windows()
            self._score_next()
            self._pass_on()
        self._outlets.advance()
        self._outlets.screen.status(self.stats.status(self._source.num_dropped))

    def _collect_people(self, *, must_wait: bool) -> None:
        if self._detecting is None or not (must_wait or self._detecting[1].done()):
            return
        time_sec, future = self._detecting
        self._detecting = None
        self._flow.add_detections(time_sec, future.result())
        self.stats.num_detections += 1

    def _look_for_people(self) -> None:
        frame = self._newest
        if self._detecting is not None or frame is None or frame.time_sec <= self._asked_sec:
            return
        if self._flow.needs_detection(frame.time_sec):
            self._asked_sec = frame.time_sec
            future = self._detector_thread.submit(self._models.detector.detect, frame)
            self._detecting = (frame.time_sec, future)

    def _collect_scores(self, *, must_wait: bool) -> None:
        if self._scoring is None or not (must_wait or self._scoring[1].done()):
            return
        begin_sec, future = self._scoring
        self._scoring = None
        self._add_scored(future.result())
        self._window_cost_sec = time.monotonic() - begin_sec

    def _add_scored(self, keyframes: list[Keyframe]) -> None:
        self._flow.add_scores(keyframes)
        now_sec = time.monotonic()
        self.stats.delays_sec.extend(now_sec - self._source.due_sec(k.time_sec) for k in keyframes)

    def _skip_late_windows(self) -> None:
        """Leave out what would come too late."""
        cost_sec = self._window_cost_sec
        # Where one window alone takes longer than the limit, those are scored that can begin soon.
        limit_sec = max(self._max_latency_sec, (1 + LEEWAY) * cost_sec)
        for time_sec in self._flow.pending_windows():
            could_begin_sec = self._source.due_sec(time_sec) + self._flow.wait_sec
            if time.monotonic() - could_begin_sec + cost_sec <= limit_sec:
                return
            self._flow.drop_window()
            self.stats.num_skipped_windows += 1

    def _score_next(self) -> None:
        while self._scoring is None and self._flow.pending_windows():
            job = self._flow.next_batch(1)
            self.stats.num_windows += 1
            if job.clips:
                self._scoring = (time.monotonic(), self._submit(job))
            else:
                self._add_scored(score_job(job, self._models.scorer))

    def _submit(self, job: ScoringJob) -> Future:
        return self._scorer_thread.submit(score_job, job, self._models.scorer)

    def _pass_on(self) -> None:
        for result in self._flow.results():
            self._outlets.take_result(result)
            if result.keyframe is not None:
                ended = self._localizer.update(result.keyframe)
                self._tell(ended, self._localizer.ongoing())

    def _tell(self, ended: list[Segment], ongoing: list[Segment]) -> None:
        events = self._tracker.update(ended, ongoing)
        self.stats.num_events += len(events)
        self._outlets.take_events(events)

    def _end_session(self) -> None:
        """What was seen so far has no continuation: score what is due, end all that goes on."""
        if self._flow is None:
            return
        self._collect_people(must_wait=True)
        self._flow.finish()
        last_sec = self._newest.time_sec
        self._collect_scores(must_wait=True)
        while self._flow.pending_windows():
            self._skip_late_windows()
            self._score_next()
            self._collect_scores(must_wait=True)
        self._pass_on()
        self._next_id = self._flow.last_id + 1
        self._flow = self._newest = None
        self._tell(self._localizer.finish(last_sec + float(1 / self._source.info.fps)), [])
        self._outlets.end_session()
        self._outlets.advance()
