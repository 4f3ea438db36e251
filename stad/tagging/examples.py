"""Read the labelled videos of a folder of records into memory, a byte for each value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from stad.errors import InputError
from stad.models.feature_preprocessor import FeaturePreprocessor
from stad.tagging.figures import has_single_labels
from stad.tagging.pca import load_pca
from stad.tagging.shards import read_features
from stad.tagging.table import PCA, RecordsTable, read_table

MIN_VIDEOS = 4
# Of features in memory; a folder beyond is trained on with a config, which reads them from disk.
MAX_BYTES = 8 << 30


@dataclass(frozen=True)
class TagExamples:
    """Labelled videos.

    Attributes:
        ids: (N,) names.
        sources: (N,) what was filmed together.
        labels: (N, C) float32, 0 or 1.
        frames: N times (T, K) uint8.
        classes: names of the C classes.
        modalities: 'name' and 'channels' of what a vector is made of.
        eigenvalues: (K,) float32 of the PCA.
    """

    ids: np.ndarray
    sources: np.ndarray
    labels: np.ndarray
    frames: Sequence[np.ndarray]
    classes: tuple[str, ...]
    modalities: Sequence[dict[str, Any]]
    eigenvalues: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def is_single(self) -> bool:
        """True if no video has two classes."""
        return has_single_labels(self.labels)

    @property
    def amounts(self) -> dict[str, np.ndarray]:
        """Return for each source (C + 1,) videos of each class and of none."""
        rows = np.append(self.labels, self.labels.sum(axis=1, keepdims=True) == 0, axis=1)
        return {str(one): rows[self.sources == one].sum(axis=0) for one in np.unique(self.sources)}

    def part(self, rows: np.ndarray) -> TagExamples:
        """Return some of the videos."""
        return replace(
            self,
            ids=self.ids[rows],
            sources=self.sources[rows],
            labels=self.labels[rows],
            frames=[self.frames[one] for one in rows.tolist()],
        )


def load_tag_examples(
    path: str | Path, *, classes: Sequence[str] = ()
) -> tuple[TagExamples, RecordsTable]:
    """Read the labelled videos of a folder.

    Args:
        path: the folder, as stad features writes it.
        classes: names of the classes that are kept; () for all.

    Returns:
        The videos, and the table of the folder.

    Raises:
        InputError: the folder has too few labelled videos, a class does not exist, or a file
            cannot be used.
    """
    folder, table = Path(path), read_table(path)
    names = tuple(classes) or table.classes
    if unknown := [one for one in names if one not in table.classes]:
        known = ", ".join(table.classes) or "none"
        raise InputError(f"--classes: {path} has no class {unknown[0]!r}. It has {known}.")
    rows = [one for one in table.videos if one.labels is not None]
    if not names or len(rows) < MIN_VIDEOS:
        raise InputError(
            f"{path} has {len(rows)} labelled videos; {MIN_VIDEOS} or more are needed. Put videos "
            f"into folders of classes, or label them with 'stad label', and run stad features "
            "again: features that are there are kept."
        )
    size = sum(one.num_frames for one in rows) * table.num_channels
    if size > MAX_BYTES:
        raise InputError(
            f"{path} has {size / 2**30:.0f} GiB of features, more than fit into memory here. Train "
            "with a config that reads them from disk, such as configs/nextvlad_youtube8m.py."
        )
    features = read_features(folder, table, lambda one: one.labels is not None)
    labels = np.array([[name in (one.labels or ()) for name in names] for one in rows], np.float32)
    examples = TagExamples(
        ids=np.array([one.id for one in rows]),
        sources=np.array([one.source for one in rows]),
        labels=labels,
        frames=[features[one.id] for one in rows],
        classes=names,
        modalities=table.modalities,
        eigenvalues=load_pca(folder / PCA)[0].eigenvalues,
    )
    _check(examples, path)
    return examples, table


def _check(examples: TagExamples, path: str | Path) -> None:
    """Raise InputError if a class has no video, or all have it."""
    counts = examples.labels.sum(axis=0)
    for name, count in zip(examples.classes, counts.tolist(), strict=True):
        if not count or count == len(examples):
            what = "no video shows" if not count else "all videos show"
            advice = "Leave it out with --classes" if len(examples.classes) > 1 else "Add others"
            raise InputError(
                f"{path}: {what} {name!r}, so there is nothing to tell apart. {advice}, or label "
                "more videos."
            )


def batch_of(
    frames: Sequence[np.ndarray],
    preprocessor: FeaturePreprocessor,
    *,
    present: Sequence[bool] = (True,),
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return frames (N, T, D) float32 and mask (N, T, M) bool of N times (T_i, D) uint8.

    Args:
        frames: the features of M modalities side by side.
        preprocessor: of the model.
        present: which of the M modalities the videos have.
    """
    longest = max(len(one) for one in frames)
    inputs = np.zeros((len(frames), longest, frames[0].shape[1]), np.uint8)
    for row, one in zip(inputs, frames, strict=True):
        row[: len(one)] = one
    counts = [tuple(len(one) * is_there for is_there in present) for one in frames]
    return preprocessor.normalise(torch.from_numpy(inputs), counts)
