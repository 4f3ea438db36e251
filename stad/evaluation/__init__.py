"""Compute the figures of benchmarks: frame-mAP, segment-mAP, tube-mAP and accuracy.

The names exported here are pure functions of arrays, and their inputs and results. Only the modules
``compare_ava``, ``compare_segments`` and ``compare_tubes`` deal with files: they check what
``stad.annotations`` has read and call the pure functions.
"""

from stad.annotations.boxes import LabelledBoxes
from stad.evaluation.ava import AvaResult, evaluate_ava
from stad.evaluation.ava_protocols import InvalidBoxError
from stad.evaluation.classification import (
    average_views,
    class_accuracies,
    confusion_matrix,
    mean_class_accuracy,
    top_k_accuracy,
)
from stad.evaluation.items import DetectionAPResult, Instances
from stad.evaluation.precision import Curve, average_precision, precision_recall
from stad.evaluation.segments import evaluate_segments, segment_ap
from stad.evaluation.tubes import evaluate_tubes
from stad.utils.lazy import lazy_exports

__all__ = [
    "AvaResult",
    "Curve",
    "DetectionAPResult",
    "Instances",
    "InvalidBoxError",
    "LabelledBoxes",
    "average_precision",
    "average_views",
    "class_accuracies",
    "confusion_matrix",
    "evaluate_ava",
    "evaluate_segments",
    "evaluate_tubes",
    "mean_class_accuracy",
    "precision_recall",
    "segment_ap",
    "top_k_accuracy",
]

__getattr__, __dir__ = lazy_exports(__name__, {})
