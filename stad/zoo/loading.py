"""Load a model by name or config, with its weights, its window and its class names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config
from torch import Tensor

from stad.annotations import label_maps
from stad.errors import InputError
from stad.models.base import ActionModel, ScoringModel
from stad.registry import MODELS
from stad.video.window import Window
from stad.zoo.checkpoint import open_checkpoint
from stad.zoo.configs import check_config_file, missing_keys, read_config
from stad.zoo.entries import AVA_THRESHOLD, TAG, ModelEntry
from stad.zoo.files import fetch
from stad.zoo.lookup import config_path as lookup_config
from stad.zoo.lookup import model_entry, names
from stad.zoo.mapping import map_keys
from stad.zoo.needs import supply_files
from stad.zoo.own_models import OwnModel, find_own_model
from stad.zoo.published import fetch_published
from stad.zoo.recorded import background_row, check_same_network

AUTO = "auto"


@dataclass(frozen=True)
class LoadedModel:
    """A model and what is needed to use it.

    Attributes:
        model: an ``ActionDetector`` or a ``Recognizer`` in eval mode.
        name: its name in the catalog, or the stem of its config file.
        window: the frames that make a clip, as in training.
        short_side_px: short side of a clip, pixels.
        class_names: the name of each output.
        score_threshold: minimum score to show, in [0, 1].
        source: the origin of the weights, as text for the user.
        stride_sec: recommended time between predictions, seconds.
        entry: the catalog's entry; None for a config file.
        sampling: the place of a recognizer's clip in a whole video, see ``stad.video.sampling``.
        crop_px: side of the square that a recognizer sees; None for the whole frame.
        own: thresholds of single classes, the detector and the localizer of a model of one's own
            classes; None for others.
    """

    model: ActionModel
    name: str
    window: Window
    short_side_px: int
    class_names: tuple[str, ...]
    score_threshold: float
    source: str
    entry: ModelEntry | None
    stride_sec: float = 1.0
    sampling: str = "dense"
    crop_px: int | None = None
    own: OwnModel | None = None


def load(name: str, weights: str | Path | None = AUTO, device: str = "cpu") -> ScoringModel:
    """Return the model of that name in eval mode: an ``ActionModel``, or a tagger of features.

    Arguments and errors are those of ``open_model``.
    """
    model, *_ = _build(*_find(name), name, weights, progress=True)
    model.to(device).eval()
    return model


def open_model(
    name: str, weights: str | Path | None = AUTO, device: str = "cpu", *, progress: bool = True
) -> LoadedModel:
    """Open a model by name, or by the path of a config or of a folder with a trained model.

    Args:
        name: one of ``stad.zoo.names()``, the path of a config file, or a folder that
            ``stad train`` trained on.
        weights: 'auto' for the published ones (from the cache, else downloaded) or those of the
            folder, None for random ones, or the path of a checkpoint of stad, mmaction2,
            PySlowFast or PyTorchVideo.
        device: 'cpu', 'cuda:0', ...
        progress: show the progress of a download on a terminal.

    Raises:
        InputError: there is no such model or file, or the weights cannot be fetched or do not fit.
    """
    entry, own, config_path = _find(name)
    if entry is not None and entry.task == TAG:
        raise _tags_features(name)
    model, data, class_names, source = _build(
        entry, own, config_path, name, weights, progress=progress
    )
    if not isinstance(model, ActionModel):
        raise _tags_features(name)
    model.to(device).eval()
    origins = [one for one in (entry, own) if one is not None]
    threshold = entry.score_threshold if entry else AVA_THRESHOLD
    if own is not None:
        threshold = min(own.thresholds.values(), default=threshold)
    return LoadedModel(
        model=model,
        name=origins[0].name if origins else config_path.stem,
        window=_build_window(data.window),
        short_side_px=data.short_side_px,
        class_names=class_names,
        score_threshold=threshold,
        source=source,
        entry=entry,
        stride_sec=origins[0].stride_sec if origins else 1.0,
        sampling=data.get("sampling", "dense"),
        crop_px=data.get("crop_px"),
        own=own,
    )


def _build(
    entry: ModelEntry | None,
    own: OwnModel | None,
    config_path: Path,
    name: str,
    weights: str | Path | None,
    *,
    progress: bool,
) -> tuple[ScoringModel, Config, tuple[str, ...], str]:
    """Return a model with its weights, the config of its data, its classes and their origin."""
    # First the files, which may be missing, then the building, which takes time.
    path, source = _find_weights(entry, own, name, weights, progress=progress)
    for file in entry.needs if entry and weights is not None else ():
        fetch(file, progress=progress)
    config = _read_model_config(config_path)
    data = config.val_dataloader.dataset
    class_names = label_maps.class_names(data.label_map, folder=config_path.parent)
    model: ScoringModel = supply_files(MODELS.build(config.model))
    if path is not None:
        load_weights(model, path)
    if len(class_names) != model.num_classes:
        raise InputError(
            f"{config_path}: the model has {model.num_classes} outputs, but label_map "
            f"{data.label_map!r} names {len(class_names)} classes. Set num_classes of the model's "
            f"head to {len(class_names)}, or name another label map."
        )
    return model, data, class_names, source


def _tags_features(name: str) -> InputError:
    return InputError(
        f"{name} scores the features of a whole video, not its frames. Use a model that scores "
        "each person or the whole clip; 'stad models' lists them."
    )


def class_names_of(name: str) -> tuple[str, ...]:
    """Return the classes of a model by name, or by the path of a config, without its weights.

    Raises:
        InputError: there is no such model or file.
    """
    *_, path = _find(name)
    label_map = _read_model_config(path).val_dataloader.dataset.label_map
    return label_maps.class_names(label_map, folder=path.parent)


def load_weights(model: ScoringModel, path: str | Path) -> None:
    """Load a checkpoint of stad or of a project that ``map_keys`` knows into ``model``.

    Raises:
        InputError: the file cannot be read, its tensors do not fit, see ``map_keys``, or it is of
            another network with the same shapes, see ``stad.zoo.recorded``.
    """
    checkpoint = open_checkpoint(path)
    state = map_keys(
        checkpoint.state,
        model.state_dict(),
        origin=str(path),
        fast_first=model.main_head.last_map_first,
        background=background_row(checkpoint),
    )
    check_same_network(model, checkpoint)
    _check_finite(state, path)
    model.load_state_dict(state)


def _check_finite(state: Mapping[str, Tensor], path: str | Path) -> None:
    """Raise InputError for weights that are not finite: they would silently score nothing."""
    wrong = [
        name for name, one in state.items() if one.is_floating_point() and not one.isfinite().all()
    ]
    if wrong:
        raise InputError(
            f"{path}: {len(wrong)} of its tensors hold values that are not finite, first "
            f"{wrong[0]}. The training that wrote it failed, or the file is damaged: use "
            "another checkpoint."
        )


def _find(name: str) -> tuple[ModelEntry | None, OwnModel | None, Path]:
    """Return the model's entry or folder, and its config."""
    if str(name).endswith(".py"):
        path = Path(name)
        check_config_file(path)
        return None, None, path
    if name not in names() and (own := find_own_model(name)) is not None:
        return None, own, own.config
    return model_entry(name), None, lookup_config(name)


