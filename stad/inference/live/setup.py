"""Load the models of a live run and choose its pace."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from stad.actors.tracker_options import choose_tracker
from stad.inference.build import ModelBundle, build_models
from stad.inference.live.events import EventTracker
from stad.inference.live.pace import Pace, measure_pace
from stad.inference.live.watcher import Watcher, WatchSinks
from stad.inference.options import InferenceOptions
from stad.inference.pipeline import PipelineOptions
from stad.localization.base import Localizer
from stad.video.live import LiveSource


@dataclass(frozen=True)
class WatchSetup:
    """The models and options that watching one source needs.

    Attributes:
        models: ready to use, and warm.
        pace: how often to detect and to score.
        options: of the pipeline.
        localizer: at its beginning.
        max_latency_sec: how late the scores of a window may come, seconds.
    """

    models: ModelBundle
    pace: Pace
    options: PipelineOptions
    localizer: Localizer
    max_latency_sec: float

    @property
    def event_delay_sec(self) -> float:
        """The maximum time between the start of an action and its event, seconds."""
        computed_sec = self.max_latency_sec + 2 * self.pace.window_cost_sec
        return self.localizer.delay_sec + computed_sec + 3.0

    def open_watcher(
        self, source: LiveSource, sinks: WatchSinks, *, duration_sec: float | None = None
    ) -> Watcher:
        """Return a watcher of a source.

        Args:
            source: the one that was prepared for.
            sinks: take what is found.
            duration_sec: how long to watch, seconds; None until the source ends.
        """
        tracker = EventTracker(
            self.models.class_names,
            self.localizer.options,
            source=source.name,
            moment_of=lambda time_sec: time.time() - time.monotonic() + source.due_sec(time_sec),
        )
        return Watcher(
            source,
            self.models,
            localizer=self.localizer,
            tracker=tracker,
            options=self.options,
            sinks=sinks,
            max_latency_sec=self.max_latency_sec,
            duration_sec=duration_sec,
        )


def prepare_watch(
    source: LiveSource,
    options: InferenceOptions,
    *,
    max_latency_sec: float,
    progress: bool,
    log: Callable[[str], None],
) -> WatchSetup:
    """Load the models and choose everything else that the options leave open.

    Args:
        source: its size and rate are used.
        options: of the run.
        max_latency_sec: how late the scores of a window may come, seconds.
        progress: show the progress of downloads on a terminal.
        log: takes lines about what was chosen.

    Raises:
        InputError: a model or an option cannot be used.
    """
    # A wrong tracker is found before a model is fetched.
    tracker = choose_tracker(
        options.tracker, options.tracker_options, memory_sec=options.track_memory_sec
    )
    models = build_models(
        options,
        frame_size=(source.info.width_px, source.info.height_px),
        is_live=True,
        progress=progress,
        log=log,
    )
    pace = measure_pace(
        models.detector,
        models.scorer,
        source.info,
        detect_sec=options.detect_sec,
        stride_sec=options.stride_sec,
        usual_stride_sec=models.stride_sec,
    )
    log(
        f"pace      people every {pace.detect_sec:.2g} s (a detection takes "
        f"{pace.detection_cost_sec:.2g} s), actions every {pace.stride_sec:.2g} s (a window takes "
        f"{pace.window_cost_sec:.2g} s)"
    )
    log(f"tracker   {tracker.describe(gives_ids=models.detector.gives_ids)}")
    return WatchSetup(
        models,
        pace,
        models.pipeline_options(
            options,
            stride_sec=pace.stride_sec,
            detect_sec=pace.detect_sec,
            batch_size=1,
            tracker=tracker,
        ),
        models.open_localizer(options.localizer, pace.stride_sec),
        max_latency_sec,
    )
