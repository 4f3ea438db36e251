"""Keypoints of labelled actors, found once and kept: what a ``SkeletonHead`` learns from."""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from mmengine.logging import print_log
from torch.utils.data import Dataset, default_collate
from tqdm import tqdm

from stad.annotations.keyframes import group_actors
from stad.datasets.ava import AVADataset, classes_of, open_source
from stad.datasets.checked_table import read_checked
from stad.errors import InputError
from stad.models.preprocessor import ClipPreprocessor
from stad.registry import DATASETS, MODELS
from stad.structures import SkeletonSample
from stad.utils.files import partial_file
from stad.zoo.needs import supply_files

ARRAYS = ("maps", "regions", "tracks", "video", "time_sec", "person", "variant")
# A keyframe is known by its time to a tenth of a millisecond.
TIME_STEPS = 10_000


@DATASETS.register_module()
class SkeletonDataset(Dataset):
    """One item per labelled actor and variant of the augmentation.

    Finding keypoints costs far more than learning from them, and the network that finds them
    is frozen: they are found for ``variants`` augmentations of every clip, and kept in a file.

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
        most_repeats: actors of rare postures come so often at most, as it takes to make all
            postures equally frequent; 1 takes everybody once. A posture is the first class that
            an actor has.
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
        if not Path(keypoints).is_file():
            modules = (
                MODELS.build(actor_crops),
                supply_files(MODELS.build(backbone)),
                ClipPreprocessor(mean, std),
            )
            find_keypoints(Path(keypoints), {**source, "seed": seed}, modules, variants=variants)
        self._arrays = read_keypoints(Path(keypoints))
        labels = self._labels_of(annotations)
        wanted = range(variants) if only is None else only
        actors = zip(*(self._arrays[key].tolist() for key in ARRAYS[3:]), strict=True)
        self._rows: list[int] = []
        self.labels: list[np.ndarray] = []
        for row, (video, time, person, variant) in enumerate(actors):
            label = labels.get((video, round(time * TIME_STEPS), person))
            if label is not None and variant in wanted:
                self._rows.append(row)
                self.labels.append(label)
        if not self._rows:
            raise InputError(
                f"no actor of {annotations} is in {keypoints}: it was made from other "
                "annotations; delete it to make it anew"
            )
        self.max_labels = int(max(one.sum() for one in self.labels))
        if most_repeats > 1:
            order = repeated([int(one.argmax()) for one in self.labels], most_repeats)
            self._rows = [self._rows[i] for i in order]
            self.labels = [self.labels[i] for i in order]

    @property
    def metainfo(self) -> dict:
        """As that of ``AVADataset``."""
        classes = classes_of(self.label_map)
        return {
            "annotations": str(self.annotations),
            "label_map": str(self.label_map),
            "class_ids": list(classes),
            "classes": list(classes.values()),
        }

    @property
    def video_keys(self) -> frozenset[str]:
        """As that of ``AVADataset``."""
        source = open_source(self._videos, frames_fps=self._frames_fps)
        names = {str(self._arrays["video"][row]) for row in self._rows}
        return frozenset(str((source.find(name) or Path(name)).resolve()) for name in names)

    @property
    def example_counts(self) -> np.ndarray:
        """(C,) int64, the actors of each class."""
        return np.sum(self.labels, axis=0).astype(np.int64)

    def _labels_of(self, annotations: str) -> dict[tuple[str, int, int], np.ndarray]:
        checked = read_checked(
            annotations, classes=classes_of(self.label_map), label_map=str(self.label_map)
        )
        if checked.warning:
            print_log(checked.warning, logger="current", level=logging.WARNING)
        table = group_actors(checked.table, class_ids=self.class_ids)
        keyframe = np.repeat(np.arange(len(table.time_sec)), np.diff(table.first))
        keys = zip(
            (table.videos[i] for i in table.video[keyframe]),
            np.rint(table.time_sec[keyframe] * TIME_STEPS).astype(int).tolist(),
            table.person.tolist(),
            strict=True,
        )
        found: dict[tuple[str, int, int], np.ndarray] = {}
        for key, labels in zip(keys, table.labels.astype(np.float32), strict=True):
            if key in found:
                raise InputError(
                    f"{annotations}: two boxes of {key[0]} at {key[1] / TIME_STEPS:g} s have the "
                    f"person id {key[2]}: give each person an id, in the eighth column"
                )
            found[key] = labels
        return found

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, item) -> dict:
        """Keypoints and labels of one actor; an index, or an epoch and an index."""
        index = item[1] if isinstance(item, tuple) else item
        row = self._rows[index]
        found = {key: self._arrays[key][row].astype(np.float32) for key in ARRAYS[:3]}
        if self._still:
            axes = {"maps": 1, "regions": 0, "tracks": 0}
            found = {key: _only_middle(found[key], axis) for key, axis in axes.items()}
        return found | {"labels": self.labels[index]}


def repeated(kinds: Sequence[int], most: int) -> list[int]:
    """Indices in which every kind comes about equally often, none more than ``most`` times.

    >>> repeated([0, 0, 0, 0, 1], 3)
    [0, 1, 2, 3, 4, 4, 4]
    """
    counts = np.bincount(kinds)
    times = np.minimum(counts.max() / counts.clip(min=1), most).round().astype(int)
    return [i for i, kind in enumerate(kinds) for _ in range(times[kind])]


def _only_middle(values: np.ndarray, axis: int) -> np.ndarray:
    """The middle frame in the place of all."""
    count = values.shape[axis]
    return values.take([count // 2] * count, axis=axis)


def collate_skeletons(items: Sequence[dict]) -> dict:
    """Instances of ``SkeletonDataset`` as a batch for an ``ActionDetector``.

    Returns:
        'inputs' (M, C, T, 1, 1) float32, 'data_samples' M times ``SkeletonSample``.
    """
    batch = default_collate(list(items))
    samples = zip(batch["regions"], batch["tracks"], batch["labels"], strict=True)
    return {
        "inputs": batch["maps"][..., None, None],
        "data_samples": [SkeletonSample(*one) for one in samples],
    }


def find_keypoints(path: Path, source: Mapping, modules: tuple, *, variants: int) -> None:
    """Find the keypoints of all actors of a data set and write them; see ``SkeletonDataset``.

    Args:
        path: the npz; its folder is made if need be.
        source: config of the data set.
        modules: the crops, the backbone and the preprocessor.
        variants: how often each clip is augmented, the clip as it is counted in.
    """
    moved: AVADataset = DATASETS.build(dict(source))
    still: AVADataset = DATASETS.build({**source, "transform": None})
    rows: list[dict] = []
    with tqdm(total=len(still) * variants, unit="clip", desc="keypoints") as bar:
        # Clip by clip: neighbours in a video share what the decoder holds.
        for index in range(len(still)):
            for variant in range(variants):
                item = moved[(variant, index)] if variant else still[index]
                rows += _actors_of(item, still.actor_ids(index), modules, variant)
                bar.update()
    arrays = {key: np.stack([row[key] for row in rows]) for key in ARRAYS}
    path.parent.mkdir(parents=True, exist_ok=True)
    with partial_file(path) as part, part.open("wb") as file:
        np.savez_compressed(file, **arrays)


@torch.inference_mode()
def _actors_of(item: dict, persons: Sequence[int], modules: tuple, variant: int) -> list[dict]:
    crops, backbone, preprocessor = modules
    if len(item["tracks"]) != len(persons):
        # Augmentation has moved somebody out of the picture.
        return []
    clip = preprocessor.normalise(torch.from_numpy(item["clip"])[None])
    cut = crops(clip, [torch.from_numpy(item["tracks"])])
    maps = backbone(cut.clips, cut.tracks)[0][..., 0, 0].numpy()
    meta = item["meta"]
    return [
        {
            "maps": maps[i].astype(np.float32),
            "regions": cut.regions[i].numpy(),
            "tracks": cut.tracks[i].numpy(),
            "video": np.str_(meta.video_id),
            "time_sec": np.float64(meta.time_sec),
            "person": np.int64(person),
            "variant": np.int64(variant),
        }
        for i, person in enumerate(persons)
    ]


def read_keypoints(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a file of ``find_keypoints``.

    Raises:
        InputError: it is none.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return {key: file[key] for key in ARRAYS}
    except (OSError, EOFError, TypeError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} holds no keypoints ({error}): delete it to make it") from error
