"""The words of the command line of demo/watch.py."""

from __future__ import annotations

import argparse
from pathlib import Path

from stad.cli.annotate import add_models, add_predictions, split_labels
from stad.cli.arguments import ArgumentParser
from stad.cli.run import run_command
from stad.cli.watch.run import WatchOptions, watch

EPILOG = """examples:
  python demo/watch.py 0                                    the first camera
  python demo/watch.py rtsp://user:password@camera/stream --jsonl events.jsonl
  python demo/watch.py video.mp4 --duration 60              a file, played in real time
  python demo/watch.py 0 --record fight,fall --webhook http://localhost:8000/events

Ctrl-C ends it. What is too slow to be looked at is dropped, and counted."""


def watch_parser() -> argparse.ArgumentParser:
    """The options of ``demo/watch.py``."""
    parser = ArgumentParser(
        description="Who does what, now: watches a camera, a stream or a file in real time.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", help="number of a camera, URL (RTSP, HTTP), or a video file")
    parser.add_argument("--duration", type=float, metavar="SEC", help="watch for so long")
    parser.add_argument(
        "--max-latency",
        type=float,
        default=2.0,
        metavar="SEC",
        help="fall behind by no more than this, beside what a window takes (2)",
    )
    parser.add_argument("--quiet", action="store_true", help="print warnings and errors only")
    _add_outputs(parser.add_argument_group("where events go, beside the screen"))
    add_models(parser.add_argument_group("models"))
    choices = parser.add_argument_group("what is predicted and shown")
    add_predictions(choices)
    choices.add_argument(
        "--stride",
        type=float,
        metavar="SEC",
        help="time between predictions (default: the model's, or what the machine keeps up with)",
    )
    return parser


def _add_outputs(group) -> None:
    group.add_argument(
        "--jsonl", type=Path, metavar="FILE", help="add each event to this file, a JSON a line"
    )
    group.add_argument("--webhook", metavar="URL", help="post each event as JSON to this URL")
    group.add_argument(
        "--record", default="", metavar="A,B", help="record an mp4 around events of these labels"
    )
    group.add_argument(
        "--record-dir",
        type=Path,
        default=Path("recordings"),
        metavar="DIR",
        help="where the recordings go (recordings)",
    )
    group.add_argument(
        "--record-seconds",
        type=float,
        default=10.0,
        metavar="SEC",
        help="how much before and after an event is in them (10)",
    )
    group.add_argument(
        "--show", action="store_true", help="show a window with boxes, some seconds late"
    )


def parse_options(arguments: list[str] | None = None) -> WatchOptions:
    """The options of a command line."""
    args = watch_parser().parse_args(arguments)
    return WatchOptions(
        source=args.source,
        jsonl=args.jsonl,
        webhook=args.webhook,
        record=split_labels(args.record),
        record_dir=args.record_dir,
        record_sec=args.record_seconds,
        show=args.show,
        duration_sec=args.duration,
        max_latency_sec=args.max_latency,
        model=args.model,
        weights=args.weights,
        detector=args.detector,
        detector_weights=args.detector_weights,
        threshold=args.threshold,
        person_threshold=args.person_threshold,
        stride_sec=args.stride,
        detect_sec=args.detect_every,
        tracker=args.tracker,
        tracker_options=tuple(args.tracker_options),
        track_memory_sec=args.track_memory,
        max_labels=args.max_labels,
        localizer=args.localizer,
        labels=split_labels(args.labels),
        device=args.device,
        precision=args.precision,
        quiet=args.quiet,
    )


def watch_main(arguments: list[str] | None = None) -> int:
    """Parse and run; give the exit code."""
    return watch(parse_options(arguments))


def main() -> None:
    """Entry point ``stad-watch``."""
    run_command(watch_main)
