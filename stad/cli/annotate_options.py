"""Define the options of ``stad annotate``, and check them before a video or model is opened."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, get_type_hints

from tyro.conf import Positional

from stad.cli.option_groups import (
    BatchOptions,
    JsonOptions,
    ListOptions,
    ModelOptions,
    PredictionOptions,
    TrackerOptions,
)
from stad.cli.option_ranges import check_numbers
from stad.cli.option_types import option
from stad.cli.output_checks import check_free, check_not_input
from stad.errors import InputError
from stad.utils.files import check_output

WRITTEN_SUFFIXES = (".mp4", ".m4v", ".mov")
STATE_SUFFIX = ".stad-state"


@dataclass(frozen=True, kw_only=True)
class OutputOptions(JsonOptions):
    """Options for the files that a run writes."""

    HEADING = "more outputs"

    out: Annotated[Path | None, option("annotated video (H.264 mp4)", metavar="FILE")] = None
    csv: Annotated[Path | None, option("actions as AVA detection CSV", metavar="FILE")] = None
    html: Annotated[Path | None, option("timeline page for a browser", metavar="FILE")] = None
    events: Annotated[Path | None, option("segments as a CSV table", metavar="FILE")] = None
    activitynet: Annotated[Path | None, option("segments as ActivityNet JSON", metavar="FILE")] = (
        None
    )
    subtitles: Annotated[Path | None, option("segments as .srt or .vtt", metavar="FILE")] = None
    coco: Annotated[Path | None, option("tubes as COCO JSON with tracks", metavar="FILE")] = None
    resume: Annotated[bool, option("continue an interrupted run of the same command")] = False

    def outputs(self) -> dict[str, Path]:
        """Return the files to write, by their options."""
        paths = {f"--{name}": getattr(self, name) for name in output_names()}
        return {flag: path for flag, path in paths.items() if path is not None}

    def state_path(self) -> Path:
        """Return where results are kept until the run is complete: beside the first output."""
        first = next(iter(self.outputs().values()))
        return first.with_name(first.name + STATE_SUFFIX)


def output_names() -> list[str]:
    """Return the options that name an output, in the order in which the user reads them."""
    hints = get_type_hints(OutputOptions)
    names = [field.name for field in fields(OutputOptions) if hints[field.name] == Path | None]
    # The video comes first: results are kept beside it until the run is complete.
    return sorted(names, key=lambda name: name != "out")


@dataclass(frozen=True, kw_only=True)
class FileOptions(BatchOptions):
    """Options for files only, not for live sources: given boxes, and batches of windows."""

    HEADING = "models"

    boxes: Annotated[
        Path | None, option("person boxes from a CSV or JSON, no detector", metavar="FILE")
    ] = None


@dataclass(frozen=True, kw_only=True)
class AnnotateOptions(
    OutputOptions, ModelOptions, FileOptions, PredictionOptions, TrackerOptions, ListOptions
):
    """Options of ``stad annotate``."""

    HEADING = "general"

    video: Annotated[str, Positional, option("video file to annotate", metavar="VIDEO")] = ""
    start_sec: Annotated[
        float | None, option("annotate from here", metavar="SEC", name="start")
    ] = None
    end_sec: Annotated[float | None, option("annotate up to here", metavar="SEC", name="end")] = (
        None
    )


def check_options(options: AnnotateOptions) -> None:
    """Raise InputError for a number outside its range, or without an output."""
    check_numbers(options)
    if not options.outputs():
        raise InputError("There is nothing to write. Give --out FILE.mp4, --json, --csv or --html.")
    if options.resume and options.overwrite:
        raise InputError(
            "--resume and --overwrite cannot be used together: the one continues a run, the other "
            "starts over."
        )


def check_outputs(options: AnnotateOptions) -> None:
    """Raise InputError for an output that cannot or must not be written."""
    check_not_input(options, options.outputs())
    seen: dict[Path, str] = {}
    for flag, path in options.outputs().items():
        check_output(flag, path)
        _check_resumed(flag, path, options)
        if path.resolve() in seen:
            raise InputError(
                f"{flag} and {seen[path.resolve()]} name the same file {path}. Give each its own."
            )
        seen[path.resolve()] = flag
    if options.out and options.out.suffix.lower() not in WRITTEN_SUFFIXES:
        raise InputError(
            f"--out must end in {', '.join(WRITTEN_SUFFIXES)}, got {options.out.name}. "
            "The video is written as H.264 in an mp4."
        )
    if options.subtitles:
        _check_subtitles(options.subtitles)


def _check_subtitles(path: Path) -> None:
    # Imported here: it takes numpy, which --help does not wait for.
    from stad.outputs.segment_files import SUBTITLE_SUFFIXES

    if path.suffix.lower() not in SUBTITLE_SUFFIXES:
        raise InputError(
            f"--subtitles must end in {' or '.join(SUBTITLE_SUFFIXES)}, got {path.name}. "
            "The ending chooses the format."
        )


def _check_resumed(flag: str, path: Path, options: AnnotateOptions) -> None:
    """Raise InputError for a file that exists and is neither replaced nor continued."""
    has_state = options.state_path().exists()
    if options.resume and has_state:
        return
    if options.resume and path.exists() and not options.overwrite:
        raise InputError(
            f"{flag}: {path} exists already, and there is no {options.state_path().name} beside it "
            "to resume from. That run is complete, or its files were moved. Add --overwrite to "
            "start over."
        )
    hint = ", or --resume to continue the interrupted run" if has_state else ""
    check_free(flag, path, overwrite=options.overwrite, hint=hint)
