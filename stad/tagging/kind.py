"""Say what the features of a video are: features of different kinds cannot be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from stad.errors import InputError
from stad.own_classes.recipe import I3D_WINDOW
from stad.utils.download import hash_file
from stad.video.window import REFERENCE_FPS, Window
from stad.zoo.configs import read_config
from stad.zoo.loading import AUTO
from stad.zoo.lookup import config_path, model_entry

# Counts up when the same network would give other features.
VERSION = 1
STEP_SEC = 1.0
DEFAULT_BACKBONE = "i3d_k400"
PUBLISHED = "published"


@dataclass(frozen=True)
class FeatureKind:
    """Everything that the features of a second depend on, besides the video and the PCA.

    Attributes:
        backbone: name of the model, or of its config, whose backbone sees the clips.
        weights: 'published', or the SHA-256 of the checkpoint.
        num_frames: frames of the clip around the middle of a second.
        interval_frames: distance of neighbours, in frames of 1/30 s.
        short_side_px: short side of the clip, pixels.
        version: of the way in which they are made.
    """

    backbone: str
    weights: str
    num_frames: int
    interval_frames: float
    short_side_px: int
    version: int = VERSION

    @property
    def window(self) -> Window:
        """The frames of a clip."""
        return Window(self.num_frames, self.interval_frames)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> FeatureKind:
        """Build it from JSON values.

        Raises:
            KeyError, TypeError, ValueError: a value is missing, or has another type.
        """
        return cls(
            backbone=str(content["backbone"]),
            weights=str(content["weights"]),
            num_frames=int(content["num_frames"]),
            interval_frames=float(content["interval_frames"]),
            short_side_px=int(content["short_side_px"]),
            version=int(content["version"]),
        )

    def difference(self, other: FeatureKind) -> str:
        """Return what differs first, such as 'backbone i3d_k400, not tsn'; '' for nothing."""
        for field in fields(self):
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            if mine != theirs:
                return f"{field.name.replace('_', ' ')} {mine}, not {theirs}"
        return ""


def read_kind(backbone: str, weights: str) -> FeatureKind:
    """Return the kind of features that a model's backbone gives; reads its config only.

    The clip is the model's. One that sees segments of a whole video gets them from one second.

    Args:
        backbone: name of a model, or path of a config.
        weights: 'auto' for the published ones, or the path of a checkpoint.

    Raises:
        InputError: there is no such model or file, or it does not describe clips.
    """
    config = read_config(config_path(backbone))
    model, data = config.get("model"), config.get("val_dataloader", {}).get("dataset")
    if model is None or data is None or "backbone" not in model or "window" not in data:
        raise InputError(
            f"--backbone {backbone} has no backbone that sees clips. Use a model such as "
            f"{DEFAULT_BACKBONE}; see stad models."
        )
    window = Window(data.window.num_frames, data.window.interval_frames)
    if model.backbone.type.__name__ == "I3D":
        window = I3D_WINDOW
    elif data.get("sampling") == "segments":
        window = Window(window.num_frames, REFERENCE_FPS * STEP_SEC / window.num_frames)
    if str(weights) == AUTO:
        digest = PUBLISHED
    else:
        path = Path(weights).expanduser()
        if not path.is_file():
            raise InputError(f"{path}: no such file of weights. Check the name and the folder.")
        digest = hash_file(path)
    is_config = str(backbone).endswith(".py")
    return FeatureKind(
        backbone=Path(backbone).stem if is_config else model_entry(backbone).name,
        weights=digest,
        num_frames=window.num_frames,
        interval_frames=round(window.interval_frames, 6),
        short_side_px=data.get("crop_px") or data.short_side_px,
    )
