"""A camera, a stream or a file in, events out: the job behind demo/watch.py."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stad.cli.watch.options import WatchOptions, check_options
from stad.errors import EXIT_OK

if TYPE_CHECKING:
    from stad.cli.watch.stats import Stats

PERCENTILES = (50, 95)


@dataclass(frozen=True)
class WatchReport:
    """How a run went.

    Attributes:
        stats: counts and delays.
        num_dropped: frames that the reader's queue dropped.
        num_reconnects: how often the stream came back.
        is_interrupted: by Ctrl-C.
    """

    stats: Stats
    num_dropped: int
    num_reconnects: int
    is_interrupted: bool


def watch(options: WatchOptions) -> int:
    """Watch until the source ends, the time is over or Ctrl-C; give the exit code.

    Raises:
        InputError: the source, an output, a model or an option cannot be used.
    """
    watch_and_report(options)
    return EXIT_OK


def watch_and_report(
    options: WatchOptions, *, on_start: Callable[[], None] = lambda: None
) -> WatchReport:
    """Watch; give what there is to say of it.

    Args:
        options: of the run.
        on_start: called once the models are loaded and before the first frame.

    Raises:
        InputError: as ``watch``.
    """
    check_options(options)
    from stad.cli.watch.console import ConsoleReporter
    from stad.utils.interrupt import StopRequest
    from stad.video.live import LiveSource

    screen = ConsoleReporter(is_quiet=options.quiet)
    source = LiveSource(options.source, max_latency_sec=options.max_latency_sec, say=screen.warn)
    watcher, outlets = _prepare(options, source, screen)
    try:
        with StopRequest() as stop, screen:
            on_start()
            watcher.run(stop)
    finally:
        outlets.close()
    report = WatchReport(
        stats=watcher.stats,
        num_dropped=source.num_dropped,
        num_reconnects=source.num_reconnects,
        is_interrupted=stop.requested,
    )
    screen.say(summary(report))
    return report


def _prepare(options: WatchOptions, source, screen):
    """The watcher and what its events go to."""
    from stad.actors.tracker_options import choose_tracker
    from stad.cli.watch.events import EventTracker
    from stad.cli.watch.pace import measure_pace
    from stad.cli.watch.watcher import Watcher
    from stad.inference.build import build_models
    from stad.inference.options import InferenceOptions

    # A wrong tracker is found before a model is fetched.
    choice = choose_tracker(
        options.tracker, options.tracker_options, memory_sec=options.track_memory_sec
    )
    models = build_models(
        InferenceOptions.from_options(options),
        frame_size=(source.info.width_px, source.info.height_px),
        is_live=True,
        progress=not options.quiet,
        log=screen.say,
    )
    pace = measure_pace(
        models.detector,
        models.scorer,
        source.info,
        detect_sec=options.detect_sec,
        stride_sec=options.stride_sec,
        usual_stride_sec=models.stride_sec,
    )
    screen.say(
        f"pace      people every {pace.detect_sec:.2g} s (one look takes "
        f"{pace.detection_cost_sec:.2g} s), actions every {pace.stride_sec:.2g} s (a window takes "
        f"{pace.window_cost_sec:.2g} s)"
    )
    screen.say(f"tracker   {choice.describe(gives_ids=models.detector.gives_ids)}")
    localizer = models.open_localizer(options.localizer, pace.stride_sec)
    # An event is told this long after it began; its frames must still be there then.
    delay_sec = localizer.delay_sec + options.max_latency_sec + 2 * pace.window_cost_sec + 3.0
    outlets = _open_outlets(options, source, models, delay_sec, screen)
    watcher = Watcher(
        source,
        models,
        localizer=localizer,
        tracker=EventTracker(
            models.class_names,
            localizer.options,
            source=source.name,
            moment_of=lambda time_sec: time.time() - time.monotonic() + source.due_sec(time_sec),
        ),
        options=_pipeline_options(options, models, pace, choice),
        outlets=outlets,
        max_latency_sec=options.max_latency_sec,
        duration_sec=options.duration_sec,
    )
    return watcher, outlets


def _pipeline_options(options: WatchOptions, models, pace, choice):
    from stad.inference.pipeline import PipelineOptions

    return PipelineOptions(
        stride_sec=pace.stride_sec,
        detect_sec=pace.detect_sec,
        threshold=models.threshold,
        person_threshold=models.person_threshold(options.person_threshold),
        max_labels=options.max_labels,
        allowed=models.allowed,
        batch_size=1,
        tracker=choice,
    )


def _open_outlets(options: WatchOptions, source, models, delay_sec: float, screen):
    from stad.cli.watch.display import DisplayWindow
    from stad.cli.watch.recorder import Recorder
    from stad.cli.watch.sinks import JsonLines, Sinks
    from stad.cli.watch.webhook import Webhook
    from stad.inference.build import match_labels
    from stad.inference.frame_store import FrameRing

    jsonl = JsonLines(options.jsonl) if options.jsonl else None
    webhook = Webhook(options.webhook, say=screen.warn) if options.webhook else None
    ring = recorder = view = None
    if options.show:
        view = DisplayWindow(f"stad: {source.name}", models.class_names)
    if options.show or options.record:
        margin_sec = options.record_sec if options.record else 0.0
        ring = FrameRing(margin_sec + delay_sec)
    if options.record:
        recorder = Recorder(
            options.record_dir,
            ring,
            source.info,
            class_names=models.class_names,
            labels=match_labels(options.record, models.class_names, flag="--record"),
            margin_sec=options.record_sec,
            say=screen.say,
        )
    return Sinks(
        screen,
        jsonl=jsonl,
        webhook=webhook,
        ring=ring,
        recorder=recorder,
        view=view,
    )


def summary(report: WatchReport) -> str:
    """What a run has done, in a line or two."""
    stats = report.stats
    half, most = (stats.delay_sec(percentile) for percentile in PERCENTILES)
    text = (
        f"{stats.num_frames} frames in {stats.watched_sec:.0f} s, {report.num_dropped} dropped; "
        f"{stats.num_windows} windows, {stats.num_skipped_windows} skipped; latency {half:.1f} s "
        f"(median), {most:.1f} s (95 %), of which the window takes {stats.wait_sec:.1f} s; "
        f"{stats.num_events} events"
    )
    if alone := stats.followed.report():
        text += f"; {alone}"
    if report.num_reconnects:
        text += f"; the stream was lost and came back {report.num_reconnects} times"
    return text
