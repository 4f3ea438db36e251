"""Open models by name: `load`, `open_model`, the catalog, and which model to choose."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from stad.utils.cache import cache_dir
from stad.zoo.catalog import DETECTORS, MODELS, DetectorEntry, ModelEntry
from stad.zoo.choice import choose_detection_model, choose_detector
from stad.zoo.files import cached_path, fetch, is_cached
from stad.zoo.lookup import config_dir, detector_entry, list_models, model_entry, names

if TYPE_CHECKING:
    from stad.zoo.loading import LoadedModel, class_names_of, load, load_weights, open_model
    from stad.zoo.published import fetch_published

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
    "class_names_of",
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

# These need torch and mmengine, which take seconds to import.
_MODULES = {
    "LoadedModel": "loading",
    "class_names_of": "loading",
    "fetch_published": "published",
    "load": "loading",
    "load_weights": "loading",
    "open_model": "loading",
}
_SUBMODULES = ("checkpoint", "loading", "mapping", "sample", "tables")


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_SUBMODULES})
