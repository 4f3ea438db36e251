"""Encode and decode the records of YouTube-8M: features of the frames or of the whole video.

A record of frames is a SequenceExample: its context has ``id`` and ``labels``, its feature lists
have one byte string per frame and modality. A record of a video is an Example with the mean of each
modality as floats. Numbers and names are those of the data set (research.google.com/youtube8m).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from google.protobuf.message import DecodeError

from stad.datasets.records.messages import SequenceExample
from stad.datasets.records.tfrecord import RecordError, TFRecordWriter

MAX_VALUE, STEPS = 2.0, 255
# YouTube-8M of 2017 called it video_id.
ID_KEYS = ("id", "video_id")
LABELS = "labels"
MEAN_PREFIX = "mean_"
SEGMENT_KEYS = ("segment_start_times", "segment_end_times", "segment_labels", "segment_scores")


class Segment(NamedTuple):
    """A rating of one class in one segment of a video.

    Attributes:
        start_sec, end_sec: of the segment; seconds are frames.
        label: the class, from 0.
        score: 1 if raters saw it there, 0 if not.
    """

    start_sec: int
    end_sec: int
    label: int
    score: float


@dataclass(frozen=True)
class FrameRecord:
    """The features of a video, one vector per frame and modality.

    Attributes:
        record_id: of the video.
        labels: its classes, from 0, in any order.
        features: name of a modality -> (T, C) uint8, quantised by ``quantise``; a modality that
            the video lacks is left out or has no rows.
        segments: ratings of parts of the video; YouTube-8M has them since 2019.
    """

    record_id: str
    labels: tuple[int, ...]
    features: Mapping[str, np.ndarray]
    segments: tuple[Segment, ...] = ()


@dataclass(frozen=True)
class VideoRecord:
    """The mean features of a video.

    Attributes:
        record_id: of the video.
        labels: its classes, from 0, in any order.
        means: name of a modality -> (C,) float32, the mean of its dequantised frames.
    """

    record_id: str
    labels: tuple[int, ...]
    means: Mapping[str, np.ndarray] = field(default_factory=dict)


def quantise(values: np.ndarray) -> np.ndarray:
    """Return features as YouTube-8M stores them: 256 steps from -2 to 2; others are clipped.

    Args:
        values: of any shape, float.

    Returns:
        The same shape, uint8.

    >>> quantise(np.array([-3.0, -2.0, 0.0, 2.0])).tolist()
    [0, 0, 128, 255]
    """
    clipped = np.clip(values, -MAX_VALUE, MAX_VALUE)
    return np.rint((clipped + MAX_VALUE) * (STEPS / (2 * MAX_VALUE))).astype(np.uint8)


def dequantise(values: np.ndarray) -> np.ndarray:
    """Return the features that 8-bit values mean, as YouTube-8M's own reader does.

    That is half a step above the exact inverse of ``quantise``.

    Args:
        values: of any shape, uint8.

    Returns:
        The same shape, float32.

    >>> dequantise(np.array([0, 255], dtype=np.uint8)).tolist()
    [-1.9921875, 2.0078125]
    """
    step = 2 * MAX_VALUE / STEPS
    return values.astype(np.float32) * np.float32(step) + np.float32(4 / 512 - MAX_VALUE)


def encode(record: FrameRecord | VideoRecord) -> bytes:
    """Return a record as the bytes of its message; equal records give equal bytes.

    Raises:
        ValueError: an array has a wrong shape or type.
    """
    message: Any = SequenceExample()
    context = message.context.feature
    context[ID_KEYS[0]].bytes_list.value.append(record.record_id.encode("utf-8", "surrogateescape"))
    context[LABELS].int64_list.value.extend(record.labels)
    if isinstance(record, VideoRecord):
        for name, mean in record.means.items():
            if mean.ndim != 1:
                raise ValueError(f"expected {name} of shape (C,), got {mean.shape}")
            context[MEAN_PREFIX + name].float_list.value.extend(mean.tolist())
        return message.SerializeToString(deterministic=True)
    for name, values in record.features.items():
        if values.ndim != 2 or values.dtype != np.uint8:
            raise ValueError(f"expected {name} (T, C) uint8, got {values.shape} {values.dtype}")
        frames = message.feature_lists.feature_list[name].feature
        for row in values:
            frames.add().bytes_list.value.append(row.tobytes())
    _encode_segments(context, record.segments)
    return message.SerializeToString(deterministic=True)


def _encode_segments(context: Any, segments: tuple[Segment, ...]) -> None:
    if not segments:
        return
    *columns, scores = zip(*segments, strict=True)
    for key, values in zip(SEGMENT_KEYS, columns, strict=False):
        context[key].int64_list.value.extend(values)
    context[SEGMENT_KEYS[-1]].float_list.value.extend(scores)


def decode(data: bytes) -> FrameRecord | VideoRecord:
    """Return what the bytes of a record say.

    Args:
        data: a SequenceExample gives a ``FrameRecord``, an Example a ``VideoRecord``.

    Raises:
        RecordError: they are no such message, lack the id, or a feature has several lengths.
    """
    try:
        message: Any = SequenceExample.FromString(data)
    except DecodeError as error:
        raise RecordError("it is not a tf.train.SequenceExample") from error
    context = message.context.feature
    record_id = _id_of(context)
    labels = tuple(context[LABELS].int64_list.value) if LABELS in context else ()
    lists = message.feature_lists.feature_list
    if not lists:
        means = {
            key.removeprefix(MEAN_PREFIX): np.array(one.float_list.value, dtype=np.float32)
            for key, one in context.items()
            if key.startswith(MEAN_PREFIX)
        }
        return VideoRecord(record_id, labels, means)
    features = {name: _frames_of(name, frames) for name, frames in lists.items()}
    return FrameRecord(record_id, labels, features, _segments_of(context))


def _id_of(context: Any) -> str:
    for key in ID_KEYS:
        if key in context and (values := context[key].bytes_list.value):
            return values[0].decode("utf-8", "surrogateescape")
    raise RecordError("it has no id")


def _frames_of(name: str, frames: Any) -> np.ndarray:
    """Return a feature list as (T, C) uint8, a view of bytes that belong to it alone."""
    rows = [value for one in frames.feature for value in one.bytes_list.value]
    if len(rows) != len(frames.feature):
        raise RecordError(f"its {len(frames.feature)} frames of {name} have {len(rows)} values")
    widths = set(map(len, rows))
    if len(widths) > 1:
        raise RecordError(f"frames of {name} have {min(widths)} and {max(widths)} bytes")
    joined = np.frombuffer(b"".join(rows), dtype=np.uint8)
    return joined.reshape(len(rows), *widths) if rows else joined.reshape(0, 0)


def _segments_of(context: Any) -> tuple[Segment, ...]:
    if SEGMENT_KEYS[0] not in context:
        return ()
    columns = [
        list(context[key].float_list.value or context[key].int64_list.value)
        for key in SEGMENT_KEYS
        if key in context
    ]
    if len({len(one) for one in columns}) > 1 or len(columns) != len(SEGMENT_KEYS):
        raise RecordError("its lists of segments have several lengths")
    return tuple(
        Segment(int(start), int(end), int(label), float(score))
        for start, end, label, score in zip(*columns, strict=True)
    )


class RecordWriter(TFRecordWriter):
    """A shard of records; it has its name after the block, if the block succeeds.

    Args:
        path: the final name; its folder exists.

    Raises:
        InputError: the file cannot be written.
    """

    def write(self, record: FrameRecord | VideoRecord) -> None:
        """Add a record."""
        self.write_data(encode(record))
