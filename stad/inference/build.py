"""Choose, fetch and load the models of a run."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from stad.errors import InputError
from stad.inference.options import InferenceOptions

if TYPE_CHECKING:
    from stad.actors.detectors.base import PersonDetector
    from stad.actors.tracker_options import TrackerChoice
    from stad.inference.pipeline import PipelineOptions
    from stad.inference.scoring import Scorer
    from stad.localization.base import Localizer
    from stad.zoo.own_models import OwnModel

DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?")
KINETICS_NOTE = (
    "note      this model was trained on whole clips; its 400 labels are unreliable for small or "
    "distant people"
)


@dataclass(frozen=True)
class ModelBundle:
    """The models of a run.

    Attributes:
        detector, scorer: ready to use.
        name: of the action model.
        class_names: of its outputs.
        threshold: minimum score of an action, in [0, 1].
        allowed: class indices to keep; None for all.
        device: where the action model runs.
        stride_sec: time between predictions that suits the action model, seconds.
        precision: of its arithmetic, 'float32' or 'bfloat16'.
        runtime: the library that runs it.
        own: the folder of a model of one's own classes whose thresholds apply; None for others.
        is_threshold_given: the user's threshold replaces those of ``own``.
    """

    detector: PersonDetector
    scorer: Scorer
    name: str
    class_names: tuple[str, ...]
    threshold: float
    allowed: frozenset[int] | None
    device: str
    stride_sec: float
    precision: str = "float32"
    runtime: str = "torch"
    own: OwnModel | None = None
    is_threshold_given: bool = False

    @property
    def thresholds(self) -> float | tuple[float, ...]:
        """Minimum score of an action, in [0, 1]: one for all classes, or one for each."""
        if self.own is None or self.is_threshold_given:
            return self.threshold
        return tuple(self.own.thresholds.get(name, self.threshold) for name in self.class_names)

    def person_threshold(self, chosen: float | None) -> float:
        """Return the chosen minimum score to begin a track; for None, the detector's."""
        return self.detector.person_threshold if chosen is None else chosen

    def pipeline_options(
        self,
        options: InferenceOptions,
        *,
        stride_sec: float,
        detect_sec: float,
        batch_size: int,
        tracker: TrackerChoice,
    ) -> PipelineOptions:
        """Return the options of the pipeline; what ``options`` leave open is the models'."""
        from stad.inference.pipeline import PipelineOptions

        return PipelineOptions(
            stride_sec=stride_sec,
            detect_sec=detect_sec,
            threshold=self.thresholds,
            person_threshold=self.person_threshold(options.person_threshold),
            max_labels=options.max_labels,
            allowed=self.allowed,
            batch_size=batch_size,
            tracker=tracker,
            class_names=self.class_names,
        )

    def open_localizer(self, path: Path | None, stride_sec: float) -> Localizer:
        """Open the localizer of a run with predictions every ``stride_sec``."""
        from stad.localization.registry import open_localizer

        window = self.scorer.window
        replaced = None
        if path is None and self.own is not None:
            path = self.own.localizer
            replaced = self.threshold if self.is_threshold_given else None
        return open_localizer(
            path,
            threshold=self.threshold,
            replaced_threshold=replaced,
            window_sec=window.num_frames * window.interval_sec,
            stride_sec=stride_sec,
            class_names=self.class_names,
            allowed=self.allowed,
            num_exclusive=self.scorer.num_exclusive,
        )


