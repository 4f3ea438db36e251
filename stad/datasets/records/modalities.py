"""Check a record against the modalities of a config, and put its features side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from stad.datasets.records.features import FrameRecord, VideoRecord, quantise
from stad.datasets.records.tfrecord import RecordError

# For ``join_modalities``: of any video, nothing is left out.
ALL_FRAMES = 1 << 30


class Modality(NamedTuple):
    """A kind of features.

    Attributes:
        name: of the features in a record, such as 'rgb'.
        channels: values of a frame.
    """

    name: str
    channels: int


def as_modalities(modalities: Sequence[Mapping]) -> tuple[Modality, ...]:
    """Return the modalities of a config.

    Raises:
        ValueError: there are none, a name stands twice, or channels are not positive.
    """
    found = tuple(Modality(one["name"], int(one["channels"])) for one in modalities)
    names = [one.name for one in found]
    if not found or len(set(names)) < len(names) or any(one.channels < 1 for one in found):
        raise ValueError(
            "expected modalities of different names with 1 channel or more, got "
            f"{[one._asdict() for one in found]}"
        )
    return found


def check_labels(labels: Sequence[int], num_classes: int) -> None:
    """Raise RecordError if a label is not the number of a class."""
    wrong = [one for one in labels if not 0 <= one < num_classes]
    if wrong:
        raise RecordError(f"it has the label {wrong[0]}, but the labels are 0 to {num_classes - 1}")


def join_modalities(
    record: FrameRecord | VideoRecord, modalities: Sequence[Modality], *, max_frames: int
) -> tuple[np.ndarray, tuple[int, ...]]:
    """Return the features of a record side by side, and the frames of each modality.

    A ``VideoRecord`` gives one frame: its means, quantised.

    Args:
        record: the record.
        modalities: their order; the record may have others, which are left out.
        max_frames: later frames are left out.

    Returns:
        (T, D) uint8, where a modality that the video lacks is 0, and M numbers: T or 0.

    Raises:
        RecordError: the record has none of the modalities, a wrong number of channels, or
            modalities of different lengths.
    """
    parts: dict[str, np.ndarray] = {}
    for one in modalities:
        values = _frames_of(record, one.name)
        if values is None or not len(values):
            continue
        if values.shape[1] != one.channels:
            raise RecordError(
                f"{one.name} has {values.shape[1]} values a frame, but the config has "
                f"{one.channels}"
            )
        parts[one.name] = values
    lengths = {name: len(values) for name, values in parts.items()}
    if not lengths:
        raise RecordError(f"it has no frames of {' or '.join(one.name for one in modalities)}")
    if len(set(lengths.values())) > 1:
        shown = " and ".join(f"{count} of {name}" for name, count in lengths.items())
        raise RecordError(f"its modalities have different numbers of frames: {shown}")
    num_frames = min(next(iter(lengths.values())), max_frames)
    joined = np.zeros((num_frames, sum(one.channels for one in modalities)), dtype=np.uint8)
    begin = 0
    for one in modalities:
        if one.name in parts:
            joined[:, begin : begin + one.channels] = parts[one.name][:num_frames]
        begin += one.channels
    return joined, tuple(num_frames * (one.name in parts) for one in modalities)


def _frames_of(record: FrameRecord | VideoRecord, name: str) -> np.ndarray | None:
    """Return the frames of a modality, (T, C) uint8; None if the record has none."""
    if isinstance(record, VideoRecord):
        mean = record.means.get(name)
        return None if mean is None else quantise(mean)[None]
    return record.features.get(name)
