"""Find class ids, repeated rows, scores and proposals that cannot be meant."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from stad.annotations.checks.boxes import PERCENT, ROUNDING
from stad.annotations.checks.findings import Finding
from stad.utils.boxes import box_iou
from stad.utils.text import shown

# Minimum fraction of wrong ids for which all of them are looked at.
FEW = 0.1
# Maximum number of classes in a message.
SHOWN_CLASSES = 5
# Maximum number of keyframes that proposals are compared on, and the overlap of a hit.
SAMPLED_KEYFRAMES = 2000
HIT_IOU = 0.5
# Below these fractions of hits, proposals are refused or doubtful.
FEW_HITS, LOW_HITS = 0.1, 0.5


def check_class_ids(
    class_id: np.ndarray,
    known: Collection[int],
    *,
    label_map: str,
    highest: int | None = None,
    may_be_many: bool = False,
) -> list[Finding]:
    """Find ids that are not possible, and ids that the label map does not name.

    A label map with gaps in its numbers selects classes: rows of the others are not wrong.

    Args:
        class_id: (N,) int64.
        known: the ids of the label map.
        label_map: its name, for messages.
        highest: the highest possible id; None takes it from a label map without gaps.
        may_be_many: whether rows of many more classes are normal, as in a model's detections.
    """
    ids, top = np.asarray(sorted(known)), max(known)
    if highest is None and top == len(ids):
        highest = top
    low = class_id < 1
    high = class_id > highest if highest is not None else np.zeros(len(class_id), bool)
    wrong = low | high
    range_text = f"the {len(ids)} of label map {label_map} are {ids[0]} to {top}"
    guess = _guess_ids(class_id, known=ids, highest=highest) if wrong.any() else ""
    if wrong.any() and not guess:
        guess = "Check that this is the label map of these annotations."
    are_many = bool(wrong.any()) and wrong.mean() >= FEW and not may_be_many
    finding = Finding(
        f"class ids outside of the label map ({_ids(class_id[wrong])}); {range_text}",
        np.flatnonzero(wrong),
        guess=guess,
        stops=are_many or guess.startswith("They"),
    )
    findings = [finding] if wrong.any() else []
    return findings + ([] if highest else _unlisted(class_id[~wrong], ids, label_map))


def _unlisted(class_id: np.ndarray, known: np.ndarray, label_map: str) -> list[Finding]:
    """Find rows of classes that a label map with gaps leaves out."""
    others = class_id[~np.isin(class_id, known)]
    what = f"of classes that label map {label_map} does not name ({_ids(others)})"
    return [Finding(what, count=len(others), drops=False)] if len(others) else []


def _ids(class_id: np.ndarray) -> str:
    return shown([str(one) for one in np.unique(class_id).tolist()], limit=SHOWN_CLASSES)


def _guess_ids(class_id: np.ndarray, *, known: np.ndarray, highest: int | None) -> str:
    """Guess by how much all ids are too low or high, as a sentence that begins with They."""
    low, high, top = int(class_id.min()), int(class_id.max()), highest or int(known[-1])
    if low == 0 and high < top:
        return "They look like ids that count from 0: AVA's begin with 1, so add 1 to all."
    # The range of few different ids is not conclusive.
    are_many = 2 * len(np.unique(class_id)) >= len(known)
    if are_many and low > 1 and top < high <= top + low - 1:
        text = f"They look too high by {high - top}: they run from {low} to {high}."
        return f"{text} Subtract it from all, or extend the label map."
    return ""


def find_repeats(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Return the rows that are equal to an earlier one.

    Args:
        columns: (N,) or (N, k) arrays; numbers are equal if all of their bits are.

    Returns:
        (K,) int64, ascending.
    """
    # One hash for each row: two different rows share it by chance in one of 2**64 cases.
    key = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        for values in np.atleast_2d(np.asarray(column, np.float64).T):
            # Adding zero turns -0.0 into 0.0.
            bits = np.ascontiguousarray(values + 0.0).view(np.uint64)
            key = (key ^ bits) * np.uint64(0x9E3779B97F4A7C15)
            key ^= key >> np.uint64(29)
    _, first = np.unique(key, return_index=True)
    return np.setdiff1d(np.arange(len(key)), first, assume_unique=True)


