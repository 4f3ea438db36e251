"""Checks of class ids, times, repeated rows and proposals, as pure functions of arrays."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from stad.annotations.ava_cells import MAX_SEC
from stad.annotations.checks.boxes import PERCENT, ROUNDING
from stad.annotations.checks.findings import MOST, Finding, shown
from stad.utils.boxes import box_iou

# A time may lie by so much outside of a video: containers state their length roughly.
END_SEC = 0.5
# AVA annotates films from here on; cut copies of them begin here.
AVA_START_SEC = 900
# From this share of rows on, another reading of all of them is looked for.
FEW = 0.1
NEARLY_ALL = 0.9
# Numbers of frames reach well into the video: a film that is cut off is no reason to divide.
MIN_REACH = 0.2
# Where some times are right, so many others must be wrong before they tell what all count.
MIN_DIFFERENT = 4
# Classes that are named in a message.
SHOWN_CLASSES = 5
# Ground truth that proposals are compared with, and what counts as a hit.
SAMPLED_KEYFRAMES = 2000
HIT_IOU = 0.5
FEW_HITS, LOW_HITS = 0.1, 0.5


def check_class_ids(
    class_id: np.ndarray,
    known: Collection[int],
    *,
    label_map: str,
    highest: int | None = None,
    may_be_many: bool = False,
) -> list[Finding]:
    """Find ids that no label map can mean, and ids that this one does not name.

    A label map with gaps in its numbers selects classes: rows of the others are no fault.

    Args:
        class_id: (N,) int64.
        known: the ids of the label map.
        label_map: where they come from, for people.
        highest: the highest id that there is; None takes it from a label map without gaps.
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
        guess = "Is this the label map of these annotations?"
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
    """Rows of classes that a label map with gaps leaves out."""
    others = class_id[~np.isin(class_id, known)]
    what = f"of classes that label map {label_map} does not name ({_ids(others)})"
    return [Finding(what, count=len(others), drops=False)] if len(others) else []


def _ids(class_id: np.ndarray) -> str:
    return shown([str(one) for one in np.unique(class_id).tolist()], limit=SHOWN_CLASSES)


def _guess_ids(class_id: np.ndarray, *, known: np.ndarray, highest: int | None) -> str:
    """By how much all ids are too low or too high, as a sentence that begins with They."""
    low, high, top = int(class_id.min()), int(class_id.max()), highest or int(known[-1])
    if low == 0 and high < top:
        return "They look like ids that count from 0: AVA's begin with 1, so add 1 to all."
    # Of few different ids, their range tells nothing.
    are_many = 2 * len(np.unique(class_id)) >= len(known)
    if are_many and low > 1 and top < high <= top + low - 1:
        text = f"They look too high by {high - top}: they run from {low} to {high}."
        return f"{text} Subtract it from all, or extend the label map."
    return ""


def check_times(
    time_sec: np.ndarray,
    duration_sec: np.ndarray,
    fps: np.ndarray,
    *,
    start_sec: float,
    tolerance_sec: float = END_SEC,
) -> list[Finding]:
    """Find times outside of the videos, and guess what they count.

    Args:
        time_sec: (N,) float64 as written.
        duration_sec: (N,) float64 length of each row's video, NaN where unknown.
        fps: (N,) float64 frames per second of it.
        start_sec: what the annotations call the first moment of the videos.
        tolerance_sec: a time may lie by so much outside.
    """
    with np.errstate(invalid="ignore"):
        finite = (time_sec >= -tolerance_sec) & (time_sec < MAX_SEC)
    findings = [Finding("times that no video has, such as negative ones", np.flatnonzero(~finite))]
    known = finite & np.isfinite(duration_sec)
    before = known & (time_sec - start_sec < -tolerance_sec)
    after = known & (time_sec - start_sec > duration_sec + tolerance_sec)
    outside = before | after
    if not outside.any():
        return [one for one in findings if one.number]
    guess = ""
    if outside.sum() >= FEW * known.sum():
        columns = (time_sec[known], duration_sec[known], fps[known])
        guess = guess_times(*columns, start_sec=start_sec)
    longest = np.nanmax(np.where(outside, duration_sec, np.nan))
    since = f", which begin at {start_sec:g} s" if start_sec else ""
    what = {
        f"times before the start of the videos{since}": before,
        f"times after the end of the videos{since}; the longest of them has {longest:.1f} s": after,
    }
    for text, rows in what.items():
        findings.append(Finding(text, np.flatnonzero(rows), guess=guess, stops=bool(guess)))
    return [one for one in findings if one.number]


