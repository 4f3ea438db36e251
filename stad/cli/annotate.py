"""The words of the command line: options of the demo, and what it lists."""

from __future__ import annotations

import argparse
from pathlib import Path

from stad.cli.annotate_job import annotate
from stad.cli.annotate_options import AnnotateOptions
from stad.cli.arguments import ArgumentParser
from stad.cli.run import run_command

EPILOG = """examples:
  python demo/detect_video.py input.mp4 --out annotated.mp4
  python demo/detect_video.py input.mp4 --out a.mp4 --json a.json --html a.html
  python demo/detect_video.py input.mp4 --json a.json --labels walk,run --threshold 0.3
  python demo/detect_video.py --list-models"""


def annotate_parser() -> argparse.ArgumentParser:
    """The options of ``demo/detect_video.py``."""
    parser = ArgumentParser(
        description="Who does what, when and where in a video: boxes, ids and actions.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("video", nargs="?", help="video file to annotate")
    _add_outputs(parser.add_argument_group("outputs (at least one)"))
    models = parser.add_argument_group("models")
    add_models(models)
    models.add_argument(
        "--boxes", type=Path, metavar="FILE", help="person boxes from a CSV or JSON, no detector"
    )
    models.add_argument(
        "--batch-size", type=int, metavar="N", help="windows scored at once (CPU 1, GPU 8)"
    )
    _add_choices(parser.add_argument_group("what is predicted and shown"))
    lists = parser.add_argument_group("lists")
    lists.add_argument("--list-models", action="store_true", help="list models and detectors")
    lists.add_argument(
        "--list-labels", action="store_true", help="list the labels of --model (default: AVA's)"
    )
    lists.add_argument(
        "--list-trackers", action="store_true", help="list trackers with their parameters"
    )
    return parser


def _add_outputs(group) -> None:
    group.add_argument("--out", type=Path, metavar="FILE", help="annotated video (H.264 mp4)")
    group.add_argument("--json", type=Path, metavar="FILE", help="everything, as JSON")
    group.add_argument("--csv", type=Path, metavar="FILE", help="actions as AVA detection CSV")
    group.add_argument("--html", type=Path, metavar="FILE", help="timeline page; open in a browser")
    group.add_argument("--events", type=Path, metavar="FILE", help="segments as a CSV table")
    group.add_argument("--activitynet", type=Path, metavar="FILE", help="segments as its JSON")
    group.add_argument("--subtitles", type=Path, metavar="FILE", help="segments as .srt or .vtt")
    group.add_argument("--coco", type=Path, metavar="FILE", help="tubes as COCO JSON with tracks")
    group.add_argument("--overwrite", action="store_true", help="replace outputs that exist")
    group.add_argument(
        "--resume", action="store_true", help="go on with an interrupted run of the same command"
    )


def add_models(group) -> None:
    """The options that ``stad.inference.build.build_models`` reads."""
    group.add_argument(
        "--model", metavar="NAME|CONFIG", help="action model (default: the best at hand)"
    )
    group.add_argument(
        "--weights", default="auto", metavar="FILE", help="its checkpoint (default: published)"
    )
    group.add_argument(
        "--detector", metavar="NAME|CONFIG", help="person detector (default: the best at hand)"
    )
    group.add_argument("--detector-weights", default="auto", metavar="FILE", help="its checkpoint")
    group.add_argument("--device", default="auto", help="auto, cpu, cuda:0 ... (default: auto)")
    group.add_argument(
        "--precision",
        choices=("auto", "float32", "bfloat16"),
        default="auto",
        help="arithmetic of the action model (auto: bfloat16 where a short trial on this machine "
        "shows that it works and is faster)",
    )


def add_predictions(group) -> None:
    """What is predicted and shown, in a file and live alike."""
    group.add_argument(
        "--threshold", type=float, metavar="0..1", help="least action score (default: the model's)"
    )
    group.add_argument(
        "--person-threshold",
        type=float,
        metavar="0..1",
        help="least person score to begin a track (default: the detector's)",
    )
    group.add_argument(
        "--detect-every",
        type=float,
        default=0.2,
        metavar="SEC",
        help="time between person detections (0.2)",
    )
    add_tracker(group)
    group.add_argument(
        "--max-labels", type=int, default=3, metavar="N", help="labels shown per actor (3)"
    )
    group.add_argument(
        "--localizer",
        type=Path,
        metavar="FILE",
        help="thresholds and times of segments, from tools/tune_localizer.py",
    )
    group.add_argument("--labels", default="", metavar="A,B", help="keep only these labels")


def add_tracker(group) -> None:
    """The options that ``stad.actors.tracker_options.choose_tracker`` takes."""
    group.add_argument(
        "--tracker",
        metavar="NAME",
        help="what gives people their ids, by its name in the trackers library (bytetrack)",
    )
    group.add_argument(
        "--tracker-options",
        nargs="+",
        action="extend",
        default=[],
        type=_pair,
        metavar="KEY=VALUE",
        help="its parameters, for example minimum_iou_threshold=0.2",
    )
    group.add_argument(
        "--track-memory",
        type=float,
        metavar="SEC",
        help="how long a hidden person keeps the id (2)",
    )


def _pair(text: str) -> str:
    """Return a KEY=VALUE text as it is; what has no '=' was most likely meant as the video."""
    if "=" in text:
        return text
    raise argparse.ArgumentTypeError(
        f"{text!r} is not KEY=VALUE. Put the video or camera before this option"
    )


def _add_choices(group) -> None:
    add_predictions(group)
    group.add_argument(
        "--stride", type=float, metavar="SEC", help="time between predictions (the model's own)"
    )
    group.add_argument("--start", type=float, metavar="SEC", help="begin here")
    group.add_argument("--end", type=float, metavar="SEC", help="end here")
    group.add_argument("--quiet", action="store_true", help="print warnings and errors only")


def split_labels(text: str) -> tuple[str, ...]:
    """The labels of 'A,B'.

    >>> split_labels("walk,,run")
    ('walk', 'run')
    """
    return tuple(label for label in text.split(",") if label.strip())


def annotate_main(arguments: list[str] | None = None) -> int:
    """Parse and run; give the exit code."""
    parser = annotate_parser()
    args = parser.parse_args(arguments)
    if args.list_models or args.list_labels:
        from stad.zoo import tables

        print(tables.models_table() if args.list_models else tables.labels_table(args.model))
        return 0
    if args.list_trackers:
        from stad.actors.trackers import trackers_table

        print(trackers_table())
        return 0
    if args.video is None:
        parser.error("give a video file, or --list-models")
    return annotate(
        AnnotateOptions(
            video=args.video,
            out=args.out,
            json=args.json,
            csv=args.csv,
            html=args.html,
            events=args.events,
            activitynet=args.activitynet,
            subtitles=args.subtitles,
            coco=args.coco,
            overwrite=args.overwrite,
            resume=args.resume,
            model=args.model,
            weights=args.weights,
            detector=args.detector,
            detector_weights=args.detector_weights,
            boxes=args.boxes,
            threshold=args.threshold,
            person_threshold=args.person_threshold,
            stride_sec=args.stride,
            detect_sec=args.detect_every,
            tracker=args.tracker,
            tracker_options=tuple(args.tracker_options),
            track_memory_sec=args.track_memory,
            batch_size=args.batch_size,
            max_labels=args.max_labels,
            localizer=args.localizer,
            labels=split_labels(args.labels),
            start_sec=args.start,
            end_sec=args.end,
            device=args.device,
            precision=args.precision,
            quiet=args.quiet,
        )
    )


def main() -> None:
    """Entry point ``stad-annotate``."""
    run_command(annotate_main)
