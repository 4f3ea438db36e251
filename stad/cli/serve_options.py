"""Define the options of ``stad serve``, and check their values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from stad.cli.option_groups import (
    BatchOptions,
    ModelOptions,
    PredictionOptions,
    QuietOptions,
    TrackerOptions,
)
from stad.cli.option_ranges import check_numbers
from stad.cli.option_types import Pairs, option
from stad.errors import InputError
from stad.serving.settings import MB, ServiceSettings
from stad.utils.ranges import check_positive_int, check_positive_seconds


@dataclass(frozen=True, kw_only=True)
class LimitOptions:
    """Options for what clients may ask for."""

    HEADING = "limits"

    max_size_mb: Annotated[
        float, option("maximum size of a video, megabytes", metavar="MB", name="max-size")
    ] = ServiceSettings.max_bytes / MB
    max_length_sec: Annotated[
        float, option("maximum length of a video", metavar="SEC", name="max-length")
    ] = ServiceSettings.max_length_sec
    max_queue: Annotated[int, option("maximum number of videos that wait", metavar="N")] = (
        ServiceSettings.max_queue
    )
    max_uploads: Annotated[int, option("maximum number of uploads at once", metavar="N")] = (
        ServiceSettings.max_uploads
    )
    max_live: Annotated[int, option("maximum number of live sources at once", metavar="N")] = (
        ServiceSettings.max_live
    )
    rate: Annotated[float, option("requests per second of one client", metavar="N")] = (
        ServiceSettings.rate
    )
    keep_days: Annotated[
        float, option("days that results are kept, 0 for ever", metavar="DAYS")
    ] = ServiceSettings.keep_days


@dataclass(frozen=True, kw_only=True)
class SourceOptions:
    """Options for videos and streams that the service itself opens."""

    HEADING = "sources"

    videos: Annotated[
        Path | None, option("folder whose videos clients may name", metavar="DIR")
    ] = None
    allow_urls: Annotated[bool, option("clients may name videos and webhooks by http(s) URLs")] = (
        ServiceSettings.allow_urls
    )
    allow_private: Annotated[bool, option("such URLs may lead to private addresses, too")] = (
        ServiceSettings.allow_private
    )
    live: Annotated[
        Pairs,
        option("live sources that clients may start by their names", metavar="NAME=SOURCE ..."),
    ] = ()
    allow_live_urls: Annotated[
        bool, option("clients may start any stream by its URL, private ones included")
    ] = ServiceSettings.allow_live_urls


@dataclass(frozen=True, kw_only=True)
class ServeOptions(
    LimitOptions,
    SourceOptions,
    ModelOptions,
    BatchOptions,
    PredictionOptions,
    TrackerOptions,
    QuietOptions,
):
    """Options of ``stad serve``."""

    HEADING = "general"

    data: Annotated[Path, option("folder of the queue, videos and results", metavar="DIR")] = Path(
        "stad-data"
    )
    host: Annotated[str, option("address to listen on; others need a token", metavar="HOST")] = (
        "127.0.0.1"
    )
    port: Annotated[int, option("port to listen on, 0 for any free one", metavar="N")] = 8600
    token_file: Annotated[
        Path | None,
        option("file of tokens, one a line; or set STAD_SERVE_TOKEN", metavar="FILE"),
    ] = None
    proxy: Annotated[
        str | None,
        option("address of the reverse proxy whose X-Forwarded-For is true", metavar="IP"),
    ] = None
    workers: Annotated[
        int, option("processes that annotate, each with the models", metavar="N")
    ] = ServiceSettings.num_workers


def check_options(options: ServeOptions) -> None:
    """Raise InputError for a number out of its range, or a folder that is not there."""
    check_numbers(options)
    for name in ("max_queue", "max_uploads", "max_live", "workers"):
        check_positive_int(f"--{name.replace('_', '-')}", getattr(options, name))
    check_positive_seconds("--max-length", options.max_length_sec)
    for flag, value in (("--max-size", options.max_size_mb), ("--rate", options.rate)):
        if not 0 < value < math.inf:
            raise InputError(f"{flag} must be a number above 0, got {value:g}.")
    if not 0 <= options.keep_days < math.inf:
        raise InputError(f"--keep-days must be 0 or more, got {options.keep_days:g}.")
    if not 0 <= options.port <= 65535:
        raise InputError(f"--port must be from 0 to 65535, got {options.port}.")
    if options.videos is not None and not options.videos.is_dir():
        raise InputError(f"--videos: there is no folder {options.videos}. Check the name.")
    if options.allow_private and not options.allow_urls:
        raise InputError("--allow-private needs --allow-urls: without it, no URL is opened.")
