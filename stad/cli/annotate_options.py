"""What the user asks of an annotation run, and whether it can be done: no model, no video yet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stad.cli.option_ranges import check_positive_ints, check_positive_seconds, check_probabilities
from stad.errors import InputError
from stad.outputs.segment_files import SUBTITLE_SUFFIXES
from stad.utils.files import check_output

WRITTEN_SUFFIXES = (".mp4", ".m4v", ".mov")
STATE_SUFFIX = ".stad-state"
# In the order in which they are named to the user.
OUTPUTS = ("out", "json", "csv", "html", "events", "activitynet", "subtitles", "coco")


@dataclass(frozen=True)
class AnnotateOptions:
    """What the user asked for; see ``stad.cli.annotate`` for the words of each."""

    video: str
    out: Path | None = None
    json: Path | None = None
    csv: Path | None = None
    html: Path | None = None
    events: Path | None = None
    activitynet: Path | None = None
    subtitles: Path | None = None
    coco: Path | None = None
    overwrite: bool = False
    resume: bool = False
    model: str | None = None
    weights: str = "auto"
    detector: str | None = None
    detector_weights: str = "auto"
    boxes: Path | None = None
    threshold: float | None = None
    person_threshold: float | None = None
    stride_sec: float | None = None
    detect_sec: float = 0.2
    tracker: str | None = None
    tracker_options: tuple[str, ...] = ()
    track_memory_sec: float | None = None
    batch_size: int | None = None
    max_labels: int = 3
    localizer: Path | None = None
    labels: tuple[str, ...] = ()
    start_sec: float | None = None
    end_sec: float | None = None
    device: str = "auto"
    precision: str = "auto"
    quiet: bool = False

    def outputs(self) -> dict[str, Path]:
        """The files to write, by their flags."""
        paths = {f"--{name}": getattr(self, name) for name in OUTPUTS}
        return {flag: path for flag, path in paths.items() if path is not None}

    def state_path(self) -> Path:
        """Where what was computed is kept until the run is complete: beside the first output."""
        first = next(iter(self.outputs().values()))
        return first.with_name(first.name + STATE_SUFFIX)


def check_options(options: AnnotateOptions) -> None:
    """Raise InputError for a number out of its range or for no output at all."""
    check_probabilities(threshold=options.threshold, person_threshold=options.person_threshold)
    check_positive_seconds(
        stride=options.stride_sec,
        detect_every=options.detect_sec,
        track_memory=options.track_memory_sec,
    )
    check_positive_ints(max_labels=options.max_labels, batch_size=options.batch_size)
    if not options.outputs():
        raise InputError("nothing to write: give --out FILE.mp4, --json, --csv or --html")
    if options.resume and options.overwrite:
        raise InputError("--resume goes on, --overwrite begins anew: give one of them")


def check_outputs(options: AnnotateOptions) -> None:
    """Raise InputError for an output that cannot or must not be written."""
    seen: dict[Path, str] = {}
    for flag, path in options.outputs().items():
        check_output(flag, path)
        if Path(options.video).exists() and path.exists() and path.samefile(options.video):
            raise InputError(f"{flag}: {path} is the input itself: choose another name")
        _check_free(flag, path, options)
        if path.resolve() in seen:
            raise InputError(f"{flag} and {seen[path.resolve()]} name the same file {path}")
        seen[path.resolve()] = flag
    if options.out and options.out.suffix.lower() not in WRITTEN_SUFFIXES:
        raise InputError(
            f"--out must end in {', '.join(WRITTEN_SUFFIXES)}, got {options.out.name}: "
            "the video is written as H.264 in an mp4"
        )
    if options.subtitles and options.subtitles.suffix.lower() not in SUBTITLE_SUFFIXES:
        raise InputError(
            f"--subtitles must end in {' or '.join(SUBTITLE_SUFFIXES)}, got "
            f"{options.subtitles.name}: the ending says which kind is written"
        )


def _check_free(flag: str, path: Path, options: AnnotateOptions) -> None:
    has_state = options.state_path().exists()
    if not path.exists() or options.overwrite or (options.resume and has_state):
        return
    if options.resume:
        raise InputError(
            f"{flag}: {path} exists already, and no {options.state_path().name} beside it to "
            "resume from: that run is complete, or its files were moved; --overwrite begins anew"
        )
    hint = ", or --resume to go on with the run that was interrupted" if has_state else ""
    raise InputError(f"{flag}: {path} exists already: add --overwrite to replace it{hint}")
