"""Heads: they turn the maps of a backbone into class logits, per clip, actor or video.

A new head is one file here: a ``Head`` with ``@MODELS.register_module()`` is found by the name of
its class in a config.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stad.utils.lazy import lazy_exports

if TYPE_CHECKING:
    from stad.models.heads.acrn import ACRN
    from stad.models.heads.clip_head import ClipHead
    from stad.models.heads.long_context_head import LongContextHead
    from stad.models.heads.lstm_head import LSTMHead
    from stad.models.heads.roi_head import RoIHead
    from stad.models.heads.skeleton_head import SkeletonHead
    from stad.models.heads.tag_heads import LogisticTagHead, MoETagHead, TagHead

__all__ = [
    "ACRN",
    "ClipHead",
    "LSTMHead",
    "LogisticTagHead",
    "LongContextHead",
    "MoETagHead",
    "RoIHead",
    "SkeletonHead",
    "TagHead",
]

# These need torch and mmengine, which take seconds to import: they are imported when first used.
_MODULES = {
    "ACRN": "acrn",
    "ClipHead": "clip_head",
    "LSTMHead": "lstm_head",
    "LogisticTagHead": "tag_heads",
    "LongContextHead": "long_context_head",
    "MoETagHead": "tag_heads",
    "RoIHead": "roi_head",
    "SkeletonHead": "skeleton_head",
    "TagHead": "tag_heads",
}

__getattr__, __dir__ = lazy_exports(__name__, _MODULES)
