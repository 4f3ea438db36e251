"""Networks that score actions: backbones, heads, losses, and the models that they make.

An ``ActionDetector`` scores every person in a clip, a ``Recognizer`` the clip as a whole. Both
take configs of a backbone (``stad.models.backbones``) and of a head (``stad.models.heads``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stad.utils.lazy import lazy_exports

if TYPE_CHECKING:
    from stad.models.action_detector import ActionDetector
    from stad.models.actor_crops import ActorCrops, CroppedActors, still_tracks
    from stad.models.base import ActionModel, Head, TrackBackbone, TrackHead
    from stad.models.fast_inference import prepare_for_inference
    from stad.models.losses import MultiLabelLoss, PostureLoss, SingleLabelLoss
    from stad.models.mixing import Mixup
    from stad.models.online import OnlineRecognizer, online_unsupported_reason
    from stad.models.preprocessor import ClipPreprocessor
    from stad.models.recognizer import Recognizer
    from stad.models.two_stream import TwoStreamRecognizer, fuse_scores

__all__ = [
    "ActionDetector",
    "ActionModel",
    "ActorCrops",
    "ClipPreprocessor",
    "CroppedActors",
    "Head",
    "Mixup",
    "MultiLabelLoss",
    "OnlineRecognizer",
    "PostureLoss",
    "Recognizer",
    "SingleLabelLoss",
    "TrackBackbone",
    "TrackHead",
    "TwoStreamRecognizer",
    "fuse_scores",
    "online_unsupported_reason",
    "prepare_for_inference",
    "still_tracks",
]

# These need torch and mmengine, which take seconds to import: they are imported when first used.
_MODULES = {
    "ActionDetector": "action_detector",
    "ActionModel": "base",
    "ActorCrops": "actor_crops",
    "ClipPreprocessor": "preprocessor",
    "CroppedActors": "actor_crops",
    "Head": "base",
    "Mixup": "mixing",
    "MultiLabelLoss": "losses",
    "OnlineRecognizer": "online",
    "PostureLoss": "losses",
    "Recognizer": "recognizer",
    "SingleLabelLoss": "losses",
    "TrackBackbone": "base",
    "TrackHead": "base",
    "TwoStreamRecognizer": "two_stream",
    "fuse_scores": "two_stream",
    "online_unsupported_reason": "online",
    "prepare_for_inference": "fast_inference",
    "still_tracks": "actor_crops",
}

__getattr__, __dir__ = lazy_exports(__name__, _MODULES)
