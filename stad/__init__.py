"""stad: who does what, when and where in a video.

>>> for result in stad.annotate("in.mp4"):                                # doctest: +SKIP
...     print(result.time_sec, result.actors.boxes, result.labels)

Public names and submodules are imported when they are first used.
"""

# Not `from __future__ import annotations`: the name would hide stad.annotations.
from typing import TYPE_CHECKING

from stad.utils.lazy import lazy_exports

if TYPE_CHECKING:
    from stad.corpus.search import find
    from stad.evaluation.ava import evaluate_ava
    from stad.evaluation.segments import evaluate_segments
    from stad.evaluation.tubes import evaluate_tubes
    from stad.inference.api import annotate, recognize, watch
    from stad.inference.overlap import annotate_frames
    from stad.models.action_detector import ActionDetector
    from stad.models.recognizer import Recognizer
    from stad.structures import Actors, Frame, Segment, Tube
    from stad.tagging.api import tag
    from stad.video.source import VideoSource
    from stad.zoo import list_models, load

__version__ = "0.2.0"

__all__ = [
    "ActionDetector",
    "Actors",
    "Frame",
    "Recognizer",
    "Segment",
    "Tube",
    "VideoSource",
    "annotate",
    "annotate_frames",
    "evaluate_ava",
    "evaluate_segments",
    "evaluate_tubes",
    "find",
    "list_models",
    "load",
    "recognize",
    "tag",
    "watch",
]

_MODULES = {
    "ActionDetector": "models.action_detector",
    "Actors": "structures",
    "Frame": "structures",
    "Recognizer": "models.recognizer",
    "Segment": "structures",
    "Tube": "structures",
    "VideoSource": "video.source",
    "annotate": "inference.api",
    "annotate_frames": "inference.overlap",
    "evaluate_ava": "evaluation.ava",
    "evaluate_segments": "evaluation.segments",
    "evaluate_tubes": "evaluation.tubes",
    "find": "corpus.search",
    "list_models": "zoo",
    "load": "zoo",
    "recognize": "inference.api",
    "tag": "tagging.api",
    "watch": "inference.api",
}

__getattr__, __dir__ = lazy_exports(__name__, _MODULES)
