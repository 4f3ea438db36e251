"""Run exported networks: score the actors of clips, or whole clips, without torch weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stad.errors import InputError
from stad.inference.exported_card import (
    BOXES,
    CLIPS,
    DETECT,
    SCORES,
    ExportCard,
    card_path,
    read_card,
)
from stad.inference.exported_files import open_network_file
from stad.inference.options import AUTO, InferenceOptions
from stad.inference.runtimes import NamedNetwork
from stad.video.geometry import clip_size, scale_boxes
from stad.video.window import Window

if TYPE_CHECKING:
    from stad.actors.detectors.base import PersonDetector
    from stad.inference.build import ModelBundle


class ExportedModel:
    """An exported network with its card; the counterpart of ``stad.zoo.LoadedModel``.

    Args:
        path: of the network.
        card: beside it.
        network: the file, opened.
        runtime: the library that runs it, with its version.
    """

    def __init__(
        self, path: Path, card: ExportCard, network: NamedNetwork, *, runtime: str
    ) -> None:
        self.path, self.card, self._network = path, card, network
        self.name = card.name
        self.window, self.sampling = card.window, card.sampling
        self.short_side_px, self.crop_px = card.short_side_px, card.crop_px
        self.class_names = card.class_names
        self.runtime, self.source = runtime, str(path)

    @property
    def scores_people(self) -> bool:
        """True for scores per actor, False for scores per clip."""
        return self.card.task == DETECT

    def check_size(self, wanted: tuple[int, int], source: tuple[int, int]) -> None:
        """Raise InputError unless it takes clips of that size; see ``ExportCard.check_size``."""
        self.card.check_size(self.path, wanted, source)

    def score_clips(self, clips: np.ndarray) -> np.ndarray:
        """Return the probabilities of whole clips, (N, num_classes) float32.

        Args:
            clips: (N, T, H, W, 3) uint8 RGB.
        """
        return np.concatenate([self._run({CLIPS: one}) for one in self._batches(clips)])

    def score_actors(self, clips: np.ndarray, boxes: list[np.ndarray]) -> list[np.ndarray]:
        """Return the probabilities of actors, N times (K_i, num_classes) float32.

        Args:
            clips: (N, T, H, W, 3) uint8 RGB.
            boxes: N times (K_i, 4) float32 xyxy, pixels of the clip.
        """
        found: list[np.ndarray] = []
        for one in self._batches(clips):
            part = boxes[len(found) : len(found) + len(one)]
            scores = self._run({CLIPS: one, BOXES: join_boxes(part)})
            found += np.split(scores, np.cumsum([len(own) for own in part])[:-1])
        return found

    def _batches(self, clips: np.ndarray) -> list[np.ndarray]:
        """Return normalised clips one by one: the scores of each do not depend on the others."""
        inputs = self.card.normalise(clips)
        return [inputs[i : i + 1] for i in range(len(inputs))]

    def _run(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
        return self._network.run(inputs)[SCORES]


def join_boxes(boxes: list[np.ndarray]) -> np.ndarray:
    """Join N times (K_i, 4) boxes to (K, 5) float32: the index of the clip, then the box.

    >>> join_boxes([np.zeros((0, 4)), np.ones((1, 4))]).tolist()
    [[1.0, 1.0, 1.0, 1.0, 1.0]]
    """
    owner = np.repeat(np.arange(len(boxes)), [len(one) for one in boxes])
    return np.column_stack((owner, np.concatenate(boxes))).astype(np.float32)


def open_exported(path: str | Path, *, runtime: str = AUTO, precision: str = AUTO) -> ExportedModel:
    """Open an exported network with its card.

    Args:
        path: of the .onnx or .xml file.
        runtime: 'auto', 'openvino' or 'onnxruntime'.
        precision: 'float32', 'bfloat16', or 'auto', which is float32.

    Raises:
        InputError: a file is missing or damaged, is not of ``stad export``, does not fit the
            other, or cannot be run here.
    """
    path = Path(path).expanduser()
    card = read_card(path)
    network, library = open_network_file(
        path, runtime=runtime, precision="float32" if precision == AUTO else precision
    )
    if network.shapes != card.shapes():
        raise InputError(
            f"{path} has inputs and outputs {_shown(network.shapes)}, and {card_path(path).name} "
            f"describes {_shown(card.shapes())}: they do not belong together. Export the model "
            "again with 'stad export', or copy both files again."
        )
    return ExportedModel(path, card, network, runtime=library)


def _shown(shapes: dict[str, tuple[int | None, ...]]) -> str:
    return ", ".join(
        f"{name} ({' x '.join('any' if side is None else str(side) for side in shape)})"
        for name, shape in sorted(shapes.items())
    )


class ExportedScorer:
    """Scores the actors of clips with an exported network; see ``stad.inference.Scorer``.

    Args:
        model: of people, or of whole clips: every actor then has the scores of its clip.
    """

    sees_tracks = False

    def __init__(self, model: ExportedModel) -> None:
        self._model = model
        self.window: Window = model.window
        self.num_classes = len(model.class_names)
        self.num_exclusive = model.card.num_exclusive
        self.times_person_score = model.card.times_person_score

    def clip_size(self, source_size: tuple[int, int]) -> tuple[int, int]:
        """Return (width, height) of the clips of a video with frames of ``source_size``."""
        return clip_size(*source_size, self._model.short_side_px)

    def check_frames(self, source_size: tuple[int, int]) -> None:
        """Raise InputError unless the model takes the clips of frames of this (width, height)."""
        self._model.check_size(self.clip_size(source_size), source_size)

    def begin_stream(self) -> None:
        """Do nothing: no clip continues another one."""

    def score(
        self,
        clips: list[np.ndarray],
        boxes: list[np.ndarray],
        *,
        source_size: tuple[int, int],
        tracks: list[np.ndarray] | None = None,
    ) -> list[np.ndarray]:
        """Return the probabilities of every class for every actor; see ``Scorer``."""
        if not clips:
            return []
        if self._model.scores_people:
            target = self.clip_size(source_size)
            in_clip = [scale_boxes(one, source_size, target) for one in boxes]
            return self._model.score_actors(np.stack(clips), in_clip)
        rows = self._model.score_clips(np.stack(clips))
        return [np.repeat(row[None], len(b), axis=0) for row, b in zip(rows, boxes, strict=True)]


def build_exported(
    options: InferenceOptions,
    *,
    frame_size: tuple[int, int],
    detector: PersonDetector | None = None,
    progress: bool,
    log: Callable[[str], None],
) -> ModelBundle:
    """Open an exported network and everything else of a run; see ``build_models``."""
    from stad.actors.detectors.whole_frame import WholeFrame
    from stad.inference import build
    from stad.inference.precision import note_network

    model = open_chosen(
        options.model or "",
        weights=options.weights,
        device=options.device,
        runtime=options.runtime,
        precision=options.precision,
    )
    if not model.scores_people and options.detector != WholeFrame.name:
        raise InputError(
            f"{model.path} scores whole clips, not the people in them. Add --detector "
            f"{WholeFrame.name}, or choose a model of people; see --list-models."
        )
    scorer = ExportedScorer(model)
    scorer.check_frames(frame_size)
    allowed = build.match_labels(options.labels, model.class_names)
    device = build.resolve_device(options.device)
    detector = detector or build.open_named_detector(options, device, progress=progress, log=log)
    log(f"model     {model.name} ({model.source}), cpu")
    log(f"runtime   {model.runtime}: the model is exported")
    if model.card.trained_on == "Kinetics-400":
        log(build.KINETICS_NOTE)
    log(f"people    {detector.name}")
    precision = "float32" if options.precision == AUTO else options.precision
    runtime = model.runtime.split()[0]
    note_network(model.name, "cpu", precision, option="--precision float32", runtime=runtime)
    threshold = model.card.score_threshold if options.threshold is None else options.threshold
    return build.ModelBundle(
        detector=detector,
        scorer=scorer,
        name=model.name,
        class_names=model.class_names,
        threshold=threshold,
        allowed=allowed,
        device="cpu",
        precision=precision,
        runtime=runtime,
        stride_sec=model.card.stride_sec,
    )


def open_chosen(
    name: str, *, weights: str | None, device: str, runtime: str, precision: str = AUTO
) -> ExportedModel:
    """Open the exported network that the options of a run name.

    Raises:
        InputError: an option does not go with it; also as ``open_exported``.
    """
    if weights != AUTO:
        raise InputError(f"{name} has its weights in it. Leave --weights out.")
    if device not in (AUTO, "cpu"):
        raise InputError(
            f"--device {device}: {name} runs on the CPU. Leave --device out, or give the model's "
            "name and --weights to run it in torch."
        )
    return open_exported(name, runtime=runtime, precision=precision)
