"""Define the tables of a corpus: what one video gives, and the columns that it is written to.

docs/corpus_tables.md describes every column.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

from stad.structures import Keyframe, RunInfo, Segment

FORMAT, VERSION = "stad-corpus", 1
# The tables of a video; a video counts once its row of 'videos' is there, which is written last.
CONTENT = ("tracks", "keyframes", "segments")
TABLES = (*CONTENT, "videos", "failures")
KEY_LENGTH = 20
KEY = re.compile(rf"[0-9a-f]{{{KEY_LENGTH}}}")
MODEL_KEY = re.compile(r"[A-Za-z0-9._-]+@[0-9a-f]+")
VERSION_LENGTH = 10
MAX_NAME = 80
# Scores of keyframes below this are not kept: most of the 80 scores of a person are near 0.
FLOOR = 0.05

# Columns of a box, xyxy in source pixels.
BOX = [(name, pa.float32()) for name in ("x1_px", "y1_px", "x2_px", "y2_px")]
# Names that repeat are stored once in a file.
_LABEL = [("class_index", pa.int32()), ("label", pa.string())]
SCHEMAS = {
    "videos": pa.schema(
        [
            ("video", pa.string()),
            ("path", pa.string()),
            ("copies", pa.list_(pa.string())),
            ("size_bytes", pa.int64()),
            ("duration_sec", pa.float64()),
            ("width_px", pa.int32()),
            ("height_px", pa.int32()),
            ("fps", pa.float64()),
            ("num_frames", pa.int64()),
            ("num_people", pa.int32()),
            ("num_segments", pa.int64()),
            ("model_name", pa.string()),
            ("detector", pa.string()),
            ("threshold", pa.float32()),
            ("stride_sec", pa.float64()),
            ("processing_sec", pa.float64()),
            ("finished_at", pa.timestamp("us", tz="UTC")),
            ("warnings", pa.list_(pa.string())),
        ]
    ),
    "tracks": pa.schema(
        [
            ("video", pa.string()),
            ("actor_id", pa.int64()),
            ("start_sec", pa.float64()),
            ("end_sec", pa.float64()),
            ("num_boxes", pa.int64()),
            *BOX,
            ("person_score", pa.float32()),
        ]
    ),
    "keyframes": pa.schema(
        [
            ("video", pa.string()),
            ("actor_id", pa.int64()),
            ("time_sec", pa.float64()),
            *_LABEL,
            ("score", pa.float32()),
            *BOX,
            ("person_score", pa.float32()),
        ]
    ),
    "segments": pa.schema(
        [
            ("video", pa.string()),
            ("actor_id", pa.int64()),
            *_LABEL,
            ("start_sec", pa.float64()),
            ("end_sec", pa.float64()),
            ("score", pa.float32()),
        ]
    ),
    "failures": pa.schema(
        [
            ("video", pa.string()),
            ("path", pa.string()),
            ("kind", pa.string()),
            ("message", pa.string()),
            ("tries", pa.int32()),
            ("failed_at", pa.timestamp("us", tz="UTC")),
        ]
    ),
}


@dataclass(frozen=True, kw_only=True)
class VideoRow:
    """A video whose results are complete.

    Attributes:
        key: what identifies its content, see ``short_key``.
        path: path or URL under which it was read.
        size_bytes: of the file.
        duration_sec: of the frames that were read, seconds.
        width_px, height_px: upright size.
        fps: mean frame rate, frames per second.
        num_frames: that were read.
        num_people: tracks that were found.
        processing_sec: time that it took, seconds.
        finished_at: when, with its time zone.
        warnings: what was noticed, such as frames that could not be decoded.
        copies: other paths whose files have the same content.
    """

    key: str
    path: str
    size_bytes: int
    duration_sec: float
    width_px: int
    height_px: int
    fps: float
    num_frames: int
    num_people: int
    processing_sec: float
    finished_at: datetime
    warnings: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TrackRow:
    """One person of a video.

    Attributes:
        actor_id: track id.
        start_sec, end_sec: times of the first and last box, seconds.
        num_boxes: how many boxes it has.
        box: their mean, xyxy, source pixels.
        person_score: mean score of the detector, in [0, 1].
    """

    actor_id: int
    start_sec: float
    end_sec: float
    num_boxes: int
    box: tuple[float, float, float, float]
    person_score: float


@dataclass(frozen=True, kw_only=True)
class VideoResults:
    """Everything that was found in one video.

    Attributes:
        video: the video itself.
        run: how the results were made; its class names are those of all rows.
        tracks: the people.
        keyframes: in the order of time; read once, so that they need not be in memory.
        segments: of the actors.
        floor: minimum score of the rows of keyframes, in [0, 1].
    """

    video: VideoRow
    run: RunInfo
    tracks: Sequence[TrackRow] = ()
    keyframes: Iterable[Keyframe] = field(default=(), repr=False)
    segments: Sequence[Segment] = ()
    floor: float = FLOOR


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A video that gave no results.

    Attributes:
        key: as of ``VideoRow``; of its path where the content cannot be read.
        path: path or URL.
        kind: 'unreadable', 'timeout', 'crash', 'not a video' and so on.
        message: what happened, for a person to read.
        tries: how often it was tried.
        at: when the last try ended, with its time zone.
    """

    key: str
    path: str
    kind: str
    message: str
    tries: int
    at: datetime


def short_key(*parts: object) -> str:
    """Return the key of a video, 20 hex digits, for what identifies it.

    Args:
        *parts: such as the file's size and the hash of some of its bytes; texts and numbers.

    >>> short_key(1024, "9f86d0"), short_key("s3://videos/lost.mp4")
    ('57eb896413ce1a4b5e0e', 'b9cf3534ef1e3c328739')
    """
    text = json.dumps(parts, ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:KEY_LENGTH]


def model_key(name: str, identity: Mapping[str, object]) -> str:
    """Return NAME@VERSION of a model and all else that results depend on.

    Args:
        name: of the model; characters that are special in file names become '_'.
        identity: hash of the weights, detector, options that change results; as JSON has them.

    >>> model_key("runs/my model.pth", {"weights": "ab12"})
    'runs_my_model.pth@3d4730ba3a'
    """
    text = json.dumps([FORMAT, VERSION, name, identity], sort_keys=True, ensure_ascii=True)
    version = hashlib.sha256(text.encode("ascii")).hexdigest()[:VERSION_LENGTH]
    safe = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("_") or "model"
    return f"{safe[-MAX_NAME:]}@{version}"
