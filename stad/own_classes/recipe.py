"""Choose what describes actors, and build the networks and the config of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config

from stad import zoo
from stad.errors import InputError
from stad.models.actor_crops import ActorCrops
from stad.models.backbones.blazepose import BlazePose
from stad.models.backbones.i3d import I3D
from stad.models.feature_detector import UNIT, FeatureDetector
from stad.models.heads.feature_head import FeatureHead
from stad.models.preprocessor import ClipPreprocessor
from stad.models.views import CropView, RoIView, SceneView, SkeletonView
from stad.registry import MODELS
from stad.utils.download import hash_file
from stad.video.window import Window
from stad.zoo.catalog import BLAZEPOSE
from stad.zoo.choice import FALLBACK_FEATURES
from stad.zoo.configs import read_config
from stad.zoo.loading import AUTO
from stad.zoo.lookup import config_path
from stad.zoo.needs import supply_files

# Counts up when the same networks would give other features.
VERSION = 1
SCENE, ROI, CROP, DEEP_CROP, SKELETON = "scene", "roi", "crop", "deep_crop", "skeleton"
# The ones first that are preferred where they are as good as others.
PERSON_VIEWS = (CROP, DEEP_CROP, SKELETON, ROI, SCENE)
# Of the region of all people, or the whole frame.
GROUP_VIEWS = (CROP, DEEP_CROP, SCENE)
# The networks of Kinetics and AVA were trained on clips of this side or some more.
SCENE_PX = 224
# Clips, from which small people are cut out.
CLIP_PX = 480
CROP_PX = 160
# A square that follows the person; or one that stays, around all people.
PERSON_CROPS = {"type": ActorCrops, "size_px": CROP_PX, "scale": 1.25, "oversample": 2}
GROUP_CROPS = {"type": ActorCrops, "size_px": CROP_PX, "scale": 1.0, "oversample": 2, "fixed": True}
# Of I3D: what follows 'Mixed_4f' is made for the classes of Kinetics; it says more of whole frames
# and less of people's motion.
I3D_CHANNELS = {"Mixed_4f": 832, "Mixed_5c": 1024}
I3D_OUTPUT = {SCENE: "Mixed_5c", ROI: "Mixed_5c", CROP: "Mixed_4f", DEEP_CROP: "Mixed_5c"}
# 32 frames are 1.8 s; every seventh is one of the skeleton's.
I3D_WINDOW = Window(num_frames=32, interval_frames=12 / 7)
POSE_SEC, POSE_FRAMES = 0.4, 5
POSE_WINDOW = Window(num_frames=POSE_FRAMES, interval_frames=12)
# As in configs/_base_/models/skeleton_detector.py.
POSE_CROPS = {"type": ActorCrops, "size_px": 384, "scale": 1.875, "steady": False}
# Of a RoIHead, what says how a region is cut out.
POOLING = ("feature_stride", "roi_size", "aligned", "temporal_pool", "spatial_pool")


@dataclass(frozen=True)
class Recipe:
    """Everything that the features of an actor depend on, besides the video.

    Attributes:
        backbone: name of the model whose backbone sees clips; '' where only skeletons are seen.
        weights: 'auto' for the published ones, or the path of its checkpoint.
        views: names of the views, in the order of ``PERSON_VIEWS``.
        whole_frame: whether all people together are described, for labels of whole frames.
    """

    backbone: str
    views: tuple[str, ...]
    whole_frame: bool
    weights: str = "auto"

    @property
    def window(self) -> Window:
        """The frames of a clip."""
        if not self.backbone:
            return POSE_WINDOW
        if self._is_i3d:
            return I3D_WINDOW
        window = _config(self.backbone).val_dataloader.dataset.window
        return Window(window.num_frames, window.interval_frames)

    @property
    def _is_i3d(self) -> bool:
        return _config(self.backbone).model.backbone.type is I3D

    def window_of(self, views: Sequence[str]) -> Window:
        """Return the frames that some of the views see: the same ones as all of them."""
        return POSE_WINDOW if list(views) == [SKELETON] else self.window

    def outputs(self, views: Sequence[str]) -> dict[str, int]:
        """Return the maps that the backbone gives for some views, with their channels."""
        if not self._is_i3d:
            return {"": _config(self.backbone).model.roi_head.in_channels}
        needed = {I3D_OUTPUT[one] for one in views if one != SKELETON}
        return {name: size for name, size in I3D_CHANNELS.items() if name in needed}

    def config(self, views: Sequence[str], *, head: Mapping[str, Any]) -> dict[str, Any]:
        """Return the config of a ``FeatureDetector`` of some of the views.

        Args:
            views: names of them.
            head: config of the head.
        """
        chosen = [one for one in self.views if one in views]
        found: dict[str, Any] = {"type": FeatureDetector}
        pose = {"type": BlazePose}
        if chosen == [SKELETON]:
            unit = {"type": ClipPreprocessor, "mean": [UNIT] * 3, "std": [UNIT] * 3}
            found["backbone"] = pose
        else:
            model = _config(self.backbone).model
            found["backbone"] = plain_config(model.backbone)
            if self._is_i3d:
                found["backbone"]["outputs"] = list(self.outputs(chosen))
            if SKELETON in chosen:
                found["pose"] = pose
            unit = plain_config(model.data_preprocessor)
        return found | {
            "views": [self._view(one, chosen) for one in chosen],
            "roi_head": dict(head),
            "data_preprocessor": unit,
            "whole_frame": self.whole_frame,
        }

    def widths(self, views: Sequence[str]) -> dict[str, int]:
        """Return the number of features of some of the views, in their order."""
        chosen = [one for one in self.views if one in views]
        return {one: MODELS.build(self._view(one, chosen)).width for one in chosen}

    def _view(self, name: str, views: Sequence[str]) -> dict[str, Any]:
        """Return the config of a view beside others."""
        if name == SKELETON:
            return {
                "type": SkeletonView,
                "actor_crops": POSE_CROPS,
                "frames": pose_frames(self.window_of(views)),
                "interval_sec": POSE_SEC,
            }
        outputs = self.outputs(views)
        found: dict[str, Any] = {"channels": sum(outputs.values())}
        if self._is_i3d:
            output = I3D_OUTPUT[name]
            found = {"channels": outputs[output], "maps": [list(outputs).index(output)]}
        if name in (CROP, DEEP_CROP):
            crops = GROUP_CROPS if self.whole_frame else PERSON_CROPS
            return {"type": CropView, **found, "actor_crops": crops, "name": name}
        found["short_side_px"] = SCENE_PX
        if name == SCENE:
            return {"type": SceneView, **found}
        roi_head = _config(self.backbone).model.roi_head
        pooling = {key: roi_head[key] for key in POOLING if key in roi_head}
        return {"type": RoIView, **found, "pooling": pooling}

    def view_keys(self) -> dict[str, str]:
        """Return what the features of each view depend on besides the video, as 16 hex digits."""
        identity = self._identity()
        return {one: self._key(one, identity) for one in self.views}

    def _key(self, view: str, identity: str) -> str:
        config = self.config([view], head={})
        window = self.window_of([view])
        content = {
            "version": VERSION,
            "config": config,
            "window": [window.num_frames, window.interval_frames],
            "clip_px": CLIP_PX,
            "weights": BLAZEPOSE.sha256 if view == SKELETON else identity,
        }
        text = json.dumps(content, sort_keys=True, default=_name_of)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _identity(self) -> str:
        if not self.backbone:
            return ""
        if self.weights != AUTO:
            return hash_file(Path(self.weights))
        weights = zoo.model_entry(self.backbone).weights
        return "" if weights is None else f"{weights.origin} {weights.sha256}"

    def licence(self, views: Sequence[str]) -> str:
        """Return where the networks of some views come from, and their licences."""
        parts = []
        if any(one != SKELETON for one in views):
            if self.weights == AUTO:
                entry = zoo.model_entry(self.backbone)
                text = f"the backbone is that of {entry.name}, trained on {entry.trained_on}"
                parts.append(f"{text} (weights: {entry.licence})")
            else:
                parts.append(
                    f"the backbone is that of {Path(self.backbone).name}, with your own weights"
                )
        if SKELETON in views:
            parts.append("keypoints are BlazePose's (Apache-2.0)")
        return "; ".join(parts)

    def build(self, *, progress: bool = True) -> FeatureDetector:
        """Build the networks with their weights, with a head that was not trained.

        Raises:
            InputError: weights cannot be fetched or do not fit.
        """
        head = {"type": FeatureHead, "widths": self.widths(self.views), "num_classes": 1}
        model = supply_files(MODELS.build(self.config(self.views, head=head)))
        if any(one != SKELETON for one in self.views):
            loaded = zoo.open_model(self.backbone, weights=self.weights, progress=progress)
            known = loaded.model.backbone.state_dict()
            # A network that ends early lacks the last ones.
            model.backbone.load_state_dict({key: known[key] for key in model.backbone.state_dict()})
        return model.eval()


def choose_recipe(
    *,
    whole_frame: bool,
    views: Sequence[str] | None,
    backbone: str | None,
    weights: str,
    device: str,
    progress: bool,
    log: Callable[[str], None],
) -> Recipe:
    """Choose the best networks that can be loaded, as ``stad annotate`` does.

    Args:
        whole_frame: whether all people together are described, for labels of whole frames.
        views: names of the views; None for all that fit.
        backbone: model whose backbone is used; None for the best that can be loaded.
        weights: of that model.
        device: on a CPU, only models that are fast enough there are considered.
        progress: show the progress of downloads.
        log: takes a line about what was chosen.

    Raises:
        InputError: a name is wrong, or nothing can be loaded.
    """
    offered = GROUP_VIEWS if whole_frame else PERSON_VIEWS
    if unknown := [one for one in views or () if one not in offered]:
        why = " for labels of whole frames" if whole_frame and unknown[0] in PERSON_VIEWS else ""
        raise InputError(f"--views must be among {', '.join(offered)}{why}, got {unknown[0]!r}.")
    chosen = tuple(one for one in offered if views is None or one in views)
    if chosen == (SKELETON,):
        return Recipe("", chosen, whole_frame)
    if backbone is None:
        try:
            backbone, reason = zoo.choose_feature_model(device, progress=progress)
        except InputError as error:
            if whole_frame or views is not None:
                raise
            log(f"choice    skeletons only: {error}")
            return Recipe("", (SKELETON,), whole_frame)
        log(f"features  {backbone}: {reason}")
    _check_backbone(backbone)
    if _config(backbone).model.backbone.type is not I3D:
        # Their last maps are the only ones.
        chosen = tuple(one for one in chosen if one != DEEP_CROP)
    if SKELETON in chosen and pose_frames(Recipe(backbone, chosen, whole_frame).window) is None:
        chosen = tuple(one for one in chosen if one != SKELETON)
    return Recipe(backbone, chosen, whole_frame, weights)


def pose_frames(window: Window) -> list[int] | None:
    """Return the places of the skeleton's frames in a window; None if it does not have them.

    >>> pose_frames(I3D_WINDOW), pose_frames(POSE_WINDOW), pose_frames(Window(4, 4))
    ([2, 9, 16, 23, 30], [0, 1, 2, 3, 4], None)
    """
    wanted = POSE_WINDOW.offsets_sec()
    apart = np.abs(window.offsets_sec()[None] - wanted[:, None])
    return apart.argmin(axis=1).tolist() if (apart.min(axis=1) < 1e-6).all() else None


def _check_backbone(name: str) -> None:
    head = _config(name).model.get("roi_head")
    if head is None or "in_channels" not in head or head.get("shared_head") or head.get("context"):
        raise InputError(
            f"--backbone {name} cannot describe people: it needs a detector with a plain RoIHead, "
            f"such as {FALLBACK_FEATURES}."
        )


def _config(name: str) -> Config:
    return read_config(config_path(name))


def plain_config(value: Any) -> Any:
    """Return a config as plain dicts, lists and classes."""
    if isinstance(value, Mapping):
        return {str(key): plain_config(value[key]) for key in value}
    if isinstance(value, list | tuple):
        return [plain_config(one) for one in value]
    return value


def _name_of(value: Any) -> str:
    return f"{value.__module__}.{value.__qualname__}"
