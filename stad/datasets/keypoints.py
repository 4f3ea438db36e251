"""Keypoints of labelled actors and their labels: what a ``SkeletonHead`` learns from."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
from mmengine.logging import print_log
from torch.utils.data import Dataset, default_collate

from stad.annotations.keyframes import group_actors
from stad.datasets.checked_table import read_checked
from stad.datasets.inputs import classes_of, open_source
from stad.datasets.keypoint_file import FOUND, KEYS, read_keypoints
from stad.datasets.keypoint_finding import build_network, find_keypoints
from stad.errors import InputError
from stad.registry import DATASETS
from stad.structures import SkeletonSample

# Times are compared to a tenth of a millisecond.
STEPS_PER_SEC = 10_000

# The video, the time in steps and the person id of an actor in a keyframe.
ActorKey = tuple[str, int, int]


@DATASETS.register_module()
class SkeletonDataset(Dataset):
    """One item per labelled actor and variant of the augmentation.

    Finding keypoints costs far more than learning from them, and the network that finds them
    is frozen. So they are found once, for ``variants`` augmentations of every clip, and kept in
    a file; see ``keypoint_finding``.

    Args:
        keypoints: the file, npz; made on first use, with a progress bar.
        source: config of an ``AVADataset`` with tracks and a transform, which the file is made
            from; the actors of all splits.
        annotations: AVA CSV of the actors to take out of it, and of their labels.
        label_map: of the annotations.
        actor_crops, backbone: configs, as of the ``ActionDetector`` that will run.
        mean, std: as of its ``ClipPreprocessor``.
        variants: augmentations of each clip; variant 0 is the clip as it is.
        only: take these variants; None for all.
        most_repeats: actors of rare postures are repeated until all postures are equally
            frequent, but at most this number of times; 1 takes every actor once. A posture is
            the first class that an actor has.
        still: repeat the middle frame, which shows what a model knows without motion.
        seed: of the augmentation.

    Raises:
        InputError: no actor of the annotations is in the file, two of a keyframe have one person
            id, or the file is not of this kind.
    """

    def __init__(
        self,
        keypoints: str,
        source: dict,
        *,
        annotations: str,
        label_map: str,
        actor_crops: dict,
        backbone: dict,
        mean: Sequence[float],
        std: Sequence[float],
        variants: int = 5,
        only: Sequence[int] | None = None,
        most_repeats: int = 1,
        still: bool = False,
        seed: int = 0,
    ) -> None:
        self.annotations, self.label_map, self._still = annotations, label_map, still
        self._videos, self._frames_fps = source["videos"], source.get("frames_fps")
        self.class_ids = tuple(classes_of(label_map))
        path = Path(keypoints)
        if not path.is_file():
            network = build_network(actor_crops, backbone, mean=mean, std=std)
            find_keypoints(path, {**source, "seed": seed}, network, variants=variants)
        self._arrays = read_keypoints(path)
        wanted = range(variants) if only is None else only
        self._rows, self.labels = self._choose_rows(self._read_labels(annotations), wanted)
        if not self._rows:
            raise InputError(
                f"{keypoints} contains no actor of {annotations}: it was made from other "
                "annotations. Delete it to make it again."
            )
        self.max_labels = int(max(one.sum() for one in self.labels))
        if most_repeats > 1:
            order = repeated([int(one.argmax()) for one in self.labels], most_repeats)
            self._rows = [self._rows[i] for i in order]
            self.labels = [self.labels[i] for i in order]

    @property
    def metainfo(self) -> dict:
        """The same as of ``AVADataset``."""
        classes = classes_of(self.label_map)
        return {
            "annotations": str(self.annotations),
            "label_map": str(self.label_map),
            "class_ids": list(classes),
            "classes": list(classes.values()),
        }

    @property
    def video_keys(self) -> frozenset[str]:
        """The same as of ``AVADataset``."""
        source = open_source(self._videos, frames_fps=self._frames_fps)
        names = {str(self._arrays["video"][row]) for row in self._rows}
        return frozenset(str((source.find(name) or Path(name)).resolve()) for name in names)

    @property
    def example_counts(self) -> np.ndarray:
        """The number of actors of each class, (C,) int64."""
        return np.sum(self.labels, axis=0).astype(np.int64)

    def _choose_rows(
        self, labels: Mapping[ActorKey, np.ndarray], variants: Collection[int]
    ) -> tuple[list[int], list[np.ndarray]]:
        """Return the rows of the file that have labels, and these, (C,) float32 each."""
        rows, found = [], []
        actors = zip(*(self._arrays[key].tolist() for key in KEYS), strict=True)
        for row, (video, time_sec, person, variant) in enumerate(actors):
            label = labels.get((video, round(time_sec * STEPS_PER_SEC), person))
            if label is not None and variant in variants:
                rows.append(row)
                found.append(label)
        return rows, found

    def _read_labels(self, annotations: str) -> dict[ActorKey, np.ndarray]:
        checked = read_checked(
            annotations, classes=classes_of(self.label_map), label_map=str(self.label_map)
        )
        if checked.warning:
            print_log(checked.warning, logger="current", level=logging.WARNING)
        table = group_actors(checked.table, class_ids=self.class_ids)
        keyframe = np.repeat(np.arange(len(table.time_sec)), np.diff(table.first))
        keys = zip(
            (table.videos[i] for i in table.video[keyframe]),
            np.rint(table.time_sec[keyframe] * STEPS_PER_SEC).astype(int).tolist(),
            table.person.tolist(),
            strict=True,
        )
        found: dict[ActorKey, np.ndarray] = {}
        labels = table.labels.astype(np.float32)
        for row, key in enumerate(keys):
            if key in found:
                raise InputError(
                    f"{annotations}: two boxes of {key[0]} at {key[1] / STEPS_PER_SEC:g} s have "
                    f"the person id {key[2]}. Give each person an id, in the eighth column."
                )
            found[key] = labels[row]
        return found

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, item) -> dict:
        """Return the keypoints and labels of one actor.

        Args:
            item: index, or epoch and index, see ``EpochIndex``.

        Returns:
            'maps' (C, T), 'regions' (T, 4), 'tracks' (T, 4), 'labels' (num_classes,), float32.
        """
        index = item[1] if isinstance(item, tuple) else item
        row = self._rows[index]
        found = {key: self._arrays[key][row].astype(np.float32) for key in FOUND}
        if self._still:
            axes = {"maps": 1, "regions": 0, "tracks": 0}
            found = {key: _only_middle(found[key], axis) for key, axis in axes.items()}
        return found | {"labels": self.labels[index]}


def repeated(kinds: Sequence[int], max_times: int) -> list[int]:
    """Return indices with which every kind is about equally frequent.

    Args:
        kinds: of each item.
        max_times: how often an index is repeated, at most.

    >>> repeated([0, 0, 0, 0, 1], 3)
    [0, 1, 2, 3, 4, 4, 4]
    """
    counts = np.bincount(kinds)
    times = np.minimum(counts.max() / counts.clip(min=1), max_times).round().astype(int)
    return [i for i, kind in enumerate(kinds) for _ in range(times[kind])]


def _only_middle(values: np.ndarray, axis: int) -> np.ndarray:
    """Replace all frames by the middle one."""
    count = values.shape[axis]
    return values.take([count // 2] * count, axis=axis)


def collate_skeletons(items: Sequence[dict]) -> dict:
    """Join items of ``SkeletonDataset`` to a batch for an ``ActionDetector``.

    Returns:
        'inputs' (M, C, T, 1, 1) float32, 'data_samples' M times ``SkeletonSample``.
    """
    batch = default_collate(list(items))
    samples = zip(batch["regions"], batch["tracks"], batch["labels"], strict=True)
    return {
        "inputs": batch["maps"][..., None, None],
        "data_samples": [SkeletonSample(*one) for one in samples],
    }
