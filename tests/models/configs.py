"""Models out of configs/, for the tests."""

from pathlib import Path

from mmengine.config import Config

from stad.registry import MODELS

CONFIGS = Path(__file__).parents[2] / "configs"
ALL = sorted(path.stem for path in CONFIGS.glob("*.py"))
# Taggers take features of videos, all other models clips.
TAGGER_LEAVES = [name for name in ALL if name.endswith("_youtube8m")]
PLANTED_LEAVES = [name for name in ALL if name.endswith("_planted")]
LEAVES = [name for name in ALL if name not in (*TAGGER_LEAVES, *PLANTED_LEAVES)]


def read_config(name):
    """The config of a leaf, by its name without '.py'."""
    return Config.fromfile(CONFIGS / f"{name}.py")


def build_model(name):
    """The model of a leaf with random weights, in eval mode."""
    return MODELS.build(read_config(name).model).eval()
