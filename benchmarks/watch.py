"""Measure how well this machine keeps up with a video that is played in real time."""

from __future__ import annotations

import time
from dataclasses import replace

from stad.cli.watch.options import WatchOptions
from stad.cli.watch.run import WatchReport, watch_and_report


def measure(options: WatchOptions) -> dict[str, float]:
    """Watch a file and measure.

    Args:
        options: of the run; nothing is printed.

    Returns:
        By name: frames looked at and dropped, windows scored and skipped, detections per second,
        p50 and p95 of the latency and the part of it that is due to the window (seconds), CPU
        use (100 % is one core; of everything, once the models are loaded) and the real-time
        factor (seconds of video that were watched per second).
    """
    begin_cpu_sec = begin_sec = 0.0

    def note_begin() -> None:
        nonlocal begin_cpu_sec, begin_sec
        begin_cpu_sec, begin_sec = time.process_time(), time.monotonic()

    report = watch_and_report(replace(options, quiet=True), on_start=note_begin)
    passed_sec = time.monotonic() - begin_sec
    return rows(report, cpu_sec=time.process_time() - begin_cpu_sec, passed_sec=passed_sec)


def rows(report: WatchReport, *, cpu_sec: float, passed_sec: float) -> dict[str, float]:
    """Return the figures of a run.

    Args:
        report: of the run.
        cpu_sec: time of all processors, seconds.
        passed_sec: wall time, seconds.
    """
    stats = report.stats
    return {
        "frames looked at": stats.num_frames,
        "frames dropped": report.num_dropped,
        "windows scored": stats.num_windows,
        "windows skipped": stats.num_skipped_windows,
        "detections per second": stats.num_detections / stats.watched_sec,
        "latency p50, s": stats.delay_sec(50),
        "latency p95, s": stats.delay_sec(95),
        "of which the window, s": stats.wait_sec,
        "CPU use, %": 100 * cpu_sec / passed_sec,
        "real-time factor": stats.last_sec / stats.watched_sec,
    }
