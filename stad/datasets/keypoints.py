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
from stad.datasets.skeleton_items import UNKNOWN, SyntheticOptions, make_items
from stad.errors import InputError
from stad.registry import DATASETS
from stad.structures import SkeletonSample
from stad.video.window import Window

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

    Real people hold few of the postures, and few of each. ``synthetic`` adds skeletons that are
    drawn at random; ``item_weights`` mixes both.

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
        synthetic: options of the synthetic skeletons, see ``SyntheticOptions``; None for none.
        seed: of the augmentation.

    Raises:
        InputError: no actor of the annotations is in the file, two of a keyframe have one person
            id, the file is not of this kind, or synthetic skeletons do not fit the label map.
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
        synthetic: Mapping | None = None,
        seed: int = 0,
    ) -> None:
        self.annotations, self.label_map = annotations, label_map
        self._videos, self._frames_fps = source["videos"], source.get("frames_fps")
        self.class_ids = tuple(classes_of(label_map))
        path = Path(keypoints)
        if not path.is_file():
            network = build_network(actor_crops, backbone, mean=mean, std=std)
            find_keypoints(path, {**source, "seed": seed}, network, variants=variants)
        self._arrays = read_keypoints(path)
        wanted = range(variants) if only is None else only
        self._rows, labels = self._choose_rows(self._read_labels(annotations), wanted)
        if not self._rows:
            raise InputError(
                f"{keypoints} contains no actor of {annotations}: it was made from other "
                "annotations. Delete it to make it again."
            )
        self.labels = np.stack(labels)
        self._num_real = len(self._rows)
        self._synthetic = None
        if synthetic is not None:
            self._add_synthetic(SyntheticOptions(**synthetic), source["window"], actor_crops)

    def _add_synthetic(
        self, options: SyntheticOptions, window: Mapping | Window, crops: dict
    ) -> None:
        names = list(classes_of(self.label_map).values())
        items = make_items(options, names, window=window, actor_crops=crops)
        self._synthetic = items
        # What real people hardly ever do is learnt from the synthetic ones alone: their own
        # keypoints must not tell the network that they never do it.
        variants = len(set(self._arrays["variant"][self._rows].tolist()))
        counts = self.labels.sum(axis=0) / variants
        rare = items.is_drawn & (counts < options.min_examples)
        self.labels[:, rare] = np.where(self.labels[:, rare] > 0, 1, UNKNOWN)
        self.labels = np.concatenate((self.labels, items.labels))
        self._real_ratio = options.real_ratio

    @property
    def item_weights(self) -> np.ndarray:
        """Weights of the items for sampling, (N,) float64 of sum 1.

        Each class and each video counts with the square root of its items; synthetic skeletons
        have their own share.
        """
        kinds = self.labels.argmax(axis=1)
        videos = self._arrays["video"][self._rows]
        real = _inverse_roots(kinds[: self._num_real]) * _inverse_roots(videos)
        real = real / real.sum()
        if self._synthetic is None:
            return real
        drawn = _inverse_roots(kinds[self._num_real :])
        shares = (self._real_ratio * real, (1 - self._real_ratio) * drawn / drawn.sum())
        return np.concatenate(shares)

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
        return (self.labels > 0).sum(axis=0, dtype=np.int64)

    @property
    def max_labels(self) -> int:
        """The largest number of classes that an actor has."""
        return int((self.labels > 0).sum(axis=1).max())

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
        return len(self.labels)

    def __getitem__(self, item) -> dict:
        """Return the keypoints and labels of one actor.

        Args:
            item: index, or epoch and index, see ``EpochIndex``.

        Returns:
            'maps' (C, T), 'regions' (T, 4), 'tracks' (T, 4), 'labels' (num_classes,), float32; a
            label is 0, 1 or, where it is unknown, -1.
        """
        index = item[1] if isinstance(item, tuple) else item
        labels = {"labels": self.labels[index].astype(np.float32)}
        if self._synthetic is not None and index >= self._num_real:
            return self._synthetic.item(index - self._num_real) | labels
        row = self._rows[index]
        return {key: self._arrays[key][row].astype(np.float32) for key in FOUND} | labels


def _inverse_roots(kinds: np.ndarray) -> np.ndarray:
    """Return for each item 1 / the square root of the number of items of its kind.

    >>> _inverse_roots(np.array([3, 3, 3, 3, 7])).tolist()
    [0.5, 0.5, 0.5, 0.5, 1.0]
    """
    _, which, counts = np.unique(kinds, return_inverse=True, return_counts=True)
    return 1 / np.sqrt(counts[which])


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
