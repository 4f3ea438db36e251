"""Guess why detections do not match a ground truth: other ids, times or forms of boxes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from stad.annotations.checks.findings import Finding
from stad.annotations.checks.times import AVA_START_SEC, NEARLY_ALL
from stad.annotations.video_ids import guess_video_ids
from stad.utils.boxes import paired_box_iou

# Frame rates by which times may have been multiplied.
RATES = (30, 25, 24, 15, 10, 12, 20, 50, 60, 30000 / 1001, 24000 / 1001, 1000)
# Maximum numbers of detections, by descending score, and of pairs that are compared.
SAMPLED_ROWS, SAMPLED_PAIRS = 2000, 500_000
HIT_IOU = 0.5
# Maximum coordinate of fractions of the frame, some of them beyond its edge.
MAX_FRACTION = 1.5
# A guess is right if at least this fraction matches under it, and this many times more than before.
MIN_EXPLAINED, MIN_GAIN = 0.5, 2.0
MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Keys:
    """The video and the time of each row of a file.

    Attributes:
        videos: V names.
        video: (N,) int index in ``videos``.
        time_sec: (N,) float64.
    """

    videos: tuple[str, ...]
    video: np.ndarray
    time_sec: np.ndarray

    def shown(self, row: int) -> str:
        """Return the text of a row in messages."""
        return f"{self.videos[self.video[row]]!r} at {self.time_sec[row]:.10g} s"


def check_keys(truth: Keys, found: Keys, is_matched: np.ndarray) -> list[Finding]:
    """Find detections on keyframes that the ground truth does not name.

    Args:
        truth: all keyframes that the ground truth names, one or more.
        found: those of the detections.
        is_matched: (N,) bool, whether each detection is on such a keyframe.
    """
    missed = np.flatnonzero(~is_matched)
    if not len(missed):
        return []
    rows = Keys(found.videos, found.video[missed], found.time_sec[missed])
    none_matches = len(missed) == len(is_matched)
    what = f"of {len(is_matched)} detections match no keyframe of the ground truth"
    if none_matches:
        what = f"of {len(is_matched)} detections match a keyframe of the ground truth"
    guess = guess_keys(truth, rows)
    return [
        Finding(
            what,
            count=0 if none_matches else len(missed),
            unit="",
            guess=guess,
            examples=(f"the detections have {rows.shown(0)}, the ground truth {truth.shown(0)}",),
            drops=False,
            stops=none_matches or (bool(guess) and 2 * len(missed) > len(is_matched)),
        )
    ]


def guess_keys(truth: Keys, found: Keys) -> str:
    """Guess how the videos or times of detections are written, as a sentence or ''.

    Args:
        truth: keyframes of the ground truth.
        found: keyframes of detections that match none of them.
    """
    names = [found.videos[index] for index in np.unique(found.video)]
    unknown = [name for name in names if name not in set(truth.videos)]
    if 2 * len(unknown) > len(names):
        return guess_video_ids(unknown, truth.videos)
    number = {name: index for index, name in enumerate(truth.videos)}
    codes = np.array([number.get(name, -1) for name in found.videos])[found.video]
    known = {*_pairs(truth.video, truth.time_sec)}
    here = codes >= 0
    codes, time_sec = codes[here][:SAMPLED_ROWS], found.time_sec[here][:SAMPLED_ROWS]

    def fits(times: np.ndarray) -> bool:
        return _fits(_pairs(codes, times), known)

    for offset in (AVA_START_SEC, -AVA_START_SEC):
        if fits(time_sec + offset):
            way = "less" if offset > 0 else "more"
            return f"Their times are {AVA_START_SEC} s {way} than those of the ground truth."
    for rate in RATES:
        for begin in (0, AVA_START_SEC):
            if fits(time_sec / rate + begin):
                since = f", counted from {begin} s" if begin else ""
                name = "milliseconds" if rate == 1000 else f"numbers of frames, {rate:.5g} a second"
                return f"Their times look like {name}{since}: write seconds."
    same = truth.video == codes[0]
    offset = float(truth.time_sec[same].min() - time_sec[codes == codes[0]].min())
    if fits(time_sec + offset):
        way = "less" if offset > 0 else "more"
        return f"Their times are {abs(offset):g} s {way} than those of the ground truth."
    return ""


def _pairs(video: np.ndarray, time_sec: np.ndarray) -> list[tuple[int, int]]:
    microseconds = np.rint(time_sec * MICROSECONDS).astype(np.int64)
    return list(zip(video.tolist(), microseconds.tolist(), strict=True))


def _fits(pairs: Sequence[tuple[int, int]], known: set[tuple[int, int]]) -> bool:
    return sum(one in known for one in pairs) >= NEARLY_ALL * len(pairs)


@dataclass(frozen=True)
class Boxes:
    """Labelled boxes of keyframes.

    Attributes:
        key: (N,) int64 keyframes, with the same numbers for detections and ground truth.
        boxes: (N, 4) float64 xyxy as written.
        class_id: (N,) int.
        score: (N,) float64.
    """

    key: np.ndarray
    boxes: np.ndarray
    class_id: np.ndarray
    score: np.ndarray


def check_overlap(truth: Boxes, found: Boxes, *, also_classes: bool = True) -> list[Finding]:
    """Find that boxes or classes of detections have another form than the ground truth.

    Args:
        truth: the ground truth.
        found: the detections.
        also_classes: whether class ids may be shifted; False if classes are named.
    """
    rows, mate = pairs_of_rows(truth.key, found.key, score=found.score)
    sampled = len(np.unique(rows))
    if not sampled:
        return []
    theirs, boxes = truth.boxes[mate], found.boxes[rows]
    hit = {name: _is_hit(theirs, form(boxes)) for name, form in FORMS.items()}
    count = {name: len(np.unique(rows[one])) for name, one in hit.items()}
    best = max(count, key=lambda name: count[name])
    if _explains(count[best], count[AS_IT_IS], sampled):
        guess = f"Their boxes look like {best}: write x1, y1, x2, y2."
        return [_overlap_finding(count[AS_IT_IS], sampled, guess)]
    difference = truth.class_id[mate] - found.class_id[rows]
    shifted = {shift: rows[hit[AS_IT_IS] & (difference == shift)] for shift in (0, 1, -1)}
    of_class = {shift: len(np.unique(found_rows)) for shift, found_rows in shifted.items()}
    for shift, guess in SHIFTS.items() if also_classes else ():
        # Confusing one class with its neighbour is a mistake of a weak detector.
        is_general = len(np.unique(found.class_id[shifted[shift]])) > 1
        if is_general and _explains(of_class[shift], of_class[0], sampled):
            return [_overlap_finding(of_class[0], sampled, guess, also=" of its class")]
    if not count[AS_IT_IS]:
        guess = "Check that both are x1, y1, x2, y2, in the same unit, and of the same videos."
        what = f"of {sampled} detections overlap no annotated box by an IoU of {HIT_IOU:g}"
        return [Finding(what, count=sampled, unit="", guess=guess, drops=False)]
    return []


def _overlap_finding(hits: int, sampled: int, guess: str, *, also: str = "") -> Finding:
    what = f"of {sampled} detections overlap an annotated box{also} by an IoU of {HIT_IOU:g}"
    return Finding(what, count=hits, unit="", guess=guess, drops=False, stops=True)


def _explains(then: int, now: int, sampled: int) -> bool:
    """Return whether a guess is right: ``then`` rows match under it, ``now`` rows without."""
    return then >= MIN_EXPLAINED * sampled and then > MIN_GAIN * now


def pairs_of_rows(
    truth_key: np.ndarray, found_key: np.ndarray, *, score: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """List pairs of detections and ground truth of the same keyframe.

    Args:
        truth_key: (G,) int64.
        found_key: (N,) int64.
        score: (N,) float64; only pairs of the highest scores are listed.

    Returns:
        (P,) int64 rows of the detections and (P,) int64 rows of the ground truth.
    """
    order = np.argsort(truth_key, kind="stable")
    first = np.searchsorted(truth_key[order], found_key, side="left")
    count = np.searchsorted(truth_key[order], found_key, side="right") - first
    chosen = np.flatnonzero(count)
    chosen = chosen[np.argsort(-score[chosen], kind="stable")][:SAMPLED_ROWS]
    size = count[chosen]
    rows = np.repeat(chosen, size)[:SAMPLED_PAIRS]
    place = np.arange(len(rows)) - np.repeat(np.cumsum(size) - size, size)[:SAMPLED_PAIRS]
    return rows, order[first[rows] + place]


def _is_hit(truth: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Return (P,) bool, which pairs overlap enough; swapped boxes overlap nothing."""
    upright = (found[:, :2] < found[:, 2:]).all(axis=1) & (truth[:, :2] < truth[:, 2:]).all(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return upright & (paired_box_iou(truth, found) >= HIT_IOU)


AS_IT_IS = "x1, y1, x2, y2"
FORMS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    AS_IT_IS: lambda box: box,
    "y1, x1, y2, x2": lambda box: box[:, [1, 0, 3, 2]],
    "x, y, width, height": lambda box: np.hstack((box[:, :2], box[:, :2] + box[:, 2:])),
    "the centre, width and height": lambda box: np.hstack(
        (box[:, :2] - box[:, 2:] / 2, box[:, :2] + box[:, 2:] / 2)
    ),
    "x1, x2, y1, y2": lambda box: box[:, [0, 2, 1, 3]],
    "x2, y2, x1, y1": lambda box: box[:, [2, 3, 0, 1]],
}
SHIFTS = {
    1: "Their class ids are lower by 1 than those of the ground truth: they may count from 0.",
    -1: "Their class ids are higher by 1 than those of the ground truth, which may count from 0.",
}


def check_same_unit(truth: np.ndarray, found: np.ndarray) -> list[Finding]:
    """Find that boxes of detections and ground truth have different units.

    Args:
        truth: (N, 4) float64 boxes of the ground truth, as written.
        found: (M, 4) float64 boxes of the detections, as written.
    """
    sides = [np.abs(one).max(axis=1) <= MAX_FRACTION for one in (truth, found)]
    if not all(len(one) for one in sides):
        return []
    are_fractions = [bool(np.mean(one) > 0.5) for one in sides]
    if are_fractions[0] == are_fractions[1]:
        return []
    kinds = ["fractions of the frame" if one else "pixels" for one in are_fractions]
    what = f"have boxes up to {np.abs(found).max():.6g}, the ground truth up to "
    what += f"{np.abs(truth).max():.6g}"
    guess = f"The detections look like {kinds[1]}, the ground truth like {kinds[0]}: write both "
    guess += "in one unit."
    return [
        Finding(what, count=len(found), unit="detections", guess=guess, drops=False, stops=True)
    ]
