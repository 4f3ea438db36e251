"""Measure how well people are tracked at several detection rates.

    python tools/bench_tracking.py VIDEO

With --reference 10, ids are compared with those at 10 detections per second: "broken" counts how
often a person gets another id, "mixed" how often an id moves to another person.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tyro.conf import Positional

from stad.cli.arguments import parse
from stad.cli.option_groups import DetectorOptions, TrackerOptions
from stad.cli.option_ranges import check_numbers
from stad.cli.option_types import option
from stad.errors import run_script
from stad.utils.ranges import check_positive_seconds


@dataclass(frozen=True, kw_only=True)
class Options(DetectorOptions, TrackerOptions):
    """Options for the trackers to measure."""

    video: Annotated[str, Positional, option("video file", metavar="VIDEO")]
    detect_every: Annotated[
        tuple[float, ...],
        option("times between detections (default: 0.2 0.5 1)", metavar="SEC ..."),
    ] = (0.2, 0.5, 1.0)
    reference: Annotated[
        float | None, option("detections per second to compare with", metavar="RATE")
    ] = None
    person_threshold: Annotated[
        float | None,
        option("minimum person score to start a track (default: the detector's)", metavar="0..1"),
    ] = None
    detector: Annotated[str, option("person detector", metavar="NAME|CONFIG")] = "yolov4_tiny"
    device: Annotated[str, option("cpu, cuda:0, ...", metavar="DEVICE")] = "cpu"


def main() -> None:
    """Detect and track people at each rate, and print the table."""
    options = parse(Options, description=__doc__)
    check_numbers(options)
    for seconds in options.detect_every:
        check_positive_seconds("--detect-every", seconds)
    check_positive_seconds("--reference", options.reference)
    from benchmarks.tracking import as_markdown, figures, follow, look_at
    from stad.actors.tracker_options import choose_tracker
    from stad.inference.detectors import open_detector
    from stad.video.source import VideoSource

    choice = choose_tracker(
        options.tracker, options.tracker_options, memory_sec=options.track_memory_sec
    )
    source = VideoSource(options.video)

    def look(rate: float):
        print(f"detecting people {rate:g} times per second", file=sys.stderr)
        detector = open_detector(options.detector, options.detector_weights, device=options.device)
        chosen = options.person_threshold
        threshold = detector.person_threshold if chosen is None else chosen
        return look_at(source.frames(), detector, rate=rate), {"rate": rate, "threshold": threshold}

    reference = None
    if options.reference:
        looks, how = look(options.reference)
        reference, _ = follow(looks, choice, **how)
    rows = []
    for seconds in options.detect_every:
        looks, how = look(1 / seconds)
        rows.append(figures(looks, choice, **how, reference=reference))
    print(as_markdown(rows), end="")


if __name__ == "__main__":
    run_script(main)
