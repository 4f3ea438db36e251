"""Judge timed events: which were found, and how many false ones there are in an hour."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from stad.annotations.own.examples import POSITIVE, UNKNOWN
from stad.evaluation.posture_events import EventCounts, count_events
from stad.localization.curve import average_curve
from stad.localization.hysteresis import Hysteresis
from stad.localization.options import LocalizerOptions, class_options
from stad.own_classes.cross_validation import TestedRows
from stad.own_classes.example_set import ExampleSet

# An event may be found this much before it begins or after it ends.
TOLERANCE_SEC = 0.5


def judge_events(
    examples: ExampleSet, tested: TestedRows, options: LocalizerOptions
) -> list[EventCounts] | None:
    """Return the counts of each class; None where no label begins or ends within what is known.

    Segments are made of the scores as ``stad annotate`` does it, with the thresholds of each
    fold's head.

    Args:
        examples: that were tested.
        tested: scores of its rows.
        options: of the localizer; its thresholds are not used.
    """
    counts = [EventCounts() for _ in examples.classes]
    is_timed = False
    for own in _paths(examples, tested):
        times = examples.times_sec[tested.rows[own]]
        labels = examples.labels[tested.rows[own]]
        found = _segments(times, tested, own, options=options, step_sec=examples.step_sec)
        for place in range(len(examples.classes)):
            known = labels[:, place] != UNKNOWN
            there = labels[:, place] == POSITIVE
            is_timed |= bool(there.any() and (known & ~there).any())
            counts[place] += count_events(
                _spans(times, there, examples.step_sec),
                found[place],
                _spans(times, known, examples.step_sec),
                tolerance_sec=TOLERANCE_SEC,
            )
    return counts if is_timed else None


def _paths(examples: ExampleSet, tested: TestedRows) -> Iterator[np.ndarray]:
    """Yield the places among the tested rows of each person, or whole frame, by time."""
    keys = np.stack(
        (
            np.unique(examples.videos[tested.rows], return_inverse=True)[1],
            examples.tracks[tested.rows],
        )
    )
    _, owner = np.unique(keys, axis=1, return_inverse=True)
    order = np.lexsort((examples.times_sec[tested.rows], owner.reshape(-1)))
    yield from np.split(order, np.flatnonzero(np.diff(owner.reshape(-1)[order])) + 1)


def _segments(
    times_sec: np.ndarray,
    tested: TestedRows,
    own: np.ndarray,
    *,
    options: LocalizerOptions,
    step_sec: float,
) -> list[np.ndarray]:
    """Return the segments of each class, (S, 2) seconds each."""
    names = [str(place) for place in range(tested.scores.shape[1])]
    chosen = class_options(options, names)
    start = tested.thresholds[own[0]]
    ratio = chosen.end_threshold / np.maximum(chosen.start_threshold, 1e-9)
    chosen = chosen._replace(start_threshold=start, end_threshold=start * ratio)
    curve = average_curve(times_sec, tested.scores[own], options=options)
    hysteresis, runs = Hysteresis(chosen, step_sec), []
    for time_sec, values in zip(times_sec.tolist(), curve, strict=True):
        runs += hysteresis.step(time_sec, values)
    runs += hysteresis.finish()
    return [
        np.array([(one.start_sec, one.end_sec) for one in runs if one.class_index == place])
        for place in range(len(names))
    ]


def _spans(times_sec: np.ndarray, chosen: np.ndarray, step_sec: float) -> np.ndarray:
    """Return spans around the chosen times, those of neighbours joined, (S, 2) seconds.

    >>> times, chosen = np.array([0.5, 1.5, 2.5, 5.5]), np.array([True, True, False, True])
    >>> _spans(times, chosen, 1.0).tolist()
    [[0.0, 2.0], [5.0, 6.0]]
    """
    spans: list[list[float]] = []
    was_chosen = False
    for time_sec, is_chosen in zip(times_sec.tolist(), chosen.tolist(), strict=True):
        begin, end = time_sec - step_sec / 2, time_sec + step_sec / 2
        if is_chosen and was_chosen and begin - spans[-1][1] <= step_sec / 2:
            spans[-1][1] = end
        elif is_chosen:
            spans.append([begin, end])
        was_chosen = is_chosen
    return np.array(spans, np.float64).reshape(-1, 2)
