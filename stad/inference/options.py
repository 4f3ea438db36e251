"""Define the options of a run in a file and live: the one place of their defaults and ranges."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

from stad.utils.ranges import check_positive_int, check_positive_seconds, check_probability

# Weights that are published with a model.
AUTO = "auto"

PrecisionName = Literal["auto", "float32", "bfloat16"]
RuntimeName = Literal["auto", "torch", "openvino", "onnxruntime"]


@dataclass(frozen=True)
class InferenceOptions:
    """Options that decide what is found, in a file and live.

    Attributes:
        model: action model, a name of the zoo or the path of a config; None for the best one that
            can be loaded, 'any-licence' for the best one without regard to its licence.
        weights: its checkpoint; 'auto' for the published one, None for random weights.
        detector: person detector, a name of the zoo, 'whole_frame' or the path of an mmdet
            config or an ONNX file; None for the best one that can be loaded.
        detector_weights: its checkpoint; 'auto' for the published one.
        threshold: minimum action score, in [0, 1]; None for the model's.
        person_threshold: minimum person score to begin a track, in [0, 1]; None for the
            detector's.
        stride_sec: time between action predictions, seconds; None for the model's.
        detect_sec: time between person detections, seconds.
        tracker: name of a tracker of the trackers library; None for the default.
        tracker_options: its parameters, KEY=VALUE texts.
        track_memory_sec: how long a hidden person keeps the id, seconds; None for the default.
        batch_size: windows scored at once; None for 1 on a CPU and 8 on a GPU.
        max_labels: labels shown per actor.
        localizer: file of the thresholds and times of segments; None for the defaults.
        labels: names of the labels to keep; () keeps all.
        device: 'auto', 'cpu', 'cuda:0' ...
        precision: 'auto', 'float32' or 'bfloat16'.
        runtime: library that runs the networks: 'auto', 'torch', 'openvino' or 'onnxruntime'.
    """

    model: str | None = None
    weights: str | None = AUTO
    detector: str | None = None
    detector_weights: str = AUTO
    threshold: float | None = None
    person_threshold: float | None = None
    stride_sec: float | None = None
    detect_sec: float = 0.2
    tracker: str | None = None
    tracker_options: tuple[str, ...] = ()
    track_memory_sec: float | None = None
    batch_size: int | None = None
    max_labels: int = 3
    localizer: Path | None = None
    labels: tuple[str, ...] = ()
    device: str = "auto"
    precision: PrecisionName = "auto"
    runtime: RuntimeName = "auto"

    @classmethod
    def from_options(cls, options: object, *, without: Collection[str] = ()) -> InferenceOptions:
        """Pick these options out of those of a command, by their names.

        Args:
            options: those of the command.
            without: names that the command does not have; their defaults are used.
        """
        names = [field.name for field in fields(cls) if field.name not in without]
        return cls(**{name: getattr(options, name) for name in names})


@dataclass(frozen=True)
class LiveOptions:
    """Options of a live run, besides ``InferenceOptions``.

    Attributes:
        max_latency_sec: how late the scores of a window may come, beside the window itself,
            seconds.
        duration_sec: how long to watch, seconds; None until the source ends.
    """

    max_latency_sec: float = 2.0
    duration_sec: float | None = None


@dataclass(frozen=True)
class RecognitionOptions:
    """Options for recognizing what a whole video shows.

    Attributes:
        model: a name of the zoo or the path of a config.
        views: clips and crops whose scores are averaged, such as '10x3'; None for the model's.
        top: number of classes.
        runtime: library that runs the network, as in ``InferenceOptions``.
    """

    model: str = "i3d_k400"
    views: str | None = None
    top: int = 5
    runtime: RuntimeName = "auto"


# The ranges of the options of this module, by their names.
RANGES: dict[str, Callable[[str, float | None], None]] = {
    "threshold": check_probability,
    "person_threshold": check_probability,
    "stride_sec": check_positive_seconds,
    "detect_sec": check_positive_seconds,
    "track_memory_sec": check_positive_seconds,
    "batch_size": check_positive_int,
    "max_labels": check_positive_int,
    "max_latency_sec": check_positive_seconds,
    "duration_sec": check_positive_seconds,
    "top": check_positive_int,
}


def check_ranges(options: object, *, names: Mapping[str, str] | None = None) -> None:
    """Raise InputError for a number out of its range.

    Args:
        options: one of the classes of this module, or others with fields of the same names.
        names: what the user calls a field, where it is not the field's own name.
    """
    names = names or {}
    for name, check in RANGES.items():
        if hasattr(options, name):
            check(names.get(name, name), getattr(options, name))
