"""The words of the command line of demo/recognize_video.py."""

from __future__ import annotations

import argparse
from pathlib import Path

from stad.cli.arguments import ArgumentParser
from stad.cli.recognize_job import DEFAULT_MODEL, RecognizeOptions, recognize

EPILOG = """examples:
  python demo/recognize_video.py input.mp4
  python demo/recognize_video.py input.mp4 --views 10x3 --top 3 --json result.json
  python demo/recognize_video.py input.mp4 --model tsm_r50_1x1x8_k400"""


def recognize_parser() -> argparse.ArgumentParser:
    """The options of ``demo/recognize_video.py``."""
    parser = ArgumentParser(
        description="What a video shows as a whole: the most likely classes.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("video", nargs="?", help="video file")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the classes as JSON")
    parser.add_argument("--overwrite", action="store_true", help="replace a JSON that exists")
    parser.add_argument(
        "--model", default=DEFAULT_MODEL, metavar="NAME|CONFIG", help=f"model ({DEFAULT_MODEL})"
    )
    parser.add_argument(
        "--weights", default="auto", metavar="FILE", help="its checkpoint (default: published)"
    )
    parser.add_argument(
        "--views",
        metavar="CLIPSxCROPS",
        help="whose scores are averaged, 1, 3 or 10 crops, such as 10x3 (5x1; 1x1 for a model "
        "that sees segments of the whole video)",
    )
    parser.add_argument("--top", type=int, default=5, metavar="N", help="classes shown (5)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda:0 ... (default: auto)")
    parser.add_argument("--quiet", action="store_true", help="print warnings and errors only")
    parser.add_argument("--list-models", action="store_true", help="list models and detectors")
    return parser


def recognize_main(arguments: list[str] | None = None) -> None:
    """Parse and run."""
    parser = recognize_parser()
    args = parser.parse_args(arguments)
    if args.list_models:
        from stad.zoo import tables

        print(tables.models_table())
        return
    if args.video is None:
        parser.error("give a video file, or --list-models")
    recognize(
        RecognizeOptions(
            video=args.video,
            model=args.model,
            weights=args.weights,
            views=args.views,
            top=args.top,
            json=args.json,
            overwrite=args.overwrite,
            device=args.device,
            quiet=args.quiet,
        )
    )
