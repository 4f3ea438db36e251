"""Models out of configs/, for the tests."""

from pathlib import Path

from mmengine.config import Config

from stad.registry import MODELS

CONFIGS = Path(__file__).parents[2] / "configs"


def read_config(name):
    """The config of a leaf, by its name without '.py'."""
    return Config.fromfile(CONFIGS / f"{name}.py")


def build_model(name):
    """The model of a leaf with random weights, in eval mode."""
    return MODELS.build(read_config(name).model).eval()
