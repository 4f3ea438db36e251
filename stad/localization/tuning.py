"""Fit the localizer's thresholds and times to a validation set, by segment-mAP."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from stad.annotations.segments import SegmentRows
from stad.errors import InputError
from stad.evaluation.items import Instances
from stad.evaluation.segments import segment_ap
from stad.localization.curve import average_curve
from stad.localization.curve_files import VideoCurves
from stad.localization.hysteresis import Hysteresis, Interval
from stad.localization.options import ClassOptions, LabelOptions, LocalizerOptions
from stad.utils.text import shown

# Maximum number of labels in a message.
SHOWN_LABELS = 5


@dataclass(frozen=True)
class Grid:
    """The values that are tried, in all combinations.

    Attributes:
        start_thresholds: in [0, 1].
        end_parts: the end threshold as a fraction of the start threshold, in [0, 1].
        join_gaps_sec, min_lengths_sec: seconds.
    """

    start_thresholds: tuple[float, ...] = tuple(np.linspace(0.05, 0.95, 19).round(2).tolist())
    end_parts: tuple[float, ...] = (1.0, 0.75, 0.5)
    join_gaps_sec: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0, 4.0)
    min_lengths_sec: tuple[float, ...] = (0.0, 0.25, 0.5, 1.0, 2.0)

    def candidates(self) -> np.ndarray:
        """Return (M, 4) start and end threshold, minimum length and joined gap."""
        rows = itertools.product(
            self.start_thresholds, self.end_parts, self.min_lengths_sec, self.join_gaps_sec
        )
        return np.array([(start, start * part, length, gap) for start, part, length, gap in rows])


@dataclass(frozen=True)
class Tuned:
    """The result of a search.

    Attributes:
        options: the best options.
        labels: the L annotated labels that were tuned.
        ap_before: (L,) float64 average precision with the options that the search began with.
        ap_after: (L,) float64 average precision with the best options.
        num_left: annotated labels that were not tuned, because the search was stopped.
    """

    options: LocalizerOptions
    labels: tuple[str, ...]
    ap_before: np.ndarray
    ap_after: np.ndarray
    num_left: int


def tune(
    curves: Sequence[VideoCurves],
    truth: SegmentRows,
    *,
    base: LocalizerOptions,
    stride_sec: float | None = None,
    grid: Grid | None = None,
    overlap: float = 0.5,
    per_label: bool = False,
    on_label: Callable[[int, int], bool] = lambda done, total: True,
) -> Tuned:
    """Search a grid of options for the best.

    Args:
        curves: curves of the validation videos; those without annotations count too.
        truth: the annotated segments.
        base: options to start from; its ``window_sec`` is kept, and None is 0 here.
        stride_sec: time between keyframes; None for the median of each video.
        grid: the values to try.
        overlap: minimum temporal IoU of a correct segment.
        per_label: whether every label may have its own options; else all share one set.
        on_label: called with the number of labels done and of all; False ends the search.

    Raises:
        InputError: no annotated label is one of the classes, or no label was tuned.
    """
    names = curves[0].class_names if curves else ()
    labels = [name for name in names if name in set(truth.label)]
    if not labels:
        raise InputError(
            "No annotated label is a class of the curves. The annotated labels are "
            f"{shown(sorted(set(truth.label)), limit=SHOWN_LABELS)}."
        )
    # Annotating would replace None by the window of its model, and average where this did not.
    base = replace(base, window_sec=base.window_sec or 0.0)
    candidates = (Grid() if grid is None else grid).candidates()
    table: list[np.ndarray] = []
    while len(table) < len(labels) and on_label(len(table), len(labels)):
        name = labels[len(table)]
        rows = np.vstack((base.of_label(name), candidates))
        found = _all_runs(curves, names.index(name), base=base, rows=rows, stride_sec=stride_sec)
        mine = truth.where([label == name for label in truth.label])
        table.append(
            _label_ap(found, mine, curves=curves, shortest_sec=rows[:, 2], overlap=overlap)
        )
    on_label(len(table), len(labels))
    if not table:
        raise InputError("The search was stopped before the first label was tuned. Start it again.")
    done, ap = labels[: len(table)], np.array(table)
    options, after = _choose(base, done, candidates=candidates, ap=ap, per_label=per_label)
    return Tuned(options, tuple(done), ap[:, 0], after, len(labels) - len(done))


def _all_runs(
    curves: Sequence[VideoCurves],
    place: int,
    *,
    base: LocalizerOptions,
    rows: np.ndarray,
    stride_sec: float | None,
) -> list[list[tuple[int, Interval]]]:
    """Return for each candidate the segments of one class, of any length, and their video's index.

    Candidates that differ only in the minimum length share their segments.
    """
    distinct, owner = np.unique(rows[:, [0, 1, 3]], axis=0, return_inverse=True)
    options = ClassOptions(distinct[:, 0], distinct[:, 1], np.zeros(len(distinct)), distinct[:, 2])
    shared: list[list[tuple[int, Interval]]] = [[] for _ in distinct]
    for video, one in enumerate(curves):
        if not len(one.times_sec):
            continue
        step_sec = stride_sec
        if step_sec is None:
            step_sec = float(np.median(np.diff(one.times_sec))) if len(one.times_sec) > 1 else 1.0
        averaged = average_curve(one.times_sec, one.scores[:, [place]], options=base)
        hysteresis = Hysteresis(options, step_sec)
        runs: list[Interval] = []
        # Every candidate is treated as a class of its own, with the same curve.
        for time_sec, value in zip(one.times_sec, averaged[:, 0], strict=True):
            runs += hysteresis.step(float(time_sec), np.full(len(distinct), value))
        for run in runs + hysteresis.finish():
            shared[run.class_index].append((video, run))
    return [shared[index] for index in owner.reshape(-1)]


def _label_ap(
    found: Sequence[Sequence[tuple[int, Interval]]],
    truth: SegmentRows,
    *,
    curves: Sequence[VideoCurves],
    shortest_sec: np.ndarray,
    overlap: float,
) -> np.ndarray:
    """Return the (M,) average precision of each candidate for the segments of one label."""
    videos = {one.video: index for index, one in enumerate(curves)}
    # Segments of videos without curves can still be missed.
    for other in truth.video:
        videos.setdefault(other, len(videos))
    there = Instances(
        np.array([videos[name] for name in truth.video]),
        np.zeros(len(truth.video), np.int64),
        truth.span,
    )
    result = np.zeros(len(found))
    for index, pairs in enumerate(found):
        kept = [
            (video, run)
            for video, run in pairs
            if run.end_sec - run.start_sec >= shortest_sec[index]
        ]
        items = Instances(
            np.array([video for video, _ in kept], np.int64),
            np.zeros(len(kept), np.int64),
            np.array([(run.start_sec, run.end_sec) for _, run in kept]).reshape(-1, 2),
            np.array([run.score for _, run in kept]),
        )
        result[index] = segment_ap(there, items, num_classes=1, threshold=overlap)[0]
    return result


def _choose(
    base: LocalizerOptions,
    labels: Sequence[str],
    *,
    candidates: np.ndarray,
    ap: np.ndarray,
    per_label: bool,
) -> tuple[LocalizerOptions, np.ndarray]:
    """Return the best options and their (L,) average precision.

    The options that the search began with stay where none is better. Of equal candidates, the
    middle one is taken: it is the farthest from worse ones.
    """
    best = _middle_of_best(ap[:, 1:].mean(axis=0))
    options, after = base, ap[:, 0]
    if ap[:, 1:].mean(axis=0)[best] > after.mean():
        own = LabelOptions(*candidates[best].tolist())
        options = replace(base, **vars(own), labels={})
        after = ap[:, 1 + best]
    if not per_label:
        return options, after
    own_labels, after = dict(options.labels), after.copy()
    for row, name in enumerate(labels):
        best = _middle_of_best(ap[row, 1:])
        if ap[row, 1 + best] > after[row]:
            own_labels[name] = LabelOptions(*candidates[best].tolist())
            after[row] = ap[row, 1 + best]
    return replace(options, labels=own_labels), after


def _middle_of_best(values: np.ndarray) -> int:
    best = np.flatnonzero(values >= values.max() - 1e-12)
    return int(best[len(best) // 2])
