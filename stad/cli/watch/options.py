"""Define the options of ``stad watch``, and check their values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from stad.cli.option_groups import ModelOptions, PredictionOptions, QuietOptions, TrackerOptions
from stad.cli.option_ranges import check_numbers
from stad.cli.option_types import Labels, option
from stad.cli.output_checks import check_not_input
from stad.inference.options import LiveOptions
from stad.utils.files import check_output
from stad.utils.ranges import check_positive_seconds


@dataclass(frozen=True, kw_only=True)
class EventOptions:
    """Options for events besides those on the screen."""

    HEADING = "events"

    jsonl: Annotated[
        Path | None, option("append each event to this file, one JSON a line", metavar="FILE")
    ] = None
    webhook: Annotated[str | None, option("post each event as JSON to this URL", metavar="URL")] = (
        None
    )
    record: Annotated[
        Labels, option("record an mp4 around events of these labels", metavar="A,B")
    ] = ()
    record_dir: Annotated[Path, option("folder of the recordings", metavar="DIR")] = Path(
        "recordings"
    )
    record_sec: Annotated[
        float,
        option("seconds recorded before and after an event", metavar="SEC", name="record-seconds"),
    ] = 10.0
    show: Annotated[bool, option("show a window with boxes, a few seconds late")] = False


@dataclass(frozen=True, kw_only=True)
class WatchOptions(EventOptions, ModelOptions, PredictionOptions, TrackerOptions, QuietOptions):
    """Options of ``stad watch``."""

    HEADING = "general"

    source: Annotated[
        str,
        Positional,
        option("camera number, RTSP or HTTP URL, or a video file", metavar="SOURCE"),
    ]
    duration_sec: Annotated[
        float | None, option("stop after this time", metavar="SEC", name="duration")
    ] = LiveOptions.duration_sec
    max_latency_sec: Annotated[
        float,
        option(
            "maximum delay beyond what a window takes; later frames are dropped",
            metavar="SEC",
            name="max-latency",
        ),
    ] = LiveOptions.max_latency_sec


def check_options(options: WatchOptions) -> None:
    """Raise InputError for a number outside its range or an output that cannot be written."""
    check_numbers(options)
    check_positive_seconds("--record-seconds", options.record_sec)
    if options.jsonl is not None:
        check_output("--jsonl", options.jsonl)
        check_not_input(options, {"--jsonl": options.jsonl})
