"""Define what passes between the stages: frames, actors, scores, segments.

Boxes are float32 (K, 4) xyxy in source pixels everywhere outside the models; times are seconds
from the container's timestamps.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class VideoInfo:
    """Describe a video as its container does, before its frames are read.

    Attributes:
        name: file name, camera or URL, as it is shown.
        width_px, height_px: upright size, after the rotation metadata is applied.
        fps: mean frame rate, frames per second, exact when the container is.
        num_frames: as the container says; 0 when it does not.
        duration_sec: as the container says; 0.0 when it does not.
        has_audio: whether there is an audio stream.
    """

    name: str
    width_px: int
    height_px: int
    fps: Fraction
    num_frames: int
    duration_sec: float
    has_audio: bool = False


@dataclass(frozen=True)
class Frame:
    """One decoded frame.

    Attributes:
        index: position in the stream, from 0.
        time_sec: presentation time from the container, seconds.
        image: (H, W, 3) uint8 RGB, upright.
    """

    index: int
    time_sec: float
    image: np.ndarray


@dataclass(frozen=True)
class Actors:
    """The people in one frame.

    Attributes:
        boxes: (K, 4) float32 xyxy, source pixels.
        scores: (K,) float32 person scores in [0, 1].
        ids: (K,) int64 track ids, -1 where there is no track.
    """

    boxes: np.ndarray
    scores: np.ndarray
    ids: np.ndarray

    @staticmethod
    def from_arrays(boxes=(), scores=None, ids=None) -> Actors:
        """Build from anything array-like; scores default to 1, ids to -1."""
        boxes = np.asarray(boxes, dtype=np.float32).reshape(-1, 4)
        count = len(boxes)
        scores = np.ones(count) if scores is None else scores
        ids = np.full(count, -1) if ids is None else ids
        return Actors(
            boxes=boxes,
            scores=np.asarray(scores, dtype=np.float32).reshape(count),
            ids=np.asarray(ids, dtype=np.int64).reshape(count),
        )

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, keep) -> Actors:
        return Actors(boxes=self.boxes[keep], scores=self.scores[keep], ids=self.ids[keep])


@dataclass(frozen=True)
class Keyframe:
    """The action scores of every actor at one time.

    Attributes:
        time_sec: centre of the window that was scored, seconds.
        actors: K actors with their boxes at that time, source pixels.
        scores: (K, num_classes) float32 in [0, 1].
    """

    time_sec: float
    actors: Actors
    scores: np.ndarray


@dataclass(frozen=True)
class ShownLabel:
    """One action as it is shown.

    Attributes:
        class_index: class, from 0.
        score: in [0, 1].
        name: of the class; empty where only the index is known.
    """

    class_index: int
    score: float
    name: str = field(default="", compare=False)


@dataclass(frozen=True)
class FrameResult:
    """Everything known about one frame.

    Attributes:
        index, time_sec: as in ``Frame``.
        actors: K actors with boxes in source pixels.
        labels: K lists of ``ShownLabel``, highest score first.
        unsure: K flags: the person's postures have scores, and none of them is high enough to be
            shown; () means that no person is.
        keyframe: all scores, if the frame is a keyframe; else None.
        frame: the frame with its image; None where frames are not kept.
    """

    index: int
    time_sec: float
    actors: Actors
    labels: list[list[ShownLabel]]
    keyframe: Keyframe | None = None
    frame: Frame | None = field(default=None, repr=False, compare=False)
    unsure: tuple[bool, ...] = ()


class FramedResult(FrameResult):
    """A ``FrameResult`` that has its frame, as type checkers see the results of ``annotate``."""

    frame: Frame


@dataclass(frozen=True)
class Segment:
    """One actor doing one thing from a start to an end.

    Attributes:
        actor_id: track id.
        class_index: class, from 0.
        start_sec, end_sec: seconds of video.
        score: mean score over the segment, in [0, 1].
    """

    actor_id: int
    class_index: int
    start_sec: float
    end_sec: float
    score: float


@dataclass(frozen=True)
class Tube:
    """The boxes of one actor while it does one thing.

    Attributes:
        actor_id: track id.
        class_index: class, from 0.
        score: of the segment, in [0, 1].
        times_sec: (T,) float64 ascending times of the boxes, seconds.
        boxes: (T, 4) float32 xyxy, source pixels.
    """

    actor_id: int
    class_index: int
    score: float
    times_sec: np.ndarray
    boxes: np.ndarray


@dataclass(frozen=True)
class RunInfo:
    """Describe how a run was made, as its output files state it.

    Attributes:
        video: what was read.
        model, detector: their names.
        class_names: of the model.
        threshold: minimum score that is shown, in [0, 1].
        stride_sec: time between predictions, seconds.
        num_exclusive: how many classes, the first ones, are postures that exclude each other.
    """

    video: VideoInfo
    model: str
    detector: str
    class_names: tuple[str, ...]
    threshold: float
    stride_sec: float
    num_exclusive: int = 0


@dataclass(frozen=True)
class ClipMeta:
    """The keyframe that a clip of a data set shows.

    Attributes:
        video_id: name of the video.
        time_sec: time of the keyframe as the annotations write it, seconds.
        source_size: width and height of the video, pixels.
        boxes: (K, 4) float64 xyxy as they were read, fractions of the width and height, 0-1;
            in augmented clips, those of the remaining actors.
        person_scores: (K,) float64 in [0, 1], those of the detector that found the boxes; None
            where all are 1.
        actor_ids: (K,) int64 person ids of the annotations, negative without one; None where
            they are not known, as those of proposals.
    """

    video_id: str
    time_sec: float
    source_size: tuple[int, int]
    boxes: np.ndarray
    person_scores: np.ndarray | None = None
    actor_ids: np.ndarray | None = None


class ClipSample(NamedTuple):
    """The actors of one clip in a batch.

    Attributes:
        boxes: (K, 4) float32 xyxy, clip pixels.
        labels: (K, num_classes) float32, 0 or 1; all 0 where they are not known.
        meta: of the clip.
        tracks: (K, T, 4) float32 xyxy, the actors in every frame, clip pixels; None where a
            data set gives none.
    """

    boxes: Tensor
    labels: Tensor
    meta: ClipMeta
    tracks: Tensor | None = None


@dataclass(frozen=True)
class VideoMeta:
    """The video and view that a clip of a recognizer's data set shows.

    Attributes:
        video_id: name of the video.
        view: number of the view, from 0; 0 in training.
        label: its class, from 0; -1 where the clip could not be read.
    """

    video_id: str
    view: int
    label: int


class VideoSample(NamedTuple):
    """The label of one clip in a recognizer's batch.

    Attributes:
        label: (num_classes,) float32, 1 for its class; all 0 where the clip could not be read.
        meta: of the clip.
    """

    label: Tensor
    meta: VideoMeta


class SkeletonSample(NamedTuple):
    """One labelled actor in a batch; its keypoints are the input.

    Attributes:
        regions: (T, 4) float32 xyxy of the crops, pixels of the clip.
        tracks: (T, 4) float32 xyxy of the actor, pixels of the clip.
        labels: (num_classes,) float32, 0 or 1.
    """

    regions: Tensor
    tracks: Tensor
    labels: Tensor


@dataclass(frozen=True)
class RecordMeta:
    """The record of frame features that an item of a data set shows.

    Attributes:
        record_id: of the video, as the record names it.
        file: path of the shard.
        offset: of the record in it, bytes.
    """

    record_id: str
    file: str
    offset: int


class RecordSample(NamedTuple):
    """The labels of one video in a batch of frame features.

    The inputs of the batch are (N, T, D) uint8: the quantised features of M modalities side by
    side, in the order of the config; frames beyond the end of a video are 0.

    Attributes:
        label: (num_classes,) float32, 0 or 1.
        num_frames: of each of the M modalities; 0 where the video has none, such as no audio.
        meta: of the record.
    """

    label: Tensor
    num_frames: tuple[int, ...]
    meta: RecordMeta
