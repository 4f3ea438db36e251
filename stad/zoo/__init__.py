"""Models by name: `load`, `open_model`, what there is, and which one to choose."""

import importlib

from stad.utils.download import cache_dir
from stad.zoo.catalog import DETECTORS, MODELS, DetectorEntry, ModelEntry
from stad.zoo.choice import choose_detection_model, choose_detector
from stad.zoo.files import cached_path, fetch, is_cached
from stad.zoo.lookup import config_dir, detector_entry, list_models, model_entry, names

__all__ = [
    "DETECTORS",
    "MODELS",
    "DetectorEntry",
    "LoadedModel",
    "ModelEntry",
    "cache_dir",
    "cached_path",
    "choose_detection_model",
    "choose_detector",
    "config_dir",
    "detector_entry",
    "fetch",
    "fetch_published",
    "is_cached",
    "list_models",
    "load",
    "load_weights",
    "model_entry",
    "names",
    "open_model",
]

_MODULES = ("checkpoint", "loading", "mapping", "sample", "tables")
# These need torch and mmengine, which take seconds to import: they come when first asked for.
_IN_LOADING = ("LoadedModel", "fetch_published", "load", "load_weights", "open_model")


def __getattr__(name: str):
    if name in _IN_LOADING:
        return getattr(importlib.import_module("stad.zoo.loading"), name)
    if name in _MODULES:
        return importlib.import_module(f"stad.zoo.{name}")
    raise AttributeError(f"module 'stad.zoo' has no attribute {name!r}")
