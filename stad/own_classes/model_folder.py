"""Write the folder of a trained model: beside the old one, which it then replaces."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from stad.annotations.own.folder import OwnFolder
from stad.localization.options import LabelOptions, LocalizerOptions
from stad.models.feature_detector import FeatureDetector
from stad.models.heads.feature_head import FeatureHead
from stad.own_classes.config_text import config_text
from stad.own_classes.recipe import CLIP_PX, Recipe
from stad.own_classes.training import FittedModel
from stad.registry import MODELS
from stad.utils.folders import new_folder
from stad.video.window import Window
from stad.zoo.needs import supply_files
from stad.zoo.own_models import (
    CARD,
    CONFIG,
    FORMAT,
    LABEL_MAP,
    LOCALIZER,
    README,
    VERSION,
    WEIGHTS,
)

# A window reaches far beyond the step between predictions.
STRIDE_SEC = 0.5
MIN_LENGTH_SEC, JOIN_GAP_SEC = 0.5, 1.0


@dataclass(frozen=True)
class NewModel:
    """Everything that the folder of a model is written from.

    Attributes:
        classes: names of the C classes.
        recipe: what describes actors.
        fitted: the head.
        network: holds the weights of the networks that describe actors.
        detector: name of the person detector that it needs; None for any.
        facts: what model.json says besides: figures, data and so on.
        readme: the model card as text.
    """

    classes: Sequence[str]
    recipe: Recipe
    fitted: FittedModel
    network: FeatureDetector
    detector: str | None
    facts: Mapping[str, Any]
    readme: str


def write_model(folder: OwnFolder, model: NewModel) -> Path:
    """Write the model of a folder of videos; an interruption leaves the old one as it was.

    Returns:
        The folder of the model.

    Raises:
        InputError: it cannot be written, as on a full disk.
    """
    with new_folder(folder.model_path) as part:
        _write_files(part, folder.path.resolve().name, model)
    return folder.model_path


def _write_files(path: Path, name: str, model: NewModel) -> None:
    fitted = model.fitted
    thresholds = dict(zip(model.classes, fitted.thresholds.round(4).tolist(), strict=True))
    config = network_config(model.recipe, fitted.views, num_classes=len(model.classes))
    window = model.recipe.window_of(fitted.views)
    values = {"model": config, "val_dataloader": {"dataset": dataset_config(window)}}
    title = f"The classes {', '.join(model.classes)}, as 'stad train' trained them."
    (path / CONFIG).write_text(config_text(title, values), encoding="utf-8")
    (path / LABEL_MAP).write_text("".join(f"{one}\n" for one in model.classes), encoding="utf-8")
    save_weights(path / WEIGHTS, config, model)
    localizer_of(thresholds).to_file(path / LOCALIZER)
    content = {
        "format": FORMAT,
        "version": VERSION,
        "name": name,
        "classes": list(model.classes),
        "thresholds": thresholds,
        "stride_sec": STRIDE_SEC,
        "detector": model.detector,
        "views": list(fitted.views),
        **model.facts,
    }
    (path / CARD).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")
    (path / README).write_text(model.readme, encoding="utf-8")


def network_config(recipe: Recipe, views: Sequence[str], *, num_classes: int) -> dict[str, Any]:
    """Return the config of the model: networks and head."""
    head = {"type": FeatureHead, "widths": recipe.widths(views), "num_classes": num_classes}
    return recipe.config(views, head=head)


def dataset_config(window: Window) -> dict[str, Any]:
    """Return the clips that the model sees, as every config says them."""
    return {
        "window": {
            "type": Window,
            "num_frames": window.num_frames,
            "interval_frames": window.interval_frames,
        },
        "short_side_px": CLIP_PX,
        "label_map": LABEL_MAP,
    }


def localizer_of(thresholds: Mapping[str, float]) -> LocalizerOptions:
    """Return the thresholds and times of segments for thresholds of classes."""
    labels = {name: LabelOptions(start_threshold=one) for name, one in thresholds.items()}
    return LocalizerOptions(min_length_sec=MIN_LENGTH_SEC, join_gap_sec=JOIN_GAP_SEC, labels=labels)


def save_weights(path: Path, config: Mapping[str, Any], model: NewModel) -> None:
    """Write the weights of the networks and of the head."""
    from safetensors.torch import save_file

    network: FeatureDetector = supply_files(MODELS.build(dict(config)))
    known = model.network.state_dict()
    head = {f"roi_head.{key}": one for key, one in model.fitted.head.state_dict().items()}
    wanted = network.state_dict()
    state = {key: head.get(key, known.get(key)) for key in wanted}
    tensors = {
        key: one.detach().to("cpu", torch.float32 if one.is_floating_point() else one.dtype)
        for key, one in state.items()
        if one is not None
    }
    network.load_state_dict(tensors)
    save_file({key: one.contiguous() for key, one in tensors.items()}, path)
