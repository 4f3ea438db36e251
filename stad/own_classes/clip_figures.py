"""Judge whole clips: which class each one shows, and how often that is right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stad.annotations.own.examples import POSITIVE
from stad.evaluation.multilabel import best_class
from stad.own_classes.cross_validation import TestedRows
from stad.own_classes.example_set import ExampleSet


@dataclass(frozen=True)
class ClipFigures:
    """Clips with one label each, and what was said of them.

    Attributes:
        videos: (V,) str names.
        folds: (V,) int64 fold in which each was tested.
        labelled: (V,) int64 class, or C for none of them.
        said: (V,) int64 class that is farthest above its threshold, or C.
        scores: (V, C) float64 means over the windows of the clip.
        majority: in [0, 1], accuracy of always saying what is the most frequent.
    """

    videos: np.ndarray
    folds: np.ndarray
    labelled: np.ndarray
    said: np.ndarray
    scores: np.ndarray
    majority: float

    @property
    def accuracies(self) -> list[float]:
        """Accuracy of each fold, in [0, 1]."""
        right = self.labelled == self.said
        return [float(right[self.folds == fold].mean()) for fold in np.unique(self.folds)]

    @property
    def accuracy(self) -> float:
        """Mean of the folds' accuracies."""
        return float(np.mean(self.accuracies))


def judge_clips(examples: ExampleSet, tested: TestedRows) -> ClipFigures | None:
    """Return the figures of whole clips; None unless each video shows one thing all along.

    Args:
        examples: that were tested.
        tested: scores of its rows.
    """
    if not examples.whole_frame:
        return None
    count = len(examples.classes)
    videos, place = np.unique(examples.videos[tested.rows], return_inverse=True)
    is_there = examples.labels[tested.rows] == POSITIVE
    label = np.where(is_there.any(axis=1), is_there.argmax(axis=1), count)
    labelled = np.zeros(len(videos), np.int64)
    for video in range(len(videos)):
        own = np.flatnonzero(place == video)
        if len(np.unique(label[own])) > 1 or (is_there[own].sum(axis=1) > 1).any():
            return None
        labelled[video] = label[own[0]]
    weight = 1 / np.bincount(place)
    scores, thresholds = (
        np.stack([np.bincount(place, one) * weight for one in values.T], axis=1)
        for values in (tested.scores, tested.thresholds)
    )
    folds = np.zeros(len(videos), np.int64)
    folds[place] = tested.folds
    most = np.bincount(labelled, minlength=count + 1).max()
    said = best_class(scores, thresholds)
    return ClipFigures(videos, folds, labelled, said, scores, float(most / len(videos)))