def _find_weights(
    entry: ModelEntry | None,
    own: OwnModel | None,
    name: str,
    weights: str | Path | None,
    *,
    progress: bool,
) -> tuple[Path | None, str]:
    """Return the file to load, if any, and where it comes from."""
    if weights is None:
        return None, "random weights"
    if str(weights) != AUTO:
        path = Path(weights).expanduser()
        if not path.is_file():
            raise InputError(f"{path}: no such file of weights. Check the name and the folder.")
        return path, f"weights from {path}"
    if own is not None:
        return own.weights, f"trained on {name}"
    if entry is None:
        raise InputError(
            f"{name} is a config file, so its weights must be named: give --weights FILE, or "
            "weights=FILE in Python (weights=None for random ones)."
        )
    path = fetch_published(entry, progress=progress)
    origin = entry.weights.origin if entry.weights else ""
    return path, f"published weights, {origin}"


def _read_model_config(path: Path) -> Config:
    config = read_config(path)
    if missing := missing_keys(config, ("model", "val_dataloader")):
        raise InputError(
            f"{path} does not define {' and '.join(map(repr, missing))}: it is not the config of a "
            "model. Give another file, such as configs/slowfast_ava.py."
        )
    return config


def _build_window(window: dict) -> Window:
    return Window(**{key: window[key] for key in window if key != "type"})
