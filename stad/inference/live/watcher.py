"""Watch a live source: frames in, people and scores from two threads, events out."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import Protocol

from stad.inference.build import ModelBundle
from stad.inference.live.events import Event, EventTracker
from stad.inference.live.session import LiveSession
from stad.inference.live.stats import Stats
from stad.inference.model_threads import ModelThreads
from stad.inference.pipeline import PipelineOptions
from stad.localization.base import Localizer
from stad.structures import Frame, FrameResult, Segment
from stad.video.live import LiveSource

POLL_SEC = 0.02
# After this time without a frame nothing carries over: people get new ids.
BREAK_SEC = 3.0


class WatchSinks(Protocol):
    """Anything that takes what a live run finds; called in the thread of the run."""

    @property
    def wants_to_stop(self) -> bool:
        """True if the run should end."""
        ...

    def take_frame(self, frame: Frame) -> None:
        """Take a frame that was read."""

    def take_result(self, result: FrameResult) -> None:
        """Take the result of a frame."""

    def take_events(self, events: list[Event]) -> None:
        """Take starts and ends of actions."""

    def take_status(self, text: str) -> None:
        """Take a line that says how the run is going."""

    def advance(self) -> None:
        """Do what is waiting; called often."""

    def end_session(self) -> None:
        """Expect no more results for the frames so far: the stream was interrupted."""


class StopSignal(Protocol):
    """Anything that tells a run to stop."""

    @property
    def requested(self) -> bool:
        """True if the run should stop."""
        ...


class Watcher:
    """Watches a live source; decoding, detection and scoring overlap.

    The reader's queue drops frames that have waited too long; see ``LiveSession`` for the frames
    and windows that are processed. After a break in the stream people get new ids, and all
    actions have ended.

    Args:
        source: started and stopped here.
        models: of the run.
        localizer: of the run.
        tracker: of events.
        options: of the pipeline.
        sinks: take what is found.
        max_latency_sec: how late the scores of a window may come, seconds.
        duration_sec: how long to watch; None until the source ends.

    Attributes:
        stats: counts and delays so far.
    """

    def __init__(
        self,
        source: LiveSource,
        models: ModelBundle,
        *,
        localizer: Localizer,
        tracker: EventTracker,
        options: PipelineOptions,
        sinks: WatchSinks,
        max_latency_sec: float,
        duration_sec: float | None = None,
    ) -> None:
        self._source, self._models, self._options = source, models, options
        self._localizer, self._tracker, self._sinks = localizer, tracker, sinks
        self._max_latency_sec, self._duration_sec = max_latency_sec, duration_sec
        self._threads = ModelThreads()
        self._session: LiveSession | None = None
        self._next_id = 1
        self.stats = Stats()

    def run(self, stop: StopSignal) -> None:
        """Watch until the source ends, the time is over or ``stop.requested``."""
        for _ in self.steps(stop):
            pass

    def steps(self, stop: StopSignal) -> Generator[None]:
        """Watch as ``run`` does, and yield after each step; closing the generator ends it."""
        begin_sec = seen_sec = time.monotonic()
        self._source.start()
        try:
            while not (stop.requested or self._source.is_over or self._sinks.wants_to_stop):
                now_sec = time.monotonic()
                if self._duration_sec is not None and now_sec - begin_sec >= self._duration_sec:
                    break
                live = self._source.get(POLL_SEC)
                if live is not None:
                    if live.is_discontinuity:
                        self._end_session()
                    self._add_frame(live.frame)
                    seen_sec = now_sec
                elif now_sec - seen_sec > BREAK_SEC:
                    self._end_session()
                self._step()
                yield
            self.stats.watched_sec = time.monotonic() - begin_sec
            self._end_session()
            yield
        finally:
            self._source.stop()
            self._threads.close()

    def _add_frame(self, frame: Frame) -> None:
        if self._session is None:
            self._session = LiveSession(
                self._models,
                self._threads,
                options=self._options,
                fps=float(self._source.info.fps),
                first_id=self._next_id,
                max_latency_sec=self._max_latency_sec,
                due_sec=self._source.due_sec,
                stats=self.stats,
            )
        self._session.add_frame(frame)
        self._sinks.take_frame(frame)
        self.stats.saw_frame(frame.time_sec)

    def _step(self) -> None:
        if self._session is not None:
            self._pass_on(self._session.step())
        self._sinks.advance()
        self._sinks.take_status(self.stats.status(self._source.num_dropped))

    def _pass_on(self, results: Iterator[FrameResult]) -> None:
        for result in results:
            self._sinks.take_result(result)
            if result.keyframe is not None:
                ended = self._localizer.update(result.keyframe)
                self._update_events(ended, self._localizer.ongoing())

    def _update_events(self, ended: list[Segment], ongoing: list[Segment]) -> None:
        events = self._tracker.update(ended, ongoing)
        self.stats.num_events += len(events)
        self._sinks.take_events(events)

    def _end_session(self) -> None:
        """Score what is left and end all actions: what comes next does not continue them."""
        session, self._session = self._session, None
        if session is None:
            return
        self._pass_on(session.finish())
        self._next_id = session.next_id
        end_sec = session.last_sec + float(1 / self._source.info.fps)
        self._update_events(self._localizer.finish(end_sec), [])
        self._sinks.end_session()
        self._sinks.advance()
