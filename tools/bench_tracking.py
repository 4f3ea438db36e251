"""How well people are followed at several detection rates: python tools/bench_tracking.py VIDEO

With --reference 10, ids are compared with those at 10 detections per second: "broken" counts how
often a person gets another id, "mixed" how often an id goes over to another person.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stad.cli.arguments import ArgumentParser
from stad.cli.option_ranges import check_positive_seconds, check_probabilities
from stad.errors import run_script


def parse_args() -> argparse.Namespace:
    """The options."""
    from stad.cli.annotate import add_tracker

    parser = ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("video", help="video file")
    parser.add_argument(
        "--detect-every", type=float, nargs="+", default=[0.2, 0.5, 1.0], metavar="SEC",
        help="times between detections (0.2 0.5 1)",
    )  # fmt: skip
    parser.add_argument("--reference", type=float, metavar="RATE", help="detections per second")
    parser.add_argument("--detector", default="yolov4_tiny", help="person detector (yolov4_tiny)")
    parser.add_argument("--detector-weights", default="auto", metavar="FILE", help="its checkpoint")
    parser.add_argument("--device", default="cpu", help="cpu, cuda:0, ... (cpu)")
    parser.add_argument("--person-threshold", type=float, metavar="0..1", help="(the detector's)")
    add_tracker(parser)
    return parser.parse_args()


def main() -> None:
    """Look for people at each rate, follow them, and print the table."""
    args = parse_args()
    check_probabilities(person_threshold=args.person_threshold)
    for seconds in args.detect_every:
        check_positive_seconds(detect_every=seconds)
    check_positive_seconds(track_memory=args.track_memory, reference=args.reference)
    from benchmarks.tracking import as_markdown, figures, follow, look_at
    from stad.actors.tracker_options import choose_tracker
    from stad.inference.detectors import open_detector
    from stad.video.source import VideoSource

    choice = choose_tracker(args.tracker, args.tracker_options, memory_sec=args.track_memory)
    source = VideoSource(args.video)

    def look(rate: float):
        print(f"looking {rate:g} times per second", file=sys.stderr)
        detector = open_detector(args.detector, args.detector_weights, device=args.device)
        asked = args.person_threshold
        threshold = detector.person_threshold if asked is None else asked
        return look_at(source.frames(), detector, rate=rate), {"rate": rate, "threshold": threshold}

    reference = None
    if args.reference:
        looks, how = look(args.reference)
        reference, _ = follow(looks, choice, **how)
    rows = []
    for seconds in args.detect_every:
        looks, how = look(1 / seconds)
        rows.append(figures(looks, choice, **how, reference=reference))
    print(as_markdown(rows), end="")


if __name__ == "__main__":
    run_script(main)
