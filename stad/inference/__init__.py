"""Run models over video: pipeline, scorers, precision, resume, and the Python API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stad.utils.lazy import lazy_exports

if TYPE_CHECKING:
    from stad.inference.annotation import Annotation, AnnotationSetup, prepare_annotation
    from stad.inference.api import annotate, recognize, watch
    from stad.inference.build import ModelBundle, build_models
    from stad.inference.detectors import open_detector
    from stad.inference.export import export_model
    from stad.inference.options import InferenceOptions
    from stad.inference.overlap import annotate_frames
    from stad.inference.pipeline import ActionPipeline, PipelineOptions
    from stad.inference.scorer import ActionScorer, OnlineScorer
    from stad.inference.scoring import Scorer

__all__ = [
    "ActionPipeline",
    "ActionScorer",
    "Annotation",
    "AnnotationSetup",
    "InferenceOptions",
    "ModelBundle",
    "OnlineScorer",
    "PipelineOptions",
    "Scorer",
    "annotate",
    "annotate_frames",
    "build_models",
    "export_model",
    "open_detector",
    "prepare_annotation",
    "recognize",
    "watch",
]

_MODULES = {
    "ActionPipeline": "pipeline",
    "ActionScorer": "scorer",
    "Annotation": "annotation",
    "AnnotationSetup": "annotation",
    "InferenceOptions": "options",
    "ModelBundle": "build",
    "OnlineScorer": "scorer",
    "PipelineOptions": "pipeline",
    "Scorer": "scoring",
    "annotate": "api",
    "annotate_frames": "overlap",
    "build_models": "build",
    "export_model": "export",
    "open_detector": "detectors",
    "prepare_annotation": "annotation",
    "recognize": "api",
    "watch": "api",
}

__getattr__, __dir__ = lazy_exports(__name__, _MODULES)