def build_models(
    options: InferenceOptions,
    *,
    frame_size: tuple[int, int],
    detector: PersonDetector | None = None,
    is_live: bool = False,
    progress: bool,
    log: Callable[[str], None],
) -> ModelBundle:
    """Choose, fetch and load the models.

    Args:
        options: of the run.
        frame_size: (width, height) of the video, pixels.
        detector: used instead of the one that the options name.
        is_live: score frame by frame where the model can, one window a frame.
        progress: show the progress of downloads on a terminal.
        log: takes lines about what was chosen.

    Raises:
        InputError: a model or an option cannot be used.
    """
    from stad import zoo
    from stad.actors.detectors.group import GROUP, GroupDetector
    from stad.actors.detectors.whole_frame import WholeFrame
    from stad.inference.execution import open_scorer
    from stad.inference.exported import build_exported
    from stad.inference.exported_files import is_exported
    from stad.models.action_detector import ActionDetector
    from stad.models.online import online_unsupported_reason

    _check_localizer(options.localizer)
    if is_exported(options.model):
        return build_exported(
            options, frame_size=frame_size, detector=detector, progress=progress, log=log
        )
    device = resolve_device(options.device)
    name = _choose_model(options, device, progress=progress, log=log)
    options = replace(options, model=name)
    loaded = zoo.open_model(name, weights=options.weights, device=device, progress=progress)
    needed = loaded.own.detector if loaded.own else None
    if needed == WholeFrame.name and detector is None and options.detector is None:
        options = replace(options, detector=needed)
    if not isinstance(loaded.model, ActionDetector) and options.detector != WholeFrame.name:
        raise InputError(
            f"{name} scores whole clips, not the people in them. Add --detector whole_frame, "
            "or choose a model that scores people, for example i3d_roi_k400; see --list-models."
        )
    detector = detector or open_named_detector(options, device, progress=progress, log=log)
    if needed == GROUP and not isinstance(detector, GroupDetector | WholeFrame):
        detector = GroupDetector(detector)
    allowed = match_labels(options.labels, loaded.class_names)
    log(f"model     {loaded.name} ({loaded.source}), {device}")
    if loaded.entry and loaded.entry.trained_on == "Kinetics-400":
        log(KINETICS_NOTE)
    log(f"people    {detector.name}")
    is_online = is_live and online_unsupported_reason(loaded.model) is None
    if is_online:
        log(f"online    frame by frame, best every {loaded.window.interval_sec:.2g} s")
    scorer, precision = open_scorer(
        loaded, options, device, frame_size=frame_size, is_online=is_online, log=log
    )
    return ModelBundle(
        detector=detector,
        scorer=scorer,
        name=loaded.name,
        class_names=loaded.class_names,
        threshold=loaded.score_threshold if options.threshold is None else options.threshold,
        allowed=allowed,
        device=device,
        precision=precision.name,
        runtime=precision.runtime,
        stride_sec=loaded.window.interval_sec if is_online else loaded.stride_sec,
        own=loaded.own,
        is_threshold_given=options.threshold is not None,
    )


def _choose_model(
    options: InferenceOptions, device: str, *, progress: bool, log: Callable[[str], None]
) -> str:
    """Return the name of the model that the options name, or of the best one."""
    from stad import zoo
    from stad.zoo.choice import ANY_LICENCE

    if options.model not in (None, ANY_LICENCE):
        return options.model
    choice = zoo.choose_detection_model(
        device,
        stride_sec=options.stride_sec or 1.0,
        any_licence=options.model == ANY_LICENCE,
        progress=progress,
    )
    return _logged(choice, log)


def open_named_detector(
    options: InferenceOptions, device: str, *, progress: bool, log: Callable[[str], None]
) -> PersonDetector:
    """Open the detector that the options name, or the best one that can be loaded.

    'group' is the region of all people whom the best one finds.
    """
    from stad import zoo
    from stad.actors.detectors.group import GROUP, GroupDetector
    from stad.inference.detectors import open_detector
    from stad.inference.runtimes.converted import choose_opener

    if options.detector == GROUP:
        people = replace(options, detector=None)
        return GroupDetector(open_named_detector(people, device, progress=progress, log=log))
    name = options.detector or _logged(
        zoo.choose_detector(device, runtime=options.runtime, progress=progress), log
    )
    return open_detector(
        name,
        options.detector_weights,
        device=device,
        open_network=choose_opener(options.runtime, device, log, precision=options.precision),
        progress=progress,
    )


def _logged(choice: tuple[str, str], log: Callable[[str], None]) -> str:
    """Return the name that was chosen and log the reason."""
    name, reason = choice
    log(f"choice    {name}: {reason}")
    return name


def _check_localizer(path: Path | str | None) -> None:
    """Raise InputError for a file that does not exist, before a model is loaded."""
    if path is not None and not Path(path).exists():
        raise InputError(f"--localizer: there is no file {path}. Check the name and the folder.")


def resolve_device(device: str) -> str:
    """Return the device to use: for 'auto', a GPU if there is one, else the CPU.

    Raises:
        InputError: the device that was named cannot be used.
    """
    if not DEVICE.fullmatch(str(device)):
        raise InputError(f"--device must be auto, cpu, cuda or cuda:N, got {device}.")
    import torch

    if device == "auto":
        return "cuda:0" if torch.cuda.is_available() else "cpu"
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise InputError(
            f"--device {device} cannot be used here ({str(error).splitlines()[0]}). "
            "Try --device cpu."
        ) from error
    return device


def match_labels(
    wanted: tuple[str, ...],
    class_names: tuple[str, ...],
    *,
    flag: str = "--labels",
    advice: str = "See --list-labels.",
) -> frozenset[int] | None:
    """Return the class indices of the labels that the user named; None for no names.

    A name matches a class regardless of case, whole or by the part before '(' or on either side
    of '/': 'carry' finds 'carry/hold (an object)'.

    Raises:
        InputError: no class has one of the names; the message suggests similar ones.
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
            hint = f"Did you mean {', '.join(near)}?" if near else advice
            raise InputError(f"{flag}: the model has no label {label.strip()!r}. {hint}")
        chosen |= found
    return frozenset(chosen)
