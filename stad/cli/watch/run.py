"""Watch a camera, a stream or a file and report events: the job behind demo/watch.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stad.cli.watch.options import WatchOptions, check_options
from stad.errors import EXIT_OK

if TYPE_CHECKING:
    from stad.cli.watch.console import ConsoleReporter
    from stad.cli.watch.sinks import Sinks
    from stad.inference.live.pace import Pace
    from stad.inference.live.setup import WatchSetup
    from stad.inference.live.stats import Stats
    from stad.video.live import LiveSource

PERCENTILES = (50, 95)


@dataclass(frozen=True)
class WatchReport:
    """The counts of a run.

    Attributes:
        stats: counts and delays.
        num_dropped: frames that the reader's queue dropped.
        num_reconnects: how often the stream came back.
        pace: how often people were detected and actions scored; None if it is not known.
    """

    stats: Stats
    num_dropped: int
    num_reconnects: int
    pace: Pace | None = None


def watch(options: WatchOptions) -> int:
    """Watch until the source ends, the time is over or Ctrl-C, and return the exit code.

    Raises:
        InputError: the source, an output, a model or an option cannot be used.
    """
    watch_and_report(options)
    return EXIT_OK


def watch_and_report(
    options: WatchOptions, *, on_start: Callable[[], None] = lambda: None
) -> WatchReport:
    """Watch as ``watch`` does and return the counts.

    Args:
        options: of the run.
        on_start: called once the models are loaded and before the first frame.

    Raises:
        InputError: as for ``watch``.
    """
    check_options(options)
    from stad.cli.watch.console import ConsoleReporter
    from stad.inference.live.setup import prepare_watch
    from stad.inference.options import InferenceOptions
    from stad.utils.interrupt import StopRequest
    from stad.video.live import LiveSource

    screen = ConsoleReporter(is_quiet=options.quiet)
    source = LiveSource(options.source, max_latency_sec=options.max_latency_sec, log=screen.warn)
    setup = prepare_watch(
        source,
        InferenceOptions.from_options(options, without=("batch_size",)),
        max_latency_sec=options.max_latency_sec,
        progress=not options.quiet,
        log=screen.say,
    )
    sinks = _open_sinks(options, source, setup, screen)
    watcher = setup.open_watcher(source, sinks, duration_sec=options.duration_sec)
    try:
        with StopRequest() as stop, screen:
            on_start()
            watcher.run(stop)
    finally:
        sinks.close()
    report = WatchReport(watcher.stats, source.num_dropped, source.num_reconnects, setup.pace)
    screen.say(summary(report))
    return report


def _open_sinks(
    options: WatchOptions, source: LiveSource, setup: WatchSetup, screen: ConsoleReporter
) -> Sinks:
    from stad.cli.watch.display import DisplayWindow
    from stad.cli.watch.recorder import Recorder
    from stad.cli.watch.sinks import JsonLines, Sinks
    from stad.inference.build import match_labels
    from stad.inference.frame_store import FrameRing
    from stad.inference.live.webhook import Webhook

    class_names = setup.models.class_names
    jsonl = JsonLines(options.jsonl) if options.jsonl else None
    webhook = Webhook(options.webhook, log=screen.warn) if options.webhook else None
    ring = recorder = view = None
    if options.show:
        view = DisplayWindow(f"stad: {source.name}", class_names)
    if options.show or options.record:
        # The frames of an event must still be there when the event comes.
        margin_sec = options.record_sec if options.record else 0.0
        ring = FrameRing(margin_sec + setup.event_delay_sec)
    labels = match_labels(options.record, class_names, flag="--record")
    if ring is not None and labels is not None:
        recorder = Recorder(
            options.record_dir,
            ring,
            source.info,
            class_names=class_names,
            labels=labels,
            margin_sec=options.record_sec,
            log=screen.say,
        )
    return Sinks(screen, jsonl=jsonl, webhook=webhook, ring=ring, recorder=recorder, view=view)


def summary(report: WatchReport) -> str:
    """Return a line or two about what a run has done."""
    stats = report.stats
    median, high = (stats.delay_sec(percentile) for percentile in PERCENTILES)
    text = (
        f"{stats.num_frames} frames in {stats.watched_sec:.0f} s, {report.num_dropped} dropped; "
        f"{stats.num_windows} windows, {stats.num_skipped_windows} skipped; latency {median:.1f} s "
        f"(median), {high:.1f} s (95 %), including {stats.wait_sec:.1f} s for the window itself; "
        f"{stats.num_events} events"
    )
    if alone := stats.followed.report():
        text += f"; {alone}"
    if report.num_reconnects:
        text += f"; the stream was lost and came back {report.num_reconnects} times"
    return text
