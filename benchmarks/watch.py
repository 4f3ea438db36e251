"""Measure how well this machine keeps up with a video that is played in real time."""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from pathlib import Path

from stad.cli.watch.options import WatchOptions
from stad.cli.watch.run import WatchReport, watch_and_report
from stad.video.sink import VideoSink
from stad.video.source import VideoSource

EPSILON_SEC = 1e-6


def measure(options: WatchOptions) -> dict[str, float]:
    """Watch a file and measure.

    Args:
        options: of the run; nothing is printed.

    Returns:
        By name: frames looked at and dropped, windows scored and skipped, detections per second,
        p50 and p95 of the latency, the part of it that is due to the window and p95 of the rest
        (seconds), the times between detections and between windows (seconds), CPU use (100 % is
        one core; of everything, once the models are loaded) and the real-time factor (seconds of
        video that were watched per second).
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
    found = {
        "frames looked at": stats.num_frames,
        "frames dropped": report.num_dropped,
        "windows scored": stats.num_windows,
        "windows skipped": stats.num_skipped_windows,
        "detections per second": stats.num_detections / stats.watched_sec,
        "latency p50, s": stats.delay_sec(50),
        "latency p95, s": stats.delay_sec(95),
        "of which the window, s": stats.wait_sec,
        "lateness p95, s": max(stats.delay_sec(95) - stats.wait_sec, 0.0),
        "CPU use, %": 100 * cpu_sec / passed_sec,
        "real-time factor": stats.last_sec / stats.watched_sec,
    }
    if report.pace is not None:
        found["detection every, s"] = report.pace.detect_sec
        found["window every, s"] = report.pace.stride_sec
    return found


def keeps_up(report: dict[str, float]) -> bool:
    """Return whether a run dropped no frame and skipped no window.

    Args:
        report: what ``measure`` returns.
    """
    return not report["frames dropped"] and not report["windows skipped"]


def change_rate(video: str | Path, out: Path, *, fps: int) -> Path:
    """Write a video with another frame rate and the same length: frames come again or are left out.

    Args:
        video: to read.
        out: the mp4 to write.
        fps: frames per second.

    Raises:
        InputError: the video cannot be read, or the other one cannot be written.
    """
    source = VideoSource(video)
    sink = VideoSink(out, replace(source.info, fps=Fraction(fps)))
    count, last, end_sec = 0, None, 0.0
    for frame in chain(source.frames(), [None]):
        until_sec = end_sec if frame is None else frame.time_sec
        while last is not None and count / fps < until_sec - EPSILON_SEC:
            sink.write(last, count / fps)
            count += 1
        if frame is not None:
            last, end_sec = frame.image, frame.time_sec + float(1 / source.info.fps)
    sink.close()
    return out
