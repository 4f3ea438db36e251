"""Options that several commands share: models, predictions, tracking, lists.

Each option is one field of one class. A command's options are a class that inherits the groups it
needs; ``HEADING`` is what ``--help`` writes above those of a class. Defaults are those of Python
calls, see ``stad.inference.options``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from stad.cli.option_types import Labels, Pairs, option
from stad.inference.options import AUTO, InferenceOptions, PrecisionName, RuntimeName


@dataclass(frozen=True, kw_only=True)
class QuietOptions:
    """Options for the amount of text that is printed."""

    HEADING = "general"

    quiet: Annotated[bool, option("print warnings and errors only")] = False


@dataclass(frozen=True, kw_only=True)
class ListModelsOptions(QuietOptions):
    """Options that print a list instead of running."""

    list_models: Annotated[bool, option("list models and detectors, then exit")] = False


@dataclass(frozen=True, kw_only=True)
class ListOptions(ListModelsOptions):
    """Options that print a list instead of running."""

    list_labels: Annotated[bool, option("list the labels of --model (AVA's without it)")] = False
    list_trackers: Annotated[bool, option("list trackers and their parameters")] = False


@dataclass(frozen=True, kw_only=True)
class OverwriteOptions:
    """Options for files that exist."""

    HEADING = "more outputs"

    overwrite: Annotated[bool, option("replace output files that exist")] = False


@dataclass(frozen=True, kw_only=True)
class JsonOptions(OverwriteOptions):
    """Options for results as JSON, and for files that exist."""

    HEADING = "more outputs"

    json: Annotated[Path | None, option("results as JSON", metavar="FILE")] = None


@dataclass(frozen=True, kw_only=True)
class OwnFolderOptions:
    """Options for the folder of one's own videos."""

    HEADING = "options"

    folder: Annotated[Path, Positional, option("folder of your videos", metavar="DATA")]


@dataclass(frozen=True, kw_only=True)
class DeviceOptions:
    """Options for the device of the networks."""

    HEADING = "models"

    device: Annotated[str, option("auto, cpu, cuda, cuda:1, ...", metavar="DEVICE")] = (
        InferenceOptions.device
    )


@dataclass(frozen=True, kw_only=True)
class WeightsOptions:
    """Options for the checkpoint of the model."""

    HEADING = "models"

    weights: Annotated[
        str, option("checkpoint of the model (default: published weights)", metavar="FILE")
    ] = AUTO


@dataclass(frozen=True, kw_only=True)
class BackboneWeightsOptions:
    """Options for the checkpoint of the model whose backbone is used."""

    HEADING = "models"

    backbone_weights: Annotated[
        str, option("checkpoint of that model (default: published weights)", metavar="FILE")
    ] = AUTO


@dataclass(frozen=True, kw_only=True)
class DetectorOptions(DeviceOptions):
    """Options for the person detector."""

    HEADING = "models"

    detector: Annotated[
        str | None,
        option(
            "person detector, or whole_frame (default: the best available)", metavar="NAME|CONFIG"
        ),
    ] = InferenceOptions.detector
    detector_weights: Annotated[
        str, option("checkpoint of the detector (default: published weights)", metavar="FILE")
    ] = InferenceOptions.detector_weights


@dataclass(frozen=True, kw_only=True)
class RuntimeOptions:
    """Options for the library that runs the networks."""

    HEADING = "models"

    runtime: Annotated[
        RuntimeName,
        option("torch, openvino, onnxruntime or auto, the fastest (default: auto)", metavar="NAME"),
    ] = InferenceOptions.runtime


@dataclass(frozen=True, kw_only=True)
class PrecisionOptions(RuntimeOptions):
    """Options for the arithmetic of the action model."""

    HEADING = "models"

    precision: Annotated[
        PrecisionName,
        option("float32, bfloat16 or auto, the faster that works (default: auto)", metavar="NAME"),
    ] = InferenceOptions.precision


@dataclass(frozen=True, kw_only=True)
class ModelOptions(WeightsOptions, DetectorOptions, PrecisionOptions):
    """Options that ``stad.inference.build.build_models`` reads."""

    model: Annotated[
        str | None,
        option(
            "action model, or any-licence (default: the best available for any use)",
            metavar="NAME|CONFIG",
        ),
    ] = InferenceOptions.model


@dataclass(frozen=True, kw_only=True)
class TrackerOptions:
    """Options that ``stad.actors.tracker_options.choose_tracker`` reads."""

    HEADING = "predictions and tracking"

    tracker: Annotated[
        str | None,
        option("tracker that gives people their ids (default: bytetrack)", metavar="NAME"),
    ] = InferenceOptions.tracker
    tracker_options: Annotated[
        Pairs, option("its parameters, such as iou=giou", metavar="KEY=VALUE ...")
    ] = InferenceOptions.tracker_options
    track_memory_sec: Annotated[
        float | None,
        option(
            "how long a hidden person keeps the id (default: 2)", metavar="SEC", name="track-memory"
        ),
    ] = InferenceOptions.track_memory_sec


@dataclass(frozen=True, kw_only=True)
class ScoringOptions:
    """Options for finding people and scoring them, in a file and live."""

    HEADING = "predictions and tracking"

    threshold: Annotated[
        float | None, option("minimum action score (default: the model's)", metavar="0..1")
    ] = InferenceOptions.threshold
    stride_sec: Annotated[
        float | None,
        option(
            "time between action predictions (default: the model's)", metavar="SEC", name="stride"
        ),
    ] = InferenceOptions.stride_sec
    detect_sec: Annotated[
        float, option("time between person detections", metavar="SEC", name="detect-every")
    ] = InferenceOptions.detect_sec
    person_threshold: Annotated[
        float | None,
        option("minimum person score to start a track (default: the detector's)", metavar="0..1"),
    ] = InferenceOptions.person_threshold
    localizer: Annotated[
        Path | None,
        option("thresholds and times of segments, as stad tune writes them", metavar="FILE"),
    ] = InferenceOptions.localizer


@dataclass(frozen=True, kw_only=True)
class LabelsOptions:
    """Options for the labels that are of interest."""

    HEADING = "predictions and tracking"

    labels: Annotated[Labels, option("keep only these labels", metavar="A,B")] = (
        InferenceOptions.labels
    )


@dataclass(frozen=True, kw_only=True)
class PredictionOptions(ScoringOptions, LabelsOptions):
    """Options for predictions and which of them are shown."""

    HEADING = "predictions and tracking"

    max_labels: Annotated[int, option("labels shown per person", metavar="N")] = (
        InferenceOptions.max_labels
    )


@dataclass(frozen=True, kw_only=True)
class BatchOptions:
    """Options for scoring several windows at once, which live sources do not wait for."""

    HEADING = "models"

    batch_size: Annotated[
        int | None,
        option("windows scored at once (default: 1 on a CPU, 8 on a GPU)", metavar="N"),
    ] = InferenceOptions.batch_size
