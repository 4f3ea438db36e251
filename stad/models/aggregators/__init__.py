"""Aggregators: they turn the features of the frames of a video into one vector.

A new one is one file here: an ``Aggregator`` with ``@MODELS.register_module()`` is found by the
name of its class in a config.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stad.utils.lazy import lazy_exports

if TYPE_CHECKING:
    from stad.models.aggregators.base import Aggregator
    from stad.models.aggregators.mean_pooling import MeanPooling
    from stad.models.aggregators.netvlad import NetVLAD
    from stad.models.aggregators.nextvlad import NeXtVLAD
    from stad.models.aggregators.variants import Variant

__all__ = [
    "Aggregator",
    "MeanPooling",
    "NeXtVLAD",
    "NetVLAD",
    "Variant",
]

# These need torch and mmengine, which take seconds to import: they are imported when first used.
_MODULES = {
    "Aggregator": "base",
    "MeanPooling": "mean_pooling",
    "NeXtVLAD": "nextvlad",
    "NetVLAD": "netvlad",
    "Variant": "variants",
}

__getattr__, __dir__ = lazy_exports(__name__, _MODULES)
