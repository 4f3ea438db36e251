"""Tiny models to export, whose scores tell their classes apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from stad import zoo
from stad.annotations import label_maps
from stad.models.action_detector import ActionDetector
from stad.models.backbones.resnet3d import ResNet3d
from stad.models.heads.roi_head import RoIHead
from stad.models.preprocessor import ClipPreprocessor
from stad.models.recognizer import Recognizer
from stad.registry import MODELS
from stad.video.window import Window
from stad.zoo import LoadedModel

DATA = Path(__file__).parents[2] / "data"
CONFIG, RECOGNIZER = str(DATA / "tiny_detector.py"), str(DATA / "tiny_recognizer.py")
SOURCE = (160, 120)
# Clips of ``SOURCE`` have the tiny models' short side.
CLIP = (85, 64)
PREPROCESSOR = {
    "type": ClipPreprocessor,
    "mean": [123.675, 116.28, 103.53],
    "std": [58.395, 57.12, 57.375],
}
RESNET = {"type": ResNet3d, "depth": 18, "base_channels": 4, "spatial_strides": (1, 2, 2, 1)}


def load(config: str, *, seed: int = 0) -> LoadedModel:
    """A tiny model of a config with weights by a seed."""
    torch.manual_seed(seed)
    return zoo.open_model(config, weights=None)


def detector(backbone, channels, *, crops=None, **head) -> LoadedModel:
    """A tiny detector of AVA's classes whose scores are spread over [0, 1]."""
    return loaded_of(
        {
            "type": ActionDetector,
            "backbone": backbone,
            "roi_head": {"type": RoIHead, "in_channels": channels, "num_classes": 80, **head},
            "data_preprocessor": PREPROCESSOR,
            "actor_crops": crops,
        },
        "ava",
    )


def recognizer(backbone, head, **options) -> LoadedModel:
    """A tiny recognizer of Kinetics' classes."""
    return loaded_of(
        {
            "type": Recognizer,
            "backbone": backbone,
            "head": {"num_classes": 400, **head},
            "data_preprocessor": PREPROCESSOR,
            **options,
        },
        "kinetics400",
    )


def loaded_of(config: dict, label_map: str) -> LoadedModel:
    torch.manual_seed(0)
    model = MODELS.build(config).eval()
    with torch.no_grad():
        for weight in model.parameters():
            # What starts at zero, such as TimeSformer's embeddings, must show.
            if not weight.any():
                torch.nn.init.normal_(weight, std=0.2)
    spread_logits(model)
    return LoadedModel(
        model,
        "tiny",
        Window(4, 4),
        64,
        label_maps.class_names(label_map),
        0.5,
        "random weights",
        None,
    )


@torch.no_grad()
def spread_logits(model) -> None:
    """Scale the last layer, so that logits are a few units apart and scores tell them apart."""
    seen: list[torch.Tensor] = []
    for head in model.heads.values():
        last = head.fc_cls[-1] if isinstance(head.fc_cls, torch.nn.Sequential) else head.fc_cls
        hook = last.register_forward_hook(lambda module, inputs, output: seen.append(output))
        clips = torch.randn(1, model.data_preprocessor.num_channels, 4, 64, 64)
        if isinstance(model, Recognizer):
            head(model.backbone(clips))
        elif model.actor_crops is None:
            model.score_actors(clips, [torch.tensor([[5.0, 5.0, 40.0, 50.0]])])
        hook.remove()
        if seen:
            last.weight *= 2 / seen[0].std()


def boxes_of(count: int, size: tuple[int, int] = CLIP) -> np.ndarray:
    """Boxes in a clip and beyond its border, one of them without area."""
    rng = np.random.default_rng(1)
    corners = rng.uniform(-0.3, 1.3, (count, 2, 2)) * size
    boxes = np.concatenate((corners.min(axis=1), corners.max(axis=1)), axis=1).astype(np.float32)
    if count > 5:
        boxes[3] = (0, 0, *size)
        boxes[4] = (10, 12, 10, 40)
        boxes[5] = (-30, -20, -4, -2)
    return boxes


def torch_scores(loaded: LoadedModel, clips, boxes=None) -> list[np.ndarray]:
    """The scores of clips (N, C, T, H, W) by torch, per clip."""
    model = loaded.model
    with torch.inference_mode():
        if boxes is None:
            return list(model.probabilities(model.score_clips(clips)).numpy())
        logits = model.score_actors(clips, [torch.from_numpy(one) for one in boxes])
        return [model.probabilities(one).numpy() for one in logits]
