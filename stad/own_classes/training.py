"""Train the head: everything that is chosen or fitted is checked on sources that were left out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import torch

from stad.annotations.own.examples import POSITIVE, UNKNOWN
from stad.annotations.own.split import folds_of
from stad.evaluation.multilabel import class_aps, mean_of
from stad.models.heads.feature_head import FeatureHead
from stad.own_classes.calibration import (
    DEFAULT_THRESHOLD,
    MIN_SCALE,
    Calibration,
    best_thresholds,
    fit_calibration,
)
from stad.own_classes.example_set import ExampleSet
from stad.own_classes.linear import Projection, fit_linear, project

SEEDS = (0, 1, 2)
NUM_FOLDS = 5
# The largest first: each solution begins at the one before.
DECAYS = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003)
# Without sources to check on.
DEFAULT_DECAY = 0.1
MIN_DEVIATION = 1e-3
# Of an average precision near 1, whose variance few examples cannot tell.
MIN_VARIANCE = 0.01
MIN_PROBABILITY = 1e-6
# Of a class that no training example shows: a score of almost 0, whatever the logit.
ABSENT = Calibration(np.array(MIN_SCALE), np.array(-10.0))

Features = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class FittedModel:
    """A trained head, with its calibration and thresholds.

    Attributes:
        views: names of the views whose features it sees.
        head: in eval mode, calibrated.
        thresholds: (C,) score from which a class counts as there.
        calibration: that of ``head``.
        decay: of the weights.
        seeds: of the divisions into folds.
        seed_aps: mean average precision out of fold, by division.
        class_aps: (C,) average precision out of fold, mean over divisions; NaN where unknown.
        oof_rows: (M,) plain rows that were scored out of fold.
        oof_scores: (M, C) their calibrated scores, mean over divisions.
        tried: mean average precision out of fold of each combination of views that was tried.
        left_out: what a fold left out, 'sources' or 'videos' of one source.
    """

    views: tuple[str, ...]
    head: FeatureHead
    thresholds: np.ndarray
    calibration: Calibration
    decay: float
    seeds: tuple[int, ...]
    seed_aps: tuple[float, ...]
    class_aps: np.ndarray
    oof_rows: np.ndarray = field(repr=False)
    oof_scores: np.ndarray = field(repr=False)
    tried: Mapping[tuple[str, ...], float] = field(default_factory=dict)
    left_out: str = "sources"

    def scores(self, features: Features) -> np.ndarray:
        """Return (N, C) float64 calibrated probabilities of features by view."""
        with torch.inference_mode():
            logits = self.head(torch.from_numpy(join(features, self.views)))
        return logits.double().sigmoid().numpy()

    @property
    def mean_ap(self) -> float:
        """Mean average precision out of fold, mean over divisions; NaN without any."""
        return mean_of(self.seed_aps)

    @property
    def spread(self) -> float:
        """Standard deviation of ``seed_aps``; NaN without any."""
        known = [one for one in self.seed_aps if np.isfinite(one)]
        return float(np.std(known)) if known else float("nan")


def fit_model(
    examples: ExampleSet,
    rows: np.ndarray,
    *,
    views: Sequence[str] | None = None,
    checked: np.ndarray | None = None,
    seeds: Sequence[int] = SEEDS,
    log: Callable[[str], None] = lambda text: None,
) -> FittedModel:
    """Train on some rows; views, decay, calibration and thresholds come from out-of-fold scores.

    The sources of the rows are divided into folds, or the videos of a single source; each is
    scored by what was trained on the others. The head is then trained on all rows. With a single
    source the views are all there are; with a single video nothing can be checked, and the
    thresholds are ``DEFAULT_THRESHOLD``.

    Args:
        examples: with their features.
        rows: (M,) rows of the training sources, with variants.
        views: names of the views; None chooses by the mean average precision out of fold.
        checked: (N,) bool, of all rows of ``examples`` those that may be used to check, where the
            features of the others were made for them; None for all.
        seeds: of the divisions into folds.
        log: takes a line about the choice.
    """
    folds = [_folds(examples, rows, seed) for seed in seeds]
    candidates = combinations(list(examples.features)) if views is None else [tuple(views)]
    tried: dict[tuple[str, ...], float] = {}
    count = _num_positive(examples, rows)
    best: tuple[tuple[str, ...], _Prepared, float] | None = None
    # Videos of one source cannot choose: what knows the place again would look best on them.
    left_out = _left_out(examples, rows)
    for one in candidates if left_out == "sources" else candidates[-1:]:
        prepared = _Prepared.of(examples, rows, one, checked)
        decay, tried[one] = DEFAULT_DECAY, float("nan")
        if folds[0] is not None:
            decay, tried[one] = _choose_decay(prepared, folds[0])
        if best is None or tried[one] > tried[best[0]] + standard_error(tried[best[0]], count):
            best = (one, prepared, decay)
    assert best is not None
    chosen, prepared, decay = best
    if len(tried) > 1:
        others = ", ".join(f"{'+'.join(k)} {v:.2f}" for k, v in tried.items() if k != chosen)
        log(
            f"views     {'+'.join(chosen)}: mean average precision {tried[chosen]:.2f} on "
            f"{left_out} left out; {others}"
        )
    fitted = _finish(prepared, chosen, decay, folds, tuple(seeds), tried)
    return replace(fitted, left_out=left_out)


def standard_error(ap: float, num_positive: float) -> float:
    """Return the standard error of an average precision, as that of a fraction of positives.

    Of several choices, the first one within it is taken (Breiman et al., "Classification and
    Regression Trees", 1984, section 3.4.3): what is better by less is better by chance.

    >>> standard_error(0.9, 100.0)
    0.03
    """
    variance = max(ap * (1 - ap), MIN_VARIANCE) / max(num_positive, 1.0)
    return round(math.sqrt(variance), 6)


def _num_positive(examples: ExampleSet, rows: np.ndarray) -> float:
    """Return how many positive examples a class has among the rows, the mean of the classes."""
    plain = rows[examples.variants[rows] == 0]
    return float((examples.labels[plain] > 0).sum(axis=0).mean())


def combinations(views: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the combinations of views that are tried: one, the first with another, all.

    >>> combinations(("crop", "scene"))
    [('crop',), ('scene',), ('crop', 'scene')]
    """
    found: list[tuple[str, ...]] = [(one,) for one in views]
    found += [(views[0], one) for one in views[1:]]
    return list(dict.fromkeys([*found, tuple(views)]))


def join(features: Features, views: Sequence[str]) -> np.ndarray:
    """Return the features of views side by side, (N, F) float32."""
    return np.concatenate([features[one] for one in views], axis=1, dtype=np.float32)


class _Prepared(NamedTuple):
    """Rows of some views, ready to be fitted.

    Attributes:
        head: has their statistics.
        projection: their normalised features.
        labels: (M, C).
        plain: (P,) places of the rows that are no variants, and may be used to check.
        rows: (M,) of the examples.
    """

    head: FeatureHead
    projection: Projection
    labels: np.ndarray
    plain: np.ndarray
    rows: np.ndarray

    @classmethod
    def of(
        cls,
        examples: ExampleSet,
        rows: np.ndarray,
        views: Sequence[str],
        checked: np.ndarray | None,
    ) -> _Prepared:
        chosen = examples.of_views(views, rows)
        head = FeatureHead({k: one.shape[1] for k, one in chosen.items()}, len(examples.classes))
        features = torch.from_numpy(join(chosen, views))
        deviation, mean = torch.std_mean(features, dim=0, correction=0)
        head.set_statistics(mean, deviation + MIN_DEVIATION)
        normalised = head.eval().normalise(features).numpy()
        is_plain = examples.variants[rows] == 0
        plain = np.flatnonzero(is_plain if checked is None else is_plain & checked[rows])
        return cls(head, project(normalised), examples.labels[rows], plain, rows)

    def out_of_fold(self, folds: np.ndarray, decays: Sequence[float]) -> list[np.ndarray]:
        """Return the logits (P, C) of the plain rows for each decay, by fits to other folds."""
        x = self.projection.x
        found = [np.zeros((len(self.plain), self.labels.shape[1])) for _ in decays]
        for fold in np.unique(folds):
            train, held = folds != fold, folds[self.plain] == fold
            fitted = None
            for place, decay in enumerate(decays):
                fitted = fit_linear(x[train], self.labels[train], decay=decay, start=fitted)
                found[place][held] = fitted.logits(x[self.plain[held]])
        return found


def _left_out(examples: ExampleSet, rows: np.ndarray) -> str:
    """Return what is left out to check on: 'sources', or 'videos' of a single source."""
    return "sources" if len(np.unique(examples.sources[rows])) > 1 else "videos"


def _folds(examples: ExampleSet, rows: np.ndarray, seed: int) -> np.ndarray | None:
    """Return the fold of each row, (M,) int64; None with a single video."""
    names = getattr(examples, _left_out(examples, rows))
    amounts = examples.amounts(names, rows)
    if len(amounts) < 2:
        return None
    return folds_of(names[rows], amounts, min(NUM_FOLDS, len(amounts)), seed=seed)


def _choose_decay(prepared: _Prepared, folds: np.ndarray) -> tuple[float, float]:
    """Return the decay with the lowest calibrated log loss out of fold, and its mean AP."""
    truth = prepared.labels[prepared.plain]
    found = prepared.out_of_fold(folds, DECAYS)
    losses = [log_loss(fit_calibration(one, truth).apply(one), truth) for one in found]
    best = int(np.argmin(losses))
    return DECAYS[best], mean_of(class_aps(found[best], truth))


def log_loss(scores: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean over classes of the negative log likelihood of known labels.

    Args:
        scores: (N, C) float in [0, 1].
        labels: (N, C) 1, 0, or -1 for unknown.
    """
    p = np.where(labels == POSITIVE, scores, 1 - scores).clip(MIN_PROBABILITY)
    known = labels != UNKNOWN
    sums = -(np.log(p) * known).sum(axis=0) / known.sum(axis=0).clip(min=1)
    return float(sums[known.any(axis=0)].mean()) if known.any() else 0.0


def _without_absent(calibration: Calibration, labels: np.ndarray) -> Calibration:
    """Return a calibration in which classes without a positive row are never shown."""
    absent = ~(labels == POSITIVE).any(axis=0)
    scale, bias = (np.where(absent, *two) for two in zip(ABSENT, calibration, strict=True))
    return Calibration(scale, bias)


def _finish(
    prepared: _Prepared,
    views: tuple[str, ...],
    decay: float,
    folds: Sequence[np.ndarray | None],
    seeds: tuple[int, ...],
    tried: Mapping[tuple[str, ...], float],
) -> FittedModel:
    """Fit calibration and thresholds in each division, and the head to all rows."""
    head, truth = prepared.head, prepared.labels[prepared.plain]
    count = truth.shape[1]
    parts = []
    for one in folds:
        if one is not None:
            (logits,) = prepared.out_of_fold(one, [decay])
            calibration = fit_calibration(logits, truth)
            scores = calibration.apply(logits)
            parts.append((calibration, scores, best_thresholds(scores, truth)))
    fitted = fit_linear(prepared.projection.x, prepared.labels, decay=decay)
    whole = prepared.projection.whole(fitted)
    head.set_weights(*(torch.from_numpy(one).float() for one in (whole.weight.T, whole.bias)))
    calibration, thresholds = Calibration(np.ones(count), np.zeros(count)), None
    if parts:
        calibration = Calibration(*np.mean([one[0] for one in parts], axis=0))
        thresholds = np.median([one[2] for one in parts], axis=0)
    calibration = _without_absent(calibration, prepared.labels)
    head.calibrate(*(torch.from_numpy(one).float() for one in calibration))
    aps = np.array([class_aps(one[1], truth) for one in parts]).reshape(-1, count)
    return FittedModel(
        views=views,
        head=head.eval(),
        thresholds=np.full(count, DEFAULT_THRESHOLD) if thresholds is None else thresholds,
        calibration=calibration,
        decay=decay,
        seeds=seeds if parts else (),
        seed_aps=tuple(mean_of(one) for one in aps),
        class_aps=aps.mean(axis=0) if parts else np.full(count, np.nan),
        oof_rows=prepared.rows[prepared.plain] if parts else prepared.rows[:0],
        oof_scores=np.mean([p[1] for p in parts], axis=0) if parts else np.zeros((0, count)),
        tried=dict(tried),
    )