def guess_times(
    time_sec: np.ndarray, duration_sec: np.ndarray, fps: np.ndarray, *, start_sec: float
) -> str:
    """What times count that lie outside of their videos; a sentence or nothing.

    Args:
        time_sec, duration_sec, fps: (N,) as in ``check_times``, all known.
        start_sec: as there.
    """
    outside = ~_is_inside(time_sec - start_sec, duration_sec)
    # A film that is cut off loses a part of its rows, and another beginning would suit all.
    is_shifted = outside.mean() > MOST
    if is_shifted and start_sec and _most_fit(time_sec, duration_sec):
        return "They look like seconds from the start of the files: set start_sec to 0."
    shifted = time_sec - AVA_START_SEC
    if is_shifted and start_sec != AVA_START_SEC and _most_fit(shifted, duration_sec):
        return "They look like AVA's seconds, which begin at 900: set start_sec to 900."
    steps = {f"numbers of frames, at {_rate(fps)} a second": fps, "milliseconds": 1000.0}
    for name, step in steps.items():
        in_sec = time_sec / step
        # Only whole numbers count anything.
        if not np.array_equal(time_sec, np.rint(time_sec)) or not _most_fit(in_sec, duration_sec):
            continue
        if len(np.unique(time_sec[outside])) < MIN_DIFFERENT and not outside.all():
            continue
        if np.median(in_sec[outside] / duration_sec[outside]) >= MIN_REACH:
            by = "1000" if name == "milliseconds" else "the frame rate"
            return f"They look like {name}: divide them by {by}."
    return ""


def _rate(fps: np.ndarray) -> str:
    rates = np.unique(np.round(fps[np.isfinite(fps)], 3)).tolist()
    return f"{rates[0]:g}" if len(rates) == 1 else "the videos' rates"


def _most_fit(time_sec: np.ndarray, duration_sec: np.ndarray) -> bool:
    return bool(_is_inside(time_sec, duration_sec).mean() >= NEARLY_ALL)


def _is_inside(time_sec: np.ndarray, duration_sec: np.ndarray | float) -> np.ndarray:
    return (time_sec >= -END_SEC) & (time_sec <= duration_sec + END_SEC)


def find_repeats(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Rows that say the same as an earlier one.

    Args:
        columns: (N,) or (N, k) arrays; numbers are the same where all of their bits are.

    Returns:
        (K,) int64, ascending.
    """
    # One number for a row: two rows share theirs by chance in one of 2**64 cases.
    key = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        for values in np.atleast_2d(np.asarray(column, np.float64).T):
            # Minus zero is zero.
            bits = np.ascontiguousarray(values + 0.0).view(np.uint64)
            key = (key ^ bits) * np.uint64(0x9E3779B97F4A7C15)
            key ^= key >> np.uint64(29)
    _, first = np.unique(key, return_index=True)
    return np.setdiff1d(np.arange(len(key)), first, assume_unique=True)


def check_repeats(columns: Sequence[np.ndarray], *, effect: str) -> list[Finding]:
    """Find rows that say the same as an earlier one; ``effect`` says what becomes of them."""
    repeats = find_repeats(columns)
    # They are no reason to refuse a file, so they do not count as rows that are wrong.
    finding = Finding(f"repeated rows; {effect}", count=len(repeats), drops=False)
    return [finding] if len(repeats) else []


def check_examples(counts: np.ndarray, class_names: Sequence[str], *, of: str) -> list[Finding]:
    """Find classes without any example.

    Args:
        counts: (C,) int, examples of each class.
        class_names: C names.
        of: what they are examples for, such as 'training'.
    """
    empty = [name for name, count in zip(class_names, counts.tolist(), strict=True) if not count]
    if not empty:
        return []
    guess = ""
    if len(class_names) - len(empty) == 1 < len(class_names):
        guess = "All examples are of one class, so there is nothing to tell apart."
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
    """Find proposals that are not where the annotated actors are.

    Args:
        truth: keyframe -> (K, 4) annotated boxes, at least one keyframe.
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
        guess = "Are they x1, y1, x2, y2 as fractions of the frame, and of the same keyframes?"
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
