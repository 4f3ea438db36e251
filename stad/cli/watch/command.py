"""Run ``stad watch``."""

from __future__ import annotations

from collections.abc import Sequence

from stad.cli.arguments import parse
from stad.cli.run import run_command
from stad.cli.watch.options import WatchOptions

DESCRIPTION = """Watch a camera, a stream or a file in real time and report who does what, now.

Press Ctrl-C to stop. Frames that cannot be processed in time are dropped and counted. Without
--stride, actions are predicted at the model's own rate, or as often as this machine manages."""
EXAMPLES = (
    "0                                    # the first camera",
    "rtsp://user:password@camera/stream --jsonl events.jsonl",
    "video.mp4 --duration 60              # a file, played in real time",
    "0 --record fight,fall --webhook http://localhost:8000/events",
)
EVERYDAY = (
    *("source", "jsonl", "webhook", "record", "show", "model", "labels", "threshold"),
    *("duration_sec", "max_latency_sec"),
)


def parse_options(
    arguments: Sequence[str] | None = None, *, prog: str | None = None
) -> WatchOptions:
    """Return the options of a command line."""
    return parse(
        WatchOptions,
        arguments,
        prog=prog,
        description=DESCRIPTION,
        examples=EXAMPLES,
        everyday=EVERYDAY,
    )


def watch_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> int:
    """Run ``stad watch`` and return the exit code."""
    options = parse_options(arguments, prog=prog)
    from stad.cli.watch.run import watch

    return watch(options)


def main() -> None:
    """Run the command ``stad-watch``."""
    run_command(watch_main)