def check_repeats(columns: Sequence[np.ndarray], *, effect: str) -> list[Finding]:
    """Find rows that are equal to an earlier one; ``effect`` names what happens to them."""
    repeats = find_repeats(columns)
    # They are not a reason to refuse a file, so they do not count as wrong rows.
    finding = Finding(f"repeated rows; {effect}", count=len(repeats), drops=False)
    return [finding] if len(repeats) else []


def check_examples(counts: np.ndarray, class_names: Sequence[str], *, of: str) -> list[Finding]:
    """Find classes without any example.

    Args:
        counts: (C,) int, examples of each class.
        class_names: C names.
        of: their purpose, such as 'training'.
    """
    empty = [name for name, count in zip(class_names, counts.tolist(), strict=True) if not count]
    if not empty:
        return []
    guess = ""
    if len(class_names) - len(empty) == 1 < len(class_names):
        guess = "All examples are of one class, so there is nothing to learn."
    what = f"without an example for {of}: {shown(empty, limit=SHOWN_CLASSES)}"
    unit = f"of {len(class_names)} classes"
    return [Finding(what, count=len(empty), unit=unit, guess=guess, drops=False)]


def check_scores(score: np.ndarray) -> list[Finding]:
    """Find scores outside of [0, 1].

    Args:
        score: (N,) float64.
    """
    wrong = (score < -ROUNDING) | (score > 1 + ROUNDING)
    guess = ""
    if wrong.any() and 1 < score.max() <= PERCENT * (1 + ROUNDING) and score.min() >= 0:
        guess = "They look like percent (0 to 100): divide them by 100."
    finding = Finding("scores outside of [0, 1]", np.flatnonzero(wrong), guess=guess, drops=False)
    return [finding] if wrong.any() else []


def check_proposals(
    truth: Mapping[tuple, np.ndarray], found: Mapping[tuple, np.ndarray]
) -> list[Finding]:
    """Find proposals that do not match the annotated actors.

    Args:
        truth: keyframe -> (K, 4) annotated boxes, one or more keyframes.
        found: keyframe -> (P, 4) proposals.
    """
    keys = list(truth)
    matched = [key for key in keys if key in found]
    if not matched:
        example = (f"annotated {_keyframe(keys[0])}",)
        example += tuple(f"proposals {_keyframe(key)}" for key in list(found)[:1])
        what = f"of {len(keys)} annotated keyframes have no proposals"
        return [Finding(what, count=len(keys), unit="", examples=example, stops=True, drops=False)]
    step = max(1, len(matched) // SAMPLED_KEYFRAMES)
    best = np.concatenate([_best_overlaps(truth[key], found[key]) for key in matched[::step]])
    hits = float((best >= HIT_IOU).mean()) if len(best) else 1.0
    findings = []
    if hits < LOW_HITS:
        what = f"of {len(best)} annotated boxes overlap no proposal by an IoU of {HIT_IOU:g}"
        guess = "Check that they are x1, y1, x2, y2 as fractions of the frame, of the same times."
        missed = int((best < HIT_IOU).sum())
        stops = hits < FEW_HITS
        findings.append(Finding(what, count=missed, unit="", guess=guess, drops=False, stops=stops))
    if len(matched) < LOW_HITS * len(keys):
        missing = len(keys) - len(matched)
        what = f"of {len(keys)} annotated keyframes have no proposals"
        findings.append(Finding(what, count=missing, unit="", drops=False))
    return findings


def _best_overlaps(truth: np.ndarray, found: np.ndarray) -> np.ndarray:
    if not len(found):
        return np.zeros(len(truth))
    return box_iou(truth, found).max(axis=1)


def _keyframe(key: tuple) -> str:
    return f"{key[0]} at {key[1] / 1_000_000:g} s"
