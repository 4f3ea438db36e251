"""AVA, and your own data in its format, as clips with the boxes and labels of their actors."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from mmengine.logging import print_log
from torch.utils.data import Dataset, default_collate

from stad.annotations.ava_csv import read_excluded
from stad.annotations.keyframes import ActorTable, group_actors
from stad.datasets.actor_tracks import ActorTracks
from stad.datasets.checked_table import read_checked
from stad.datasets.epoch_sampler import EpochIndex
from stad.datasets.inputs import (
    as_window,
    classes_of,
    missing_error,
    missing_inputs,
    open_source,
)
from stad.datasets.proposed_people import ProposedPeople
from stad.datasets.transforms.detection import resize_clip, visible_boxes
from stad.errors import InputError, one_line
from stad.registry import DATASETS, TRANSFORMS
from stad.structures import ClipMeta, ClipSample
from stad.video.clip_source import RawClip, black_clip
from stad.video.geometry import clip_size
from stad.video.window import Window


@DATASETS.register_module()
class AVADataset(Dataset):
    """One item per keyframe: the clip around it, the actors in it and what they do.

    For training (``transform`` given) actors are the ground truth and the proposals that match
    it; for evaluation they are the ground truth or, with ``proposals``, the proposals alone.

    Args:
        annotations: ground truth, such as AVA CSV; see ``stad.annotations.readers``.
        videos: folder of video files, or with ``frames_fps`` of folders of extracted frames.
        window: which frames make a clip; a config with 'type', or a ``Window``. Its ``jitter``
            moves the frames of training clips, never those of evaluation.
        short_side_px: short side of a clip in evaluation, pixels.
        label_map: 'ava', or a file of classes, see ``stad.annotations.label_maps``.
        transform: config of the augmentation; None in evaluation.
        excluded: CSV of keyframes to leave out.
        proposals: boxes of people, see ``stad.annotations.proposals``.
        min_score: proposals with a lower score are left out, unless a keyframe has no others.
        keep_best: whether a keyframe whose proposals are all below ``min_score`` keeps its best
            one, as in mmaction2; PySlowFast leaves such a keyframe out.
        min_iou: a proposal takes over the labels of an actor if its IoU with it is larger.
        start_sec: timestamp of the start of the files in the annotations: 0 for AVA's whole
            films, 900 for cuts of the 15 annotated minutes.
        frames_fps: extracted frames per second; None reads video files.
        tracks: also give the actors' boxes in every frame, by the person ids of the
            annotations, for models with ``actor_crops``; not together with proposals.
        stretch: in training, the time between frames is drawn from exp(-x) to exp(x) times the
            window's.
        annotation_format: name of the format of ``annotations``; None chooses it by the ending.
        seed: of the augmentation, which depends on the seed, the epoch and the index alone.

    Attributes:
        source: reads the frames.
        start_sec: as given.
        class_ids: the id of each output's class, as in the annotations.
        max_labels: maximum number of labels of one actor.
        left_out_rows: rows of the annotations that are not used, as ``read_annotations`` counts.

    Raises:
        InputError: files are missing, no video can be read, most rows of the annotations are
            wrong, or, for training, no actor has a label.
    """

    def __init__(
        self,
        annotations: str,
        videos: str,
        *,
        window: Mapping | Window,
        short_side_px: int,
        label_map: str,
        transform: dict | None = None,
        excluded: str | None = None,
        proposals: str | None = None,
        min_score: float = 0.9,
        keep_best: bool = True,
        min_iou: float = 0.9,
        start_sec: float = 0.0,
        frames_fps: float | None = None,
        tracks: bool = False,
        stretch: float = 0.0,
        annotation_format: str | None = None,
        seed: int = 0,
    ) -> None:
        if tracks and proposals is not None:
            raise InputError(
                "'tracks' follows annotated people and cannot be used with proposals. Remove "
                "'proposals' from the data set's config."
            )
        if missing := missing_inputs(folders=[videos], files=[annotations, excluded, proposals]):
            raise missing_error(missing)
        self.annotations, self.label_map, self._excluded = annotations, label_map, excluded
        self._classes = classes_of(label_map)
        self.class_ids = tuple(self._classes)
        self._window = as_window(window)
        self._short_side_px, self.start_sec, self._seed = short_side_px, start_sec, seed
        self._transform = None if transform is None else TRANSFORMS.build(transform)
        self.source = open_source(videos, frames_fps=frames_fps)
        self._format = annotation_format
        self._warned: set[str] = set()
        self._table = self._read_table(annotations, excluded)
        self._proposals = None
        if proposals is not None:
            self._proposals = ProposedPeople(
                proposals,
                self._table,
                min_score=min_score,
                keep_best=keep_best,
                min_iou=min_iou,
                warn=self._warn,
            )
        self._tracks = ActorTracks(self._table) if tracks else None
        self._stretch = stretch
        self.max_labels = int(self._table.labels.sum(axis=1).max(initial=0))
        self._items = self._choose_items()

    @property
    def metainfo(self) -> dict:
        """Files and classes as plain values, for the evaluator and the checkpoint."""
        found = {
            "annotations": str(self.annotations),
            "excluded": None if self._excluded is None else str(self._excluded),
            "label_map": str(self.label_map),
            "class_ids": list(self.class_ids),
            "classes": list(self._classes.values()),
        }
        if self._format is not None:
            found["annotation_format"] = self._format
        return found | ({"left_out_rows": self.left_out_rows} if self.left_out_rows else {})

    @property
    def video_keys(self) -> frozenset[str]:
        """Paths that identify the annotated videos, however their ids are spelled."""
        found = (self.source.find(name) or Path(name) for name in self._table.videos)
        return frozenset(str(one.resolve()) for one in found)

    @property
    def example_counts(self) -> np.ndarray:
        """The number of annotated actors of each class, (C,) int64."""
        return self._table.labels.sum(axis=0, dtype=np.int64)

    def _read_table(self, annotations: str, excluded: str | None) -> ActorTable:
        checked = read_checked(
            annotations,
            classes=self._classes,
            label_map=str(self.label_map),
            source=self.source,
            start_sec=self.start_sec,
            annotation_format=self._format,
        )
        if checked.warning:
            self._warn(checked.warning)
        self.left_out_rows = checked.left_out.tolist()
        table = group_actors(
            checked.table,
            class_ids=self.class_ids,
            excluded=None if excluded is None else read_excluded(excluded),
        )
        return table.without_videos(checked.unreadable)

    def _choose_items(self) -> np.ndarray:
        """Return the keyframes that become items: with labels for training, else with boxes."""
        if self._transform is None:
            has_boxes = [len(self._actors(i)[0]) > 0 for i in range(len(self._table.time_sec))]
            if not any(has_boxes):
                raise InputError(
                    f"Nothing to evaluate in {self.annotations}: no keyframe of a readable video "
                    "has a box. Check the file, the excluded keyframes, the proposals and their "
                    "minimum score."
                )
            return np.flatnonzero(has_boxes)
        items = np.flatnonzero(np.diff(self._table.first) > 0)
        if not len(items):
            raise InputError(
                f"Nothing to learn from in {self.annotations}: no keyframe of a readable video has "
                f"an actor with one of the {len(self.class_ids)} classes of {self.label_map!r}. "
                "Check the ids of the label map and the excluded keyframes."
            )
        return items

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, item: int | EpochIndex) -> dict:
        """Return the clip of a keyframe.

        Args:
            item: index, or epoch and index, which seed the augmentation.

        Returns:
            'clip' (T, H, W, 3) uint8 RGB, 'boxes' (K, 4) float32 xyxy in its pixels, 'labels'
            (K, num_classes) float32 0 or 1, 'meta' ``ClipMeta``, and with ``tracks`` 'tracks'
            (K, T, 4) like the boxes. A clip that cannot be read is black with K = 0, with one
            warning per video.
        """
        epoch, index = item if isinstance(item, tuple) else (0, item)
        keyframe = self._items[index]
        video_id, time_sec = self.keyframe(index)
        boxes, labels, scores = self._actors(keyframe)
        ids = np.array(self.actor_ids(index)) if self._proposals is None else None
        rng = np.random.default_rng((self._seed, epoch, index))
        window = self._draw_window(rng)
        if self._tracks is not None:
            boxes = self._tracks.at(keyframe, time_sec + window.offsets_sec())
        try:
            raw = self.source.read(video_id, time_sec - self.start_sec, window)
            clip, in_clip, size = self._prepare(raw, boxes, rng)
        except InputError as error:
            self._warn_once(video_id, time_sec, error)
            boxes, labels, scores = boxes[:0], labels[:0], scores[:0]
            ids = None if ids is None else ids[:0]
            clip, in_clip, size = self._prepare(black_clip(window.num_frames), boxes, rng)
        found, tracks = {"clip": clip}, in_clip
        if self._tracks is not None:
            boxes, in_clip = (one[:, window.num_frames // 2] for one in (boxes, in_clip))
        keep = visible_boxes(in_clip) if self._transform is not None else slice(None)
        if self._tracks is not None:
            found["tracks"] = tracks[keep]
        ids = None if ids is None else ids[keep]
        return found | {
            "boxes": in_clip[keep],
            "labels": labels[keep],
            "meta": ClipMeta(video_id, time_sec, size, boxes[keep], scores[keep], ids),
        }

    def _draw_window(self, rng: np.random.Generator) -> Window:
        """Return the window of an item, with a random interval and jitter in training."""
        if self._transform is None:
            return self._window
        window = self._window
        if self._stretch:
            factor = np.exp(rng.uniform(-self._stretch, self._stretch))
            window = replace(window, interval_frames=window.interval_frames * factor)
        return window.jittered(rng)

    def _prepare(
        self, raw: RawClip, boxes: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
        """Return a clip, its boxes (given relative to the frame), its source's (width, height)."""
        frames, (height, width) = raw.frames, raw.frames[0].shape[:2]
        in_source = (boxes * [width, height, width, height]).astype(np.float32)
        if self._transform is not None:
            clip, in_clip = self._transform(frames, in_source, rng)
        else:
            size = clip_size(width, height, self._short_side_px)
            clip, in_clip = resize_clip(frames, in_source, size=size)
        return clip if len(clip) == len(raw.order) else clip[raw.order], in_clip, (width, height)

    def keyframe(self, item: int) -> tuple[str, float]:
        """Return the video id of an item and its time as annotated, seconds."""
        keyframe = self._items[item]
        video_id = self._table.videos[self._table.video[keyframe]]
        return video_id, float(self._table.time_sec[keyframe])

    def boxes(self, item: int) -> np.ndarray:
        """Return the boxes of an item, (K, 4) float64 xyxy relative to the frame."""
        return self._actors(self._items[item])[0]

    def actor_ids(self, item: int) -> list[int]:
        """Return the person ids of an item's annotated actors, in the order of its boxes."""
        keyframe = self._items[item]
        return self._table.person[slice(*self._table.first[keyframe : keyframe + 2])].tolist()

    def _actors(self, keyframe: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return boxes (K, 4) relative to the frame, labels (K, C), scores of the boxes (K,)."""
        mine = slice(*self._table.first[keyframe : keyframe + 2])
        boxes = self._table.boxes[mine]
        labels = self._table.labels[mine].astype(np.float32)
        if self._proposals is not None:
            video_id = self._table.videos[self._table.video[keyframe]]
            time_sec = self._table.time_sec[keyframe]
            if self._transform is None:
                found = self._proposals.at(video_id, time_sec)
                unknown = np.zeros((len(found.boxes), len(self.class_ids)), np.float32)
                return found.boxes, unknown, found.scores
            boxes, labels = self._proposals.add_to(
                boxes, labels, video_id=video_id, time_sec=time_sec
            )
        return boxes, labels, np.ones(len(boxes))

    def _warn(self, text: str) -> None:
        print_log(text, logger="current", level=logging.WARNING)

    def _warn_once(self, video_id: str, time_sec: float, error: InputError) -> None:
        if video_id not in self._warned:
            self._warned.add(video_id)
            text = f"{video_id} at {time_sec:g} s cannot be read and is skipped: {error}"
            self._warn(one_line(text))


def collate_clips(items: Sequence[dict]) -> dict:
    """Join items of ``AVADataset`` to a batch for ``ActionDetector``.

    Returns:
        'inputs' (N, T, H, W, 3) uint8, 'data_samples' N times ``ClipSample``.

    Raises:
        InputError: the clips have several shapes.
    """
    shapes = {item["clip"].shape for item in items}
    if len(shapes) > 1:
        raise InputError(
            f"The clips of a batch must have one shape, got {sorted(shapes)}. For videos of "
            "several shapes, evaluate with val_dataloader.batch_size=1."
        )
    samples = [
        ClipSample(
            torch.from_numpy(one["boxes"]),
            torch.from_numpy(one["labels"]),
            one["meta"],
            torch.from_numpy(one["tracks"]) if "tracks" in one else None,
        )
        for one in items
    ]
    # default_collate joins them in memory that the loader's processes share.
    clips = default_collate([torch.from_numpy(item["clip"]) for item in items])
    return {"inputs": clips, "data_samples": samples}
