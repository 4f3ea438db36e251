"""Test taggers on sources that they were not trained on, beside mean pooling and a guess."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stad.annotations.own.split import folds_of
from stad.errors import InputError
from stad.tagging.examples import TagExamples
from stad.tagging.figures import TagFigures, class_table, decide, number, tag_figures
from stad.tagging.network import MEAN_POOLING, NEXTVLAD
from stad.tagging.training import TagTraining, fit_tagger, score_videos

MIN_SOURCES = 2
NUM_FOLDS, NUM_SEEDS = 5, 3
MAJORITY = "majority"


@dataclass(frozen=True)
class TestedTagger:
    """The out-of-fold scores of one kind of tagger in one division into folds.

    Attributes:
        scores: (N, C) float64, each by a tagger that had not seen the video's source.
        decided: (N, C) bool.
        figures: of them.
    """

    # pytest would take the name for that of a test.
    __test__ = False

    scores: np.ndarray
    decided: np.ndarray
    figures: TagFigures


@dataclass(frozen=True)
class TagEvaluation:
    """Taggers on sources left out.

    Attributes:
        examples: all videos.
        num_folds: of each division.
        tested: for each aggregator, and for the majority guess, one for each division.
    """

    examples: TagExamples
    num_folds: int
    tested: dict[str, list[TestedTagger]]

    def to_json(self) -> dict[str, Any]:
        """Return all figures as JSON values."""
        examples = self.examples
        first = self.tested[next(iter(self.tested))]
        return {
            "videos": len(examples),
            "sources": len(examples.amounts),
            "folds": self.num_folds,
            "divisions": len(first),
            "single_label": examples.is_single,
            "figures": {name: _summary(runs) for name, runs in self.tested.items()},
            "classes": {
                name: class_table(
                    examples.classes,
                    np.mean([one.scores for one in runs], axis=0),
                    examples.labels,
                    decided=runs[0].decided,
                )
                for name, runs in self.tested.items()
                if name != MAJORITY
            },
        }


def _summary(runs: Sequence[TestedTagger]) -> dict[str, Any]:
    """Return mean and deviation over the divisions."""
    columns = {
        "accuracy": [one.figures.accuracy for one in runs],
        "mAP": [one.figures.mean_ap for one in runs],
        "F1": [one.figures.mean_f1 for one in runs],
    }
    return {
        name: {"mean": number(float(np.mean(values))), "deviation": number(float(np.std(values)))}
        for name, values in columns.items()
    }


def choose_num_folds(examples: TagExamples, wanted: int = NUM_FOLDS) -> int:
    """Return how many folds there can be: as wanted, or as many as there are sources.

    Raises:
        InputError: there is one source only.
    """
    count = len(examples.amounts)
    if count < MIN_SOURCES:
        raise InputError(
            f"All labelled videos are of one source ({examples.sources[0]}), so there is nothing "
            "to test on. Add videos of another one, or say in sources.csv which were filmed "
            "separately, and run stad features again."
        )
    return min(wanted, count)


def evaluate_taggers(
    examples: TagExamples,
    options: TagTraining,
    *,
    aggregators: Sequence[str] = (NEXTVLAD, MEAN_POOLING),
    num_folds: int,
    num_seeds: int = NUM_SEEDS,
    on_fold: Callable[[], object] = lambda: None,
) -> TagEvaluation:
    """Train taggers on all sources but those of a fold, and score the fold; each fold once.

    Args:
        examples: of all sources.
        options: of the trainings; its aggregator is not used.
        aggregators: which are compared.
        num_folds: as ``choose_num_folds`` returns it.
        num_seeds: divisions into folds, each with weights of its own.
        on_fold: called after each training.
    """
    tested: dict[str, list[TestedTagger]] = {name: [] for name in (*aggregators, MAJORITY)}
    for seed in range(options.seed, options.seed + num_seeds):
        folds = folds_of(examples.sources, examples.amounts, num_folds, seed=seed)
        for name in aggregators:
            one = replace(options, aggregator=name, seed=seed)
            tested[name].append(_test(examples, folds, one, on_fold))
        tested[MAJORITY].append(_guess(examples, folds))
    return TagEvaluation(examples, num_folds, tested)


def _test(
    examples: TagExamples, folds: np.ndarray, options: TagTraining, on_fold: Callable[[], object]
) -> TestedTagger:
    scores = np.zeros(examples.labels.shape)
    thresholds = np.zeros(examples.labels.shape)
    for fold in np.unique(folds):
        rows = np.flatnonzero(folds == fold)
        fitted = fit_tagger(examples.part(np.flatnonzero(folds != fold)), options)
        logits = score_videos(fitted.model, examples.part(rows).frames)
        scores[rows], thresholds[rows] = logits.double().sigmoid().numpy(), fitted.thresholds
        on_fold()
    return _tested(examples, scores, decide(scores, thresholds, examples.labels))


def _guess(examples: TagExamples, folds: np.ndarray) -> TestedTagger:
    """Return the most frequent answer in the other folds for every video, whatever it shows."""
    scores = np.zeros(examples.labels.shape)
    decided = np.zeros(examples.labels.shape, bool)
    for fold in np.unique(folds):
        rows, labels = folds == fold, examples.labels[folds != fold]
        scores[rows] = labels.mean(axis=0)
        if examples.is_single:
            counts = np.append(labels.sum(axis=0), (labels.sum(axis=1) == 0).sum())
            decided[rows] = np.arange(labels.shape[1]) == counts.argmax()
        else:
            decided[rows] = labels.mean(axis=0) >= 0.5
    return _tested(examples, scores, decided)


def _tested(examples: TagExamples, scores: np.ndarray, decided: np.ndarray) -> TestedTagger:
    return TestedTagger(scores, decided, tag_figures(scores, examples.labels, decided=decided))
