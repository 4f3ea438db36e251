"""Open models by name: `load`, `open_model`, the catalog, and which model to choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stad.utils.cache import cache_dir
from stad.utils.lazy import lazy_exports
from stad.zoo.catalog import DETECTORS, MODELS, DetectorEntry, ModelEntry
from stad.zoo.choice import choose_detection_model, choose_detector, choose_feature_model
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
    "choose_feature_model",
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

__getattr__, __dir__ = lazy_exports(__name__, _MODULES)
