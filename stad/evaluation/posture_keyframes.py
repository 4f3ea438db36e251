"""Judge postures at single times: right, wrong, unsure or missed; and their calibration."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stad.evaluation.people_matching import match_people

# In place of a posture.
NOT_SURE, NO_BOX = -1, -2
NUM_BINS = 10


class FoundPeople(NamedTuple):
    """The people of F frames: A boxes, frame by frame.

    Attributes:
        time_sec: (F,) float64, ascending.
        first: (F + 1,) int64; boxes first[i] to first[i + 1] are in frame i.
        boxes: (A, 4) float64 xyxy as fractions of the frame.
        ids: (A,) int64 track ids.
        posture: (A,) int64 the posture that is shown, or ``NOT_SURE``.
        scores: (A, P) float64 of all postures, in [0, 1]; NaN where a person was not scored.
    """

    time_sec: np.ndarray
    first: np.ndarray
    boxes: np.ndarray
    ids: np.ndarray
    posture: np.ndarray
    scores: np.ndarray

    def rows_at(self, time_sec: float) -> np.ndarray:
        """Return the rows of the frame that is nearest to a time, (M,) int64."""
        frame = int(np.abs(self.time_sec - time_sec).argmin())
        return np.arange(self.first[frame], self.first[frame + 1])


class JudgedKeyframes(NamedTuple):
    """K annotated postures beside those that were predicted.

    Attributes:
        person: (K,) int64 who was annotated, any numbering.
        annotated: (K,) int64 posture.
        predicted: (K,) int64 posture that is shown, ``NOT_SURE`` or ``NO_BOX``.
        best: (K,) int64 posture with the highest score; ``NO_BOX`` without scores.
        score: (K,) float64 its score; NaN without scores.
        actor_id: (K,) int64 track of the person who was matched; -1 where the person was not found.
    """

    person: np.ndarray
    annotated: np.ndarray
    predicted: np.ndarray
    best: np.ndarray
    score: np.ndarray
    actor_id: np.ndarray


def judge_keyframes(
    time_sec: np.ndarray,
    person: np.ndarray,
    postures: np.ndarray,
    boxes: np.ndarray,
    *,
    found: FoundPeople,
) -> JudgedKeyframes:
    """Find each annotated person among the people of the nearest frame; see ``match_people``.

    A person in two postures counts for the first of them, and either one is right.

    Args:
        time_sec: (K,) float64.
        person: (K,) int64.
        postures: (K, P) bool, at least one of each row.
        boxes: (K, 4) float64, as in ``match_people``.
        found: in the same clip.
    """
    row = np.full(len(time_sec), -1, np.int64)
    for time in np.unique(time_sec):
        here = np.flatnonzero(time_sec == time)
        rows = found.rows_at(float(time))
        partner = match_people(boxes[here], found.boxes[rows])
        matched = partner >= 0
        row[here[matched]] = rows[partner[matched]]
    predicted, best = np.full(len(row), NO_BOX), np.full(len(row), NO_BOX)
    score, actor_id = np.full(len(row), np.nan), np.full(len(row), -1)
    there = row >= 0
    predicted[there], actor_id[there] = found.posture[row[there]], found.ids[row[there]]
    scores = found.scores[row[there]]
    is_scored = np.isfinite(scores).any(axis=1)
    scored = np.flatnonzero(there)[is_scored]
    best[scored] = np.nanargmax(scores[is_scored], axis=1)
    score[scored] = np.nanmax(scores[is_scored], axis=1)
    annotated = postures.argmax(axis=1)
    predicted = _as_first(predicted, postures, annotated)
    best = _as_first(best, postures, annotated)
    return JudgedKeyframes(np.asarray(person), annotated, predicted, best, score, actor_id)


def _as_first(chosen: np.ndarray, postures: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Return the first posture of a person in two instead of the other one, both are right."""
    is_right = (chosen >= 0) & postures[np.arange(len(chosen)), np.maximum(chosen, 0)]
    return np.where(is_right, first, chosen)


def posture_confusion(judged: JudgedKeyframes, *, num_postures: int) -> np.ndarray:
    """Count the keyframes of each posture (row) that are predicted as each (column).

    Returns:
        (P, P + 2) int64; the last columns are ``NOT_SURE`` and ``NO_BOX``.
    """
    columns = num_postures + 2
    column = np.where(judged.predicted < 0, num_postures - 1 - judged.predicted, judged.predicted)
    counts = np.bincount(judged.annotated * columns + column, minlength=num_postures * columns)
    return counts.reshape(num_postures, columns)


def calibration_error(scores: np.ndarray, right: np.ndarray, *, bins: int = NUM_BINS) -> float:
    """Return the expected calibration error: how far scores are from the fraction that is right.

    Scores are put into equal bins of [0, 1]; the difference of mean score and fraction right is
    averaged over the bins, weighted by their size (Guo et al., "On calibration of modern neural
    networks", ICML 2017, equation 3).

    Args:
        scores: (N,) in [0, 1].
        right: (N,) bool.
        bins: their number.

    Returns:
        in [0, 1]; NaN without scores.

    >>> round(calibration_error(np.array([0.9, 0.9, 0.55]), np.array([True, False, True])), 3)
    0.417
    """
    scores, right = np.asarray(scores, np.float64), np.asarray(right, bool)
    if not len(scores):
        return float("nan")
    place = np.minimum((scores * bins).astype(int), bins - 1)
    gap = np.bincount(place, weights=scores - right, minlength=bins)
    return float(np.abs(gap).sum() / len(scores))
