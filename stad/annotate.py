"""A video file in, an annotated video and its tables out: the job behind demo/detect_video.py."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from stad.errors import EXIT_INTERRUPTED, EXIT_OK, InputError
from stad.structures import RunInfo, Segment, VideoInfo

KINETICS_NOTE = (
    "note      its 400 labels were made for clips of one activity: they suit people who fill the "
    "picture, and mean little for distant ones"
)
CPU_BATCH, GPU_BATCH = 1, 8
VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov")


@dataclass(frozen=True)
class AnnotateOptions:
    """What the user asked for; see ``stad.cli`` for the words of each."""

    video: str
    out: Path | None = None
    json: Path | None = None
    csv: Path | None = None
    html: Path | None = None
    overwrite: bool = False
    model: str | None = None
    weights: str = "auto"
    detector: str | None = None
    detector_weights: str = "auto"
    boxes: Path | None = None
    threshold: float | None = None
    person_threshold: float | None = None
    stride_sec: float = 1.0
    detect_sec: float = 0.2
    batch_size: int | None = None
    max_labels: int = 3
    localizer: Path | None = None
    labels: tuple[str, ...] = ()
    start_sec: float | None = None
    end_sec: float | None = None
    device: str = "auto"
    precision: str = "auto"
    quiet: bool = False


def annotate(options: AnnotateOptions) -> int:
    """Annotate one video; give the exit code.

    Raises:
        InputError: the video, an output, a model or an option cannot be used; nothing is
            written then.
    """
    check_options(options)
    check_outputs(options)
    # Looked at before torch is imported: a wrong file name must not cost seconds.
    from stad.video.source import VideoSource

    source = VideoSource(options.video, start_sec=options.start_sec, end_sec=options.end_sec)
    return _Job(options, source).run()


class _Job:
    """One run: models, the loop, the outputs."""

    def __init__(self, options: AnnotateOptions, source) -> None:
        from stad import zoo
        from stad.actors.detector import WholeFrame
        from stad.actors.given_boxes import GivenBoxes
        from stad.localization.localizer import open_localizer
        from stad.models.fast_inference import choose_precision
        from stad.models.scorer import ActionScorer

        self._options, self._source = options, source
        device, progress = resolve_device(options.device), not options.quiet
        # A CPU gains nothing from larger batches, and results would come in bursts.
        self._default_batch = CPU_BATCH if device == "cpu" else GPU_BATCH
        # A wrong box file is found before a model is fetched.
        detector = GivenBoxes(options.boxes, source.info) if options.boxes else None
        name = options.model or self._choose(zoo.choose_detection_model(device, progress=progress))
        loaded = zoo.open_model(name, weights=options.weights, device=device, progress=progress)
        if not hasattr(loaded.model, "score_actors") and options.detector != WholeFrame.name:
            raise InputError(
                f"{name} scores whole clips, not the people in them: add --detector whole_frame, "
                "or choose a model of people with --list-models, for example i3d_roi_k400"
            )
        self._detector = detector or self._open_detector(device)
        self._threshold = loaded.score_threshold if options.threshold is None else options.threshold
        self._allowed = match_labels(options.labels, loaded.class_names)
        self._localizer = open_localizer(
            options.localizer,
            threshold=self._threshold,
            window_sec=loaded.window.num_frames * loaded.window.interval_sec,
            stride_sec=options.stride_sec,
            class_names=loaded.class_names,
            allowed=self._allowed,
        )
        dtype = choose_precision(options.precision, device)
        self._scorer = ActionScorer(
            loaded.model,
            loaded.window,
            short_side_px=loaded.short_side_px,
            num_classes=len(loaded.class_names),
            dtype=dtype,
        )
        self._info = RunInfo(
            video=source.info,
            model=loaded.name,
            detector=self._detector.name,
            class_names=loaded.class_names,
            threshold=self._threshold,
            stride_sec=options.stride_sec,
        )
        self._say(f"model     {loaded.name} ({loaded.source}), {device}, {_name(dtype)}")
        if loaded.entry and loaded.entry.trained_on == "Kinetics-400":
            self._say(KINETICS_NOTE)
        self._say(f"people    {self._detector.name}")

    def _say(self, text: str) -> None:
        if not self._options.quiet:
            print(text, file=sys.stderr)

    def _choose(self, choice: tuple[str, str]) -> str:
        name, reason = choice
        self._say(f"choice    {name}: {reason}")
        return name

    def _open_detector(self, device: str):
        from stad import zoo
        from stad.actors.detector import open_detector

        options = self._options
        name = options.detector or self._choose(
            zoo.choose_detector(device, progress=not options.quiet)
        )
        return open_detector(
            name, options.detector_weights, device=device, progress=not options.quiet
        )

    def run(self) -> int:
        """The loop over the frames; what is written by then is kept on Ctrl-C."""
        from stad.interrupt import StopRequest
        from stad.results.outputs import Outputs

        options, video = self._options, self._source.info
        localizer = self._localizer
        outputs = Outputs(options, self._info)
        segments: list[Segment] = []
        try:
            with StopRequest() as stop:
                for result in self._results():
                    outputs.write(result)
                    if result.keyframe is not None:
                        segments += localizer.update(result.keyframe)
                    if stop.requested:
                        break
            end_sec = outputs.last_sec + float(1 / video.fps)
            segments += localizer.finish(end_sec)
            segments.sort(key=lambda s: (s.start_sec, s.actor_id, s.class_index))
            outputs.close(segments, complete=not stop.requested)
        except BaseException:
            outputs.abort()
            raise
        self._report(outputs, segments, video, interrupted=stop.requested)
        return EXIT_INTERRUPTED if stop.requested else EXIT_OK

    def _results(self):
        from stad.pipeline import PipelineOptions, annotate_frames

        options, person_threshold = self._options, self._options.person_threshold
        if person_threshold is None:
            person_threshold = self._detector.person_threshold
        results = annotate_frames(
            self._source.frames(),
            self._detector,
            self._scorer,
            options=PipelineOptions(
                stride_sec=options.stride_sec,
                detect_sec=options.detect_sec,
                threshold=self._threshold,
                person_threshold=person_threshold,
                max_labels=options.max_labels,
                allowed=self._allowed,
                batch_size=options.batch_size or self._default_batch,
            ),
            fps=float(self._source.info.fps),
        )
        return tqdm(
            results,
            total=self._source.expected_frames() or None,
            desc="annotate",
            unit="frame",
            dynamic_ncols=True,
            smoothing=0.05,
            disable=options.quiet,
        )

    def _report(
        self, outputs, segments: list[Segment], video: VideoInfo, *, interrupted: bool
    ) -> None:
        from rich.console import Console

        from stad.results.writers import segments_table

        for warning in [*self._source.warnings, *outputs.warnings]:
            print(f"warning: {warning}", file=sys.stderr)
        if interrupted:
            print(
                f"interrupted after {outputs.num_frames} frames ({outputs.last_sec:.1f} s): "
                "the files hold what was done by then",
                file=sys.stderr,
            )
        if self._options.quiet:
            return
        console = Console()
        if outputs.num_actors == 0:
            console.print(f"nobody was found in {video.name}")
        elif not segments:
            console.print(
                f"{outputs.num_actors} people were found, but no action reached the threshold "
                f"{self._threshold:g}: try a lower --threshold"
            )
        else:
            console.print(segments_table(segments, self._info.class_names))
        for kind, path in outputs.written():
            console.print(f"{kind:<9} {path}", soft_wrap=True, highlight=False)


def _name(dtype) -> str:
    return str(dtype).removeprefix("torch.")


def check_options(options: AnnotateOptions) -> None:
    """Raise InputError for a number out of its range or for no output at all."""
    for name, value in (
        ("--threshold", options.threshold),
        ("--person-threshold", options.person_threshold),
    ):
        if value is not None and not 0 <= value <= 1:
            raise InputError(f"{name} must be between 0 and 1, got {value:g}")
    for name, value in (("--stride", options.stride_sec), ("--detect-every", options.detect_sec)):
        if not 0 < value < float("inf"):
            raise InputError(f"{name} must be a number of seconds above 0, got {value:g}")
    for name, count in (("--max-labels", options.max_labels), ("--batch-size", options.batch_size)):
        if count is not None and count < 1:
            raise InputError(f"{name} must be 1 or more, got {count}")
    if not any((options.out, options.json, options.csv, options.html)):
        raise InputError("nothing to write: give --out FILE.mp4, --json, --csv or --html")


def check_outputs(options: AnnotateOptions) -> None:
    """Raise InputError for an output that cannot or must not be written."""
    seen: dict[Path, str] = {}
    for name in ("out", "json", "csv", "html"):
        path = getattr(options, name)
        if path is None:
            continue
        flag = f"--{name}"
        folder = path.parent
        if not folder.is_dir():
            raise InputError(f"{flag}: the folder {folder} does not exist: make it first")
        if path.is_dir():
            raise InputError(f"{flag}: {path} is a folder: give a file name in it")
        try:
            # Only a file made there tells; permission bits do not.
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            raise InputError(
                f"{flag}: the folder {folder} cannot be written ({error.strerror}): "
                "choose another one"
            ) from error
        if Path(options.video).exists() and path.exists() and path.samefile(options.video):
            raise InputError(f"{flag}: {path} is the input itself: choose another name")
        if path.exists() and not options.overwrite:
            raise InputError(f"{flag}: {path} exists already: add --overwrite to replace it")
        if path.resolve() in seen:
            raise InputError(f"{flag} and {seen[path.resolve()]} name the same file {path}")
        seen[path.resolve()] = flag
    if options.out and options.out.suffix.lower() not in VIDEO_SUFFIXES:
        raise InputError(
            f"--out must end in {', '.join(VIDEO_SUFFIXES)}, got {options.out.name}: "
            "the video is written as H.264 in an mp4"
        )


def resolve_device(device: str) -> str:
    """'auto' -> a GPU if there is one, else the CPU; others are checked."""
    import torch

    if device == "auto":
        return "cuda:0" if torch.cuda.is_available() else "cpu"
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise InputError(
            f"--device {device} cannot be used here ({str(error).splitlines()[0]}): "
            "try --device cpu"
        ) from error
    return device


def match_labels(wanted: tuple[str, ...], class_names: tuple[str, ...]) -> frozenset[int] | None:
    """Class indices of the labels that the user named; None when none is named.

    A name matches a class without regard to case, as the whole or as the part before '(' or
    beside '/': 'carry' finds 'carry/hold (an object)'.

    Raises:
        InputError: a name that no class has, with the nearest ones.
    """
    import difflib

    if not wanted:
        return None
    spellings: dict[str, set[int]] = {}
    for index, name in enumerate(class_names):
        short = name.lower().split("(")[0].strip()
        for spelling in {name.lower(), short, *(part.strip() for part in short.split("/"))}:
            spellings.setdefault(spelling, set()).add(index)
    chosen: set[int] = set()
    for label in wanted:
        found = spellings.get(label.strip().lower())
        if not found:
            near = difflib.get_close_matches(label.lower(), spellings, n=3, cutoff=0.4)
            hint = f"did you mean {', '.join(near)}?" if near else "see --list-labels"
            raise InputError(f"--labels: the model has no label {label.strip()!r}: {hint}")
        chosen |= found
    return frozenset(chosen)
