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
from stad.cli.output_checks import check_distinct, check_free, check_not_input
from stad.errors import InputError
from stad.utils.files import check_output, last_bytes
from stad.utils.part_files import is_special

WRITTEN_SUFFIXES = (".mp4", ".m4v", ".mov")
STATE_SUFFIX = ".stad-state"
# Of a document, after its last segment.
END_BYTES = 100


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

    def state_path(self) -> Path | None:
        """Return where results are kept until the run is complete: beside the first output.

        None if all outputs are devices or pipes: such a run cannot be resumed.
        """
        files = (path for path in self.outputs().values() if not is_special(path))
        first = next(files, None)
        return None if first is None else first.with_name(first.name + STATE_SUFFIX)


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
    outputs, state = options.outputs(), options.state_path()
    for flag, path in outputs.items():
        check_output(flag, path)
    written = outputs | ({} if state is None else {"the file of results so far": state})
    check_distinct(written)
    check_not_input(options, written)
    if state is not None and (state.is_symlink() or (state.exists() and not state.is_file())):
        raise InputError(
            f"{state}, where results are kept, is a link or not a file. Remove it, or choose "
            "another name for the outputs."
        )
    if not is_complete(options):
        for flag, path in outputs.items():
            _check_resumed(flag, path, options)
    is_file = options.out is not None and not is_special(options.out)
    if options.out and is_file and options.out.suffix.lower() not in WRITTEN_SUFFIXES:
        raise InputError(
            f"--out must end in {', '.join(WRITTEN_SUFFIXES)}, got {options.out.name}. "
            "The video is written as H.264 in an mp4."
        )
    if options.subtitles:
        _check_subtitles(options.subtitles)


def is_complete(options: AnnotateOptions) -> bool:
    """Return whether ``--resume`` finds all outputs and no run that would have to continue."""
    state = options.state_path()
    if not options.resume or state is None or state.exists():
        return False
    if not all(path.is_file() and not is_special(path) for path in options.outputs().values()):
        return False
    return options.json is None or _is_whole(options.json)


def _is_whole(path: Path) -> bool:
    """Return whether a document says that it has the whole video: at its end."""
    with path.open("rb") as file:
        return b'"complete":true' in last_bytes(file, END_BYTES)


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
    state = options.state_path()
    if state is None:
        if options.resume:
            raise InputError(f"--resume needs an output that is a file, but {path} is not one.")
        return
    has_state = state.exists()
    if options.resume and has_state:
        return
    if options.resume and path.exists() and not is_special(path) and not options.overwrite:
        raise InputError(
            f"{flag}: {path} exists already, and there is no {state.name} beside it "
            "to resume from. That run is complete, or its files were moved. Add --overwrite to "
            "start over."
        )
    hint = ", or --resume to continue the interrupted run" if has_state else ""
    check_free(flag, path, overwrite=options.overwrite, hint=hint)
