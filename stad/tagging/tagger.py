"""Tag videos with a trained tagger: scores of the whole video, and of each of its seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from stad.annotations import label_maps
from stad.errors import InputError
from stad.models.video_tagger import TaggingModel
from stad.registry import MODELS
from stad.tagging.examples import batch_of
from stad.tagging.kind import FeatureKind
from stad.tagging.pca import Pca, load_pca
from stad.tagging.table import MODEL, PCA
from stad.tagging.training import SCORED, score_videos
from stad.utils.files import read_json
from stad.zoo.configs import missing_keys, read_config
from stad.zoo.loading import load_weights
from stad.zoo.own_models import CARD, CONFIG, TAGGER_FORMAT, WEIGHTS

# Tags of a second are those of this many seconds around it.
WINDOW_SEC = 5
DEFAULT_THRESHOLD = 0.5


@dataclass(frozen=True)
class VideoTags:
    """The tags of a video.

    Attributes:
        id: name of the video.
        classes: names of the C tags.
        scores: (C,) float32 in [0, 1], of the video as a whole.
        shown: (C,) bool, the tags that it gets.
        over_time: (T, C) float32 in [0, 1], of ``WINDOW_SEC`` seconds around each second.
        path: of the video; None for a record.
        is_new: whether its features were computed now.
    """

    id: str
    classes: tuple[str, ...]
    scores: np.ndarray
    shown: np.ndarray
    over_time: np.ndarray
    path: Path | None = None
    is_new: bool = False

    @property
    def tags(self) -> list[tuple[str, float]]:
        """The tags that the video gets, with their scores, highest first."""
        return [(self.classes[i], float(self.scores[i])) for i in self.best(0)]

    def best(self, count: int) -> list[int]:
        """Return the numbers of the tags with the highest scores, and of all that the video gets.

        They are in the order of the scores, highest first; of equal ones the lower number.

        Args:
            count: tags that are returned even if the video does not get them.
        """
        order = np.argsort(-self.scores, kind="stable").tolist()
        return [i for place, i in enumerate(order) if place < count or self.shown[i]]


@dataclass(frozen=True)
class Tagger:
    """A trained tagger and what it needs.

    Attributes:
        model: in eval mode.
        name: for messages.
        classes: names of the C tags.
        thresholds: (C,) score from which a video gets a tag.
        is_single: whether a video gets one tag at most.
        modalities: 'name' and 'channels' of what a vector is made of.
        folder: of the tagger; None for a config.
        backbone: name or path of the model that describes videos; '' for a config.
        backbone_weights: of that model.
        kind: of the features; None for a config.
        pca: of the features; None for a config.
        pca_sha256: of its file.
    """

    model: TaggingModel
    name: str
    classes: tuple[str, ...]
    thresholds: np.ndarray
    is_single: bool
    modalities: Sequence[dict[str, Any]]
    folder: Path | None = None
    backbone: str = ""
    backbone_weights: str = ""
    kind: FeatureKind | None = None
    pca: Pca | None = None
    pca_sha256: str = ""

    def tag(
        self,
        name: str,
        frames: np.ndarray,
        num_frames: Sequence[int] | None = None,
        *,
        path: Path | None = None,
        is_new: bool = False,
    ) -> VideoTags:
        """Return the tags of a video.

        Args:
            name: of the video.
            frames: (T, D) uint8, the features of all modalities side by side.
            num_frames: of each modality, T or 0; None for T each.
            path: of the video.
            is_new: see ``VideoTags``.
        """
        counts = tuple(bool(one) for one in num_frames or [1] * len(self.modalities))
        logits = score_videos(self.model, [frames], present=counts)[0]
        scores = logits.sigmoid().numpy()
        over_time = self._over_time(frames, counts)
        shown = self._decide(scores)
        return VideoTags(name, self.classes, scores, shown, over_time, path, is_new)

    def _decide(self, scores: np.ndarray) -> np.ndarray:
        shown = scores >= self.thresholds
        if self.is_single and shown.any():
            shown &= np.arange(len(scores)) == int((scores / self.thresholds).argmax())
        return shown

    @torch.inference_mode()
    def _over_time(self, frames: np.ndarray, present: Sequence[bool]) -> np.ndarray:
        """Return the scores of the window around each second, (T, C) float32."""
        half, count = WINDOW_SEC // 2, len(frames)
        found = []
        for begin in range(0, count, SCORED):
            places = range(begin, min(begin + SCORED, count))
            windows = [frames[max(one - half, 0) : one + half + 1] for one in places]
            batch = batch_of(windows, self.model.data_preprocessor, present=present)
            found.append(self.model.score_frames(*batch).sigmoid().cpu())
        return torch.cat(found).numpy()


def open_tagger(
    name: str | Path, *, weights: str | Path | None = None, device: str = "cpu"
) -> Tagger:
    """Open a tagger.

    Args:
        name: folder that ``stad train`` wrote or trained on, or the path of a config.
        weights: checkpoint of a config; None for the folder's.
        device: where it runs, such as 'cpu'.

    Raises:
        InputError: there is no such tagger, or its files cannot be used.
    """
    path = Path(name).expanduser()
    if path.is_dir():
        folder = path if (path / CARD).is_file() else path / MODEL
        if not (folder / CARD).is_file():
            raise InputError(
                f"{path} has no trained tagger: there is no {folder / CARD}. Run 'stad train "
                f"{path}', or give another folder."
            )
        return _open_folder(folder, weights, device)
    if path.suffix != ".py":
        raise InputError(
            f"--model {name} is neither a folder of a trained tagger nor a config. Give the folder "
            "of records that 'stad train' was called with."
        )
    if weights is None:
        raise InputError(
            f"--model {name} is a config, so its weights must be named: --weights FILE."
        )
    model, classes, modalities = _build(path, Path(weights), device)
    thresholds = np.full(len(classes), DEFAULT_THRESHOLD)
    return Tagger(model, path.stem, classes, thresholds, False, modalities)


def _open_folder(folder: Path, weights: str | Path | None, device: str) -> Tagger:
    content = read_json(folder / CARD)
    if not isinstance(content, dict) or content.get("format") != TAGGER_FORMAT:
        raise InputError(
            f"{folder} is not a tagger of whole videos: expected a JSON object with "
            f'"format": "{TAGGER_FORMAT}" in {folder / CARD}. Give the folder of a tagger.'
        )
    model, classes, modalities = _build(folder / CONFIG, Path(weights or folder / WEIGHTS), device)
    try:
        return Tagger(
            model=model,
            name=str(content["name"]),
            classes=classes,
            thresholds=np.array([float(content["thresholds"][one]) for one in classes]),
            is_single=bool(content["single_label"]),
            modalities=modalities,
            folder=folder,
            backbone=str(content["backbone"]),
            backbone_weights=str(content["backbone_weights"]),
            kind=FeatureKind.from_json(content["features"]),
            pca=load_pca(folder / PCA)[0],
            pca_sha256=str(content["pca"]["sha256"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise InputError(f"{folder / CARD}: {what}. Train the tagger again.") from error


def _build(
    path: Path, weights: Path, device: str
) -> tuple[TaggingModel, tuple[str, ...], list[dict[str, Any]]]:
    """Return the model of a config, its classes and the modalities of its features."""
    config = read_config(path)
    if missing := missing_keys(config, ("model", "val_dataloader")):
        raise InputError(f"{path} does not define {' and '.join(map(repr, missing))}.")
    data = config.val_dataloader.dataset
    model = MODELS.build(config.model)
    if not isinstance(model, TaggingModel) or "modalities" not in data:
        raise InputError(
            f"{path} is not the config of a tagger. Use 'stad recognize' or 'stad annotate' with "
            "it."
        )
    if not weights.is_file():
        raise InputError(f"{weights}: no such file of weights. Check the name and the folder.")
    load_weights(model, weights)
    classes = label_maps.class_names(data.label_map, folder=path.parent)
    modalities = [{"name": one["name"], "channels": one["channels"]} for one in data.modalities]
    return cast(TaggingModel, model.to(device).eval()), classes, modalities
