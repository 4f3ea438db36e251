"""Measure how well postures of unseen people are recognised: folds and tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config

from stad.annotations import label_maps
from stad.datasets.keypoints import SkeletonDataset, collate_skeletons
from stad.engine.run import RunOptions, train
from stad.evaluation.classification import confusion_matrix
from stad.registry import DATASETS

# Classes that are compared; the others have too few examples of one person.
POSTURES = ("stand", "sit", "walk", "lie/sleep", "fall down")
# Name, training file, test file.
FOLDS = (
    ("subject 3", "without_subject3", "subject3"),
    ("subject 1", "without_subject1", "subject1"),
    ("vtest, second half", "first_half", "second_half"),
)
LOADER = "train_dataloader.dataset."


@dataclass(frozen=True)
class Fold:
    """The result on one held-out part.

    Attributes:
        name: of the part.
        confusion: (C, C) int64 keyframes of ``POSTURES``: rows are annotated, columns predicted.
        guess: fraction of keyframes with the most frequent posture of the training data.
    """

    name: str
    confusion: np.ndarray
    guess: float

    @property
    def accuracy(self) -> float:
        """The fraction of keyframes that are classified correctly."""
        return float(self.confusion.trace() / max(self.confusion.sum(), 1))


def measure_fold(config: str, data: Path, work_dir: Path, fold: tuple, *, still: bool) -> Fold:
    """Train on a fold's data and test on its held-out part.

    Args:
        config: of the model, with a ``SkeletonDataset`` to train on.
        data: folder of the data set.
        work_dir: of the run.
        fold: one of ``FOLDS``.
        still: whether motion is removed; see ``SkeletonDataset``.
    """
    name, training, testing = fold
    changes = paths_in(data, training) | {LOADER + "still": still}
    # An interval alone would still validate after the last epoch.
    changes["train_cfg.val_begin"] = 10**6
    runner = train(RunOptions(config, work_dir=work_dir, changes=changes))
    seen = np.stack(_open(runner.cfg).labels)
    held_out = _open(runner.cfg, annotations=str(data / f"{testing}.csv"), still=still)
    truth = np.stack(held_out.labels)
    scores = _scores(runner.model, held_out)
    columns = [label_maps.class_names("poses").index(posture) for posture in POSTURES]
    known = truth[:, columns].any(axis=1)
    actual = truth[known][:, columns].argmax(axis=1)
    confusion = confusion_matrix(scores[known][:, columns], actual)
    common = seen[:, columns].sum(axis=0).argmax()
    return Fold(name, confusion, float((actual == common).mean()))


def paths_in(data: Path, training: str) -> dict[str, object]:
    """Return changes of the config that take all files from the folder ``data``."""
    videos = str(data / "videos")
    return {
        LOADER + "annotations": str(data / f"{training}.csv"),
        LOADER + "keypoints": str(data / "keypoints.npz"),
        LOADER + "source.annotations": str(data / "train.csv"),
        LOADER + "source.videos": videos,
        "val_dataloader.dataset.annotations": str(data / "second_half.csv"),
        "val_dataloader.dataset.videos": videos,
    }


def _open(config: Config, **changes: object) -> SkeletonDataset:
    """Open a data set with each actor once, not augmented."""
    changes |= {"only": [0], "most_repeats": 1}
    return DATASETS.build({**config.train_dataloader.dataset, **changes})


@torch.inference_mode()
def _scores(model, dataset: SkeletonDataset) -> np.ndarray:
    batch = collate_skeletons([dataset[i] for i in range(len(dataset))])
    logits = torch.cat(model.eval()(**batch, mode="tensor"))
    return model.probabilities(logits).numpy()


def markdown(folds: Mapping[str, list[Fold]]) -> str:
    """Return the tables of the model card.

    Args:
        folds: by variant, such as 'three frames' and 'one frame', all in the same order.
    """
    variants = list(folds)
    lines = ["| held out | keyframes | commonest posture | " + " | ".join(variants) + " |"]
    lines.append("|---" * (3 + len(variants)) + "|")
    for same in zip(*folds.values(), strict=True):
        first = same[0]
        figures = " | ".join(f"{one.accuracy:.3f}" for one in same)
        lines.append(f"| {first.name} | {first.confusion.sum()} | {first.guess:.3f} | {figures} |")
    for fold in folds[variants[0]]:
        lines += ["", f"{fold.name} ({variants[0]}); rows are annotated, columns predicted:", ""]
        lines.append("| | " + " | ".join(POSTURES) + " | recall |")
        lines.append("|---" * (2 + len(POSTURES)) + "|")
        for posture, row in zip(POSTURES, fold.confusion, strict=True):
            right = row[POSTURES.index(posture)]
            recall = f"{right / row.sum():.2f}" if row.sum() else "-"
            lines.append(f"| {posture} | {' | '.join(map(str, row.tolist()))} | {recall} |")
    return "\n".join(lines)
