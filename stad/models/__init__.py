"""Networks that score actions: backbones, heads, losses, and the models that they make.

An ``ActionDetector`` scores every person in a clip, a ``Recognizer`` the clip as a whole. Both
take configs of a backbone (``stad.models.backbones``) and of a head (``stad.models.heads``). A
``VideoTagger`` scores a whole video from the features of its frames, which an aggregator
(``stad.models.aggregators``) turns into one vector.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stad.utils.lazy import lazy_exports

if TYPE_CHECKING:
    from stad.models.action_detector import ActionDetector
    from stad.models.actor_crops import ActorCrops, CroppedActors, still_tracks
    from stad.models.base import ActionModel, Head, ScoringModel, TrackBackbone, TrackHead
    from stad.models.fast_inference import prepare_for_inference
    from stad.models.feature_preprocessor import FeaturePreprocessor
    from stad.models.long_context_detector import LongContextDetector
    from stad.models.losses import MultiLabelLoss, PostureLoss, SingleLabelLoss, TagLoss
    from stad.models.mixing import Mixup
    from stad.models.online import OnlineRecognizer, online_unsupported_reason
    from stad.models.preprocessor import ClipPreprocessor
    from stad.models.recognizer import Recognizer
    from stad.models.tagger_mixture import MixedVideoTagger
    from stad.models.two_stream import TwoStreamRecognizer, fuse_scores
    from stad.models.video_tagger import TaggingModel, VideoTagger

__all__ = [
    "ActionDetector",
    "ActionModel",
    "ActorCrops",
    "ClipPreprocessor",
    "CroppedActors",
    "FeaturePreprocessor",
    "Head",
    "LongContextDetector",
    "MixedVideoTagger",
    "Mixup",
    "MultiLabelLoss",
    "OnlineRecognizer",
    "PostureLoss",
    "Recognizer",
    "ScoringModel",
    "SingleLabelLoss",
    "TagLoss",
    "TaggingModel",
    "TrackBackbone",
    "TrackHead",
    "TwoStreamRecognizer",
    "VideoTagger",
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
    "FeaturePreprocessor": "feature_preprocessor",
    "Head": "base",
    "LongContextDetector": "long_context_detector",
    "MixedVideoTagger": "tagger_mixture",
    "Mixup": "mixing",
    "MultiLabelLoss": "losses",
    "OnlineRecognizer": "online",
    "PostureLoss": "losses",
    "Recognizer": "recognizer",
    "ScoringModel": "base",
    "SingleLabelLoss": "losses",
    "TagLoss": "losses",
    "TaggingModel": "video_tagger",
    "TrackBackbone": "base",
    "TrackHead": "base",
    "TwoStreamRecognizer": "two_stream",
    "VideoTagger": "video_tagger",
    "fuse_scores": "two_stream",
    "online_unsupported_reason": "online",
    "prepare_for_inference": "fast_inference",
    "still_tracks": "actor_crops",
}

__getattr__, __dir__ = lazy_exports(__name__, _MODULES)
