"""Score the classes of a whole video file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from stad.actors.detectors.base import PersonDetector
from stad.actors.detectors.group import GROUP, GroupDetector
from stad.errors import InputError
from stad.inference.exported import ExportedModel, open_chosen
from stad.inference.exported_files import is_exported
from stad.inference.options import InferenceOptions
from stad.video.sampling import Views, view_times

if TYPE_CHECKING:
    from stad.models.recognizer import Recognizer
    from stad.zoo import LoadedModel

# Of a model of short windows, so that a video of ten seconds is seen from one end to the other.
DENSE_CLIPS = 5


@dataclass(frozen=True)
class Recognition:
    """The scores of a video.

    Attributes:
        class_names: the class of each score.
        scores: (num_classes,) float64 in [0, 1], the mean over the views.
        views: the clips and crops that were scored.
        warnings: sentences for users about frames that are missing.
    """

    class_names: tuple[str, ...]
    scores: np.ndarray
    views: Views
    warnings: tuple[str, ...] = ()

    def top(self, count: int) -> list[tuple[int, float]]:
        """Return class indices and scores, highest first; the lower class first on a tie."""
        order = np.argsort(-self.scores, kind="stable")[:count]
        return [(int(index), float(self.scores[index])) for index in order]


def open_recognizer(
    name: str,
    *,
    weights: str | None,
    device: str,
    runtime: str,
    progress: bool,
    log: Callable[[str], None],
) -> tuple[LoadedModel | ExportedModel, str]:
    """Open a model for ``recognize_video``.

    Args:
        name: of the zoo, the path of a config, or that of an exported network.
        weights: its checkpoint; 'auto' for the published one, None for random weights.
        device: 'auto', 'cpu', 'cuda:0' ...
        runtime: 'auto', 'torch', 'openvino' or 'onnxruntime'.
        progress: show the progress of a download on a terminal.
        log: takes lines about what was chosen.

    Returns:
        The model, and the device that it is on.

    Raises:
        InputError: there is no such model, or it cannot be used.
    """
    # Imported here, because they import torch.
    from stad import zoo
    from stad.inference.build import resolve_device
    from stad.inference.execution import run_in
    from stad.inference.precision import note_network

    if is_exported(name):
        exported = open_chosen(name, weights=weights, device=device, runtime=runtime)
        log(f"runtime   {exported.runtime}: the model is exported")
        note_network(exported.name, "cpu", "float32", runtime=exported.runtime.split()[0])
        return exported, "cpu"
    device = resolve_device(device)
    loaded = zoo.open_model(name, weights=weights, device=device, progress=progress)
    chosen = run_in(loaded.model, runtime, device, name=loaded.name, log=log)
    note_network(loaded.name, device, "float32", runtime=chosen)
    return loaded, device


def recognize_video(
    path: str | Path,
    loaded: LoadedModel | ExportedModel,
    *,
    views: Views | None = None,
    people: PersonDetector | None = None,
) -> Recognition:
    """Score the classes of a video file as ``tools/test.py`` does.

    Args:
        path: of the video.
        loaded: a ``Recognizer`` by ``stad.zoo.open_model``, or an exported one.
        views: clips and crops whose scores are averaged; None takes one crop, of one clip for a
            model that sees segments of the whole video, else of five.
        people: finds people, for a model of the region in which they are; None for the best
            detector that can be loaded.

    Raises:
        InputError: the video cannot be read, or the model scores people.
    """
    from stad.video.clip_source import VideoFiles
    from stad.video.crops import crop_views

    if not _scores_clips(loaded):
        raise InputError(
            f"{loaded.name} scores people, not whole videos. Use 'stad annotate', or choose a "
            "model of the whole clip; see --list-models."
        )
    views = views or Views(1 if loaded.sampling == "segments" else DENSE_CLIPS, 1)
    group = _open_group(loaded, views, people)
    path = Path(path)
    source = VideoFiles(path.parent, num_threads=0)
    duration_sec = source.duration_sec(path.name)
    sums = np.zeros(len(loaded.class_names))
    for index in range(views.num_clips):
        times_sec = view_times(
            duration_sec,
            loaded.window,
            index=index,
            sampling=loaded.sampling,
            num_clips=views.num_clips,
        )
        raw = source.read_at(path.name, times_sec)
        if group is not None:
            # Imported here, because it imports torch.
            from stad.inference.group_clips import score_group

            sums += score_group(cast("LoadedModel", loaded), raw, times_sec, group)
            continue
        crops = crop_views(
            raw.frames,
            short_side_px=loaded.short_side_px,
            crop_px=loaded.crop_px,
            num_crops=views.num_crops,
        )
        if isinstance(loaded, ExportedModel):
            height_px, width_px = raw.frames[0].shape[:2]
            loaded.check_size((crops.shape[3], crops.shape[2]), (width_px, height_px))
        # One crop at a time: ten of a large network may not fit into memory.
        sums += sum(_score(loaded, crop[raw.order]) for crop in crops)
    scores = sums / (views.num_clips * views.num_crops)
    missing = source.describe_losses(path.name)
    return Recognition(loaded.class_names, scores, views, (missing,) if missing else ())


def _open_group(
    loaded: LoadedModel | ExportedModel, views: Views, people: PersonDetector | None
) -> GroupDetector | None:
    """Return what finds the region of the people, for a model that scores it; None for others."""
    if isinstance(loaded, ExportedModel) or loaded.own is None or loaded.own.detector != GROUP:
        return None
    if views.num_crops > 1:
        raise InputError(
            f"--views {views}: {loaded.name} sees the region of the people, in one crop. Use "
            f"{views.num_clips}x1."
        )
    if people is None:
        from stad.inference.build import open_named_detector

        options, device = InferenceOptions(), str(loaded.model.data_preprocessor.mean.device)
        people = open_named_detector(options, device, progress=True, log=lambda text: None)
    return GroupDetector(people)


def _scores_clips(loaded: LoadedModel | ExportedModel) -> bool:
    from stad.models.feature_detector import FeatureDetector
    from stad.models.recognizer import Recognizer

    if isinstance(loaded, ExportedModel):
        return not loaded.scores_people
    if isinstance(loaded.model, FeatureDetector):
        return loaded.model.whole_frame
    return isinstance(loaded.model, Recognizer)


def _score(loaded: LoadedModel | ExportedModel, clip: np.ndarray) -> np.ndarray:
    """Score a clip, (T, H, W, 3) uint8 RGB -> (num_classes,) float64 in [0, 1]."""
    if isinstance(loaded, ExportedModel):
        return loaded.score_clips(clip[None])[0].astype(np.float64)
    import torch

    from stad.utils.steady_products import SteadyProducts

    # ``_scores_clips`` has checked the type.
    model = cast("Recognizer", loaded.model)
    with torch.inference_mode(), SteadyProducts():
        inputs = model.data_preprocessor.normalise(torch.from_numpy(clip)[None])
        return model.probabilities(model.score_clips(inputs))[0].double().cpu().numpy()
