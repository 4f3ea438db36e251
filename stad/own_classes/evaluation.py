"""Evaluate a folder of own classes: figures on sources that were not trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from stad.annotations.own.examples import POSITIVE, UNKNOWN
from stad.evaluation.multilabel import ClassFigures, class_figures, confusions, mean_of
from stad.evaluation.posture_events import EventCounts
from stad.evaluation.posture_keyframes import calibration_error
from stad.localization.options import LocalizerOptions
from stad.own_classes.clip_figures import ClipFigures, judge_clips
from stad.own_classes.cross_validation import Fit, TestedRows, cross_validate
from stad.own_classes.event_figures import judge_events
from stad.own_classes.example_set import ExampleSet

CURVE_FRACTIONS = (0.25, 0.5, 1.0)
# From half of the labels to all of them, a mean AP that rises by more says that more would help.
WORTHWHILE_GAIN = 0.02


@dataclass(frozen=True)
class CurvePoint:
    """A point of the learning curve.

    Attributes:
        fraction: of the sources that were trained on.
        mean_ap: over the classes.
        mean_f1: over the classes, at the fitted thresholds.
        clip_accuracy: mean over the folds; None without labels of whole clips.
    """

    fraction: float
    mean_ap: float
    mean_f1: float
    clip_accuracy: float | None


@dataclass(frozen=True)
class OwnEvaluation:
    """The figures of a folder.

    Attributes:
        examples: all of them.
        tested: scores of those that were tested.
        num_folds: trainings.
        figures: of each class.
        confusions: (C + 1, C + 1), see ``stad.evaluation.multilabel.confusions``.
        calibration_error: over all classes and known labels.
        clips: None without labels of whole clips.
        events: of each class; None where labels have no times.
        curve: points by fraction; () where it was not asked for.
    """

    examples: ExampleSet
    tested: TestedRows
    num_folds: int
    figures: list[ClassFigures]
    confusions: np.ndarray
    calibration_error: float
    clips: ClipFigures | None
    events: list[EventCounts] | None
    curve: tuple[CurvePoint, ...]

    @property
    def mean_ap(self) -> float:
        """Mean average precision over the classes."""
        return mean_of([one.ap for one in self.figures])

    @property
    def mean_f1(self) -> float:
        """Mean F1 over the classes, at the fitted thresholds."""
        return mean_of([one.counts.f1 for one in self.figures])

    def advice(self) -> str:
        """Return a sentence that says whether more labels would help; '' without a curve."""
        if len(self.curve) < 2:
            return ""
        before, last = self.curve[-2], self.curve[-1]
        gain = last.mean_ap - before.mean_ap
        change = f"from {before.fraction:.0%} to all of the labels, mAP went from "
        change += f"{before.mean_ap:.3f} to {last.mean_ap:.3f}"
        if gain > WORTHWHILE_GAIN:
            return f"More labels would help: {change}."
        return f"More labels of the same kind would help little: {change}."


def evaluate_examples(
    examples: ExampleSet,
    fit: Fit,
    *,
    num_folds: int,
    localizer: LocalizerOptions | None = None,
    fractions: Sequence[float] = CURVE_FRACTIONS,
    on_fold: Callable[[], object] = lambda: None,
) -> OwnEvaluation:
    """Train and test on folds of the sources, and compute all figures.

    Args:
        examples: with features.
        fit: trains a head on some rows.
        num_folds: as ``choose_num_folds`` returns it.
        localizer: how events are made of scores; None for the defaults.
        fractions: of the sources of each training, ascending; the last one is 1.
        on_fold: called after each training.
    """
    options = localizer or LocalizerOptions()
    curve, tested = [], None
    for fraction in fractions:
        tested = cross_validate(
            examples, fit, num_folds=num_folds, fraction=fraction, on_fold=on_fold
        )
        figures = _figures(examples, tested)
        clips = judge_clips(examples, tested)
        curve.append(
            CurvePoint(
                fraction,
                mean_of([one.ap for one in figures]),
                mean_of([one.counts.f1 for one in figures]),
                None if clips is None else clips.accuracy,
            )
        )
    assert tested is not None
    labels = examples.labels[tested.rows]
    known = labels >= 0
    return OwnEvaluation(
        examples=examples,
        tested=tested,
        num_folds=num_folds,
        figures=_figures(examples, tested),
        confusions=confusions(labels, tested.decided),
        calibration_error=calibration_error(tested.scores[known], labels[known] > 0),
        clips=judge_clips(examples, tested),
        events=judge_events(examples, tested, options),
        curve=tuple(curve) if len(fractions) > 1 else (),
    )


def untestable(examples: ExampleSet) -> list[str]:
    """Return the classes that one source only shows: where it is tested, they were not learnt."""
    return [
        name
        for column, name in enumerate(examples.classes)
        if len(np.unique(examples.sources[examples.labels[:, column] == POSITIVE])) == 1
    ]


def _figures(examples: ExampleSet, tested: TestedRows) -> list[ClassFigures]:
    """Return the figures of each class; NaN for those that cannot be tested."""
    labels = np.array(examples.labels[tested.rows])
    labels[:, np.isin(examples.classes, untestable(examples))] = UNKNOWN
    return class_figures(examples.classes, tested.scores, labels, decided=tested.decided)
