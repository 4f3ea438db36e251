"""Define the options of a run in a file and live: the one place of their defaults and ranges."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from stad.errors import InputError


@dataclass(frozen=True)
class InferenceOptions:
    """Options that decide what is found, in a file and live.

    Attributes:
        model: action model, a name of the zoo or the path of a config; None for the best one that
            can be loaded.
        weights: its checkpoint; 'auto' for the published one.
        detector: person detector, a name of the zoo, 'whole_frame' or the path of an mmdet
            config; None for the best one that can be loaded.
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
    """

    model: str | None = None
    weights: str = "auto"
    detector: str | None = None
    detector_weights: str = "auto"
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
    precision: str = "auto"

    @classmethod
    def from_options(cls, options: object) -> InferenceOptions:
        """Pick these options out of those of a command, by their names."""
        names = [field.name for field in fields(cls)]
        return cls(**{name: getattr(options, name) for name in names if hasattr(options, name)})

    def check(self) -> None:
        """Raise InputError for a number out of its range."""
        for name in ("threshold", "person_threshold"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise InputError(f"{name} must be between 0 and 1, got {value:g}")
        for name in ("stride_sec", "detect_sec", "track_memory_sec"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise InputError(f"{name} must be a number of seconds above 0, got {value:g}")
        for name in ("batch_size", "max_labels"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"{name} must be 1 or more, got {value}")
