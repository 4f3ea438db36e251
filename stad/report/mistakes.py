"""Find the worst mistakes of an AVA evaluation: confident false positives and misses."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stad.annotations.ava_table import AvaTable, labelled_boxes
from stad.annotations.label_maps import class_names
from stad.evaluation.ava_match import IOU_THRESHOLD
from stad.evaluation.compare_ava import AvaComparison
from stad.evaluation.matching import best_partner, overlapping_pairs
from stad.report.curves import best_f1
from stad.utils.boxes import box_iou, paired_box_iou
from stad.utils.numbers import rounded

# Minimum number of mistakes per class, and about the total number if there are few classes. The
# number is the same for all classes, so that a frequent one does not fill the lists.
MIN_PER_CLASS, ABOUT_IN_ALL = 3, 48
# The mistakes of a class are chosen from this many times their number, to cover several videos.
CHOICE = 20
# Minimum IoU of a wrong detection that is listed as a box that is off.
MIN_OFF_IOU = 0.1
BOX_DIGITS = 4


def mistakes_per_class(num_classes: int) -> int:
    """Return the number of mistakes of each kind that are kept for a class."""
    return max(MIN_PER_CLASS, ABOUT_IN_ALL // num_classes)


def find_mistakes(compared: AvaComparison) -> dict[str, list[dict]]:
    """Find the most confident mistakes of each class, from several videos if possible.

    The 'why' of a false positive is 'duplicate' (a detection of higher score found that person),
    'other_action' (there is a labelled person without this label), 'off' (a person with this
    label overlaps too little) or 'nobody' (there is no labelled person).

    Ground truth is missed if the detection of its class that overlaps it most, by 0.5 or more,
    scores below the threshold of the best F1, or if there is no such detection. Its 'why' is
    'low_score', or without such a detection 'other_action' (the person was found with other
    actions) or 'nobody' (there is no detection).

    Returns:
        'false_positives', highest score first, and 'misses', those without a score first, then
        lowest score first, then largest box first. Each has 'class' (place in the result's
        classes), 'video', 'time_sec', 'score' or None, 'box' (xyxy as written), 'why',
        'other_box' (of the person or the detection there) or None, and 'labels' (of the person
        there, or the wrong class of a missed person with its score).
    """
    lookup = _Lookup(compared)
    return {
        "false_positives": [lookup.false_positive(entry) for entry in lookup.confident_wrong()],
        "misses": [lookup.miss(*one) for one in lookup.confident_misses()],
    }


class _ByKeyframe(NamedTuple):
    """Rows grouped by keyframe: order[start[k]:start[k + 1]] are those of keyframe k."""

    order: np.ndarray
    start: np.ndarray

    @staticmethod
    def from_keys(key: np.ndarray, count: int) -> _ByKeyframe:
        """Group by keys from 0 to count - 1; rows of other keys are left out."""
        order = np.argsort(key, kind="stable")
        return _ByKeyframe(order, np.searchsorted(key[order], np.arange(count + 1)))

    def at(self, key: int) -> np.ndarray:
        """Return the rows of one keyframe; none for key -1."""
        return self.order[self.start[key] : self.start[key + 1]] if key >= 0 else self.order[:0]


class _Lookup:
    """Looks up ground truth and counted detections of an evaluation by keyframe.

    An *entry* is a place in the result's arrays of counted detections.
    """

    def __init__(self, compared: AvaComparison) -> None:
        self._truth, self._found = compared.ground_truth, compared.detections
        self._result = result = compared.result
        self._names = dict(enumerate(class_names("ava"), start=1))
        self._names |= zip(result.class_ids, result.class_names, strict=True)
        num_classes = len(result.class_ids)
        self._per_class = mistakes_per_class(num_classes)
        self._class_of_entry = np.repeat(np.arange(num_classes), np.diff(result.class_start))
        truth, found = labelled_boxes(self._truth, self._found)
        keys, self._truth_key = np.unique(truth.keyframe, return_inverse=True)
        key = found.keyframe[result.detection_row]
        place = np.searchsorted(keys, key)
        is_known = np.append(keys, -1)[place] == key
        self._found_key = np.where(is_known, place, -1)
        self._truth_at = _ByKeyframe.from_keys(self._truth_key, len(keys))
        # Entries are sorted by class and then by score, also within each keyframe.
        self._found_at = _ByKeyframe.from_keys(self._found_key, len(keys))

    def confident_wrong(self) -> list[int]:
        """Return wrong entries: the first ones of each class, by score."""
        result, chosen = self._result, []
        for begin, end in zip(result.class_start, result.class_start[1:], strict=False):
            wrong = begin + np.flatnonzero(result.ground_truth_row[begin:end] < 0)
            video = self._found.video[result.detection_row[wrong[: self._per_class * CHOICE]]]
            chosen += wrong[_varied(video, self._per_class)].tolist()
        return sorted(chosen, key=lambda entry: -result.score[entry])

    def confident_misses(self) -> list[tuple[int, int]]:
        """Return rows of ground truth and the entry of each, -1 for none."""
        result, rows = self._result, self._result.evaluated_rows
        entry, class_index = self._detections_of(rows), self._class_index(rows)
        score = np.append(result.score.astype(np.float64), -np.inf)[entry]
        boxes = self._truth.boxes[rows]
        order = np.lexsort((-(boxes[:, 2:] - boxes[:, :2]).prod(axis=1), score))
        order = order[(score < self._thresholds()[class_index])[order]]
        chosen = []
        for index in range(len(result.class_ids)):
            mine = order[class_index[order] == index][: self._per_class * CHOICE]
            chosen.append(mine[_varied(self._truth.video[rows[mine]], self._per_class)])
        kept = order[np.isin(order, np.concatenate(chosen))]
        return list(zip(rows[kept].tolist(), entry[kept].tolist(), strict=True))

    def _thresholds(self) -> np.ndarray:
        """Return (C,) the scores of the best F1; infinity for classes without detections."""
        best = [best_f1(self._result.curve(number)) for number in self._result.class_ids]
        return np.array([np.inf if one is None else one.threshold for one in best])

    def _class_index(self, rows: np.ndarray) -> np.ndarray:
        return np.searchsorted(np.array(self._result.class_ids), self._truth.class_id[rows])

    def _detections_of(self, rows: np.ndarray) -> np.ndarray:
        """Return (G,) the entry of its class that overlaps each ground truth most, or -1.

        The roles of the matching are swapped: each ground truth chooses a detection, and on a tie
        the one of the highest score.
        """
        num_classes, detection_row = len(self._result.class_ids), self._result.detection_row
        order = self._found_at.order[self._found_at.start[0] :]
        pairs = overlapping_pairs(
            self._truth_key[rows] * num_classes + self._class_index(rows),
            self._found_key[order] * num_classes + self._class_of_entry[order],
            overlap=lambda truth, entry: paired_box_iou(
                self._truth.boxes[rows[truth]],
                self._found.boxes[detection_row[order[entry]]],
            ),
            threshold=IOU_THRESHOLD,
        )
        partner = best_partner(pairs, len(rows), ground_truth_position=np.arange(len(order)))
        return np.append(order, -1)[partner]

    def false_positive(self, entry: int) -> dict:
        """Describe a wrong detection."""
        row, index = int(self._result.detection_row[entry]), int(self._class_of_entry[entry])
        box, near = self._found.boxes[row], self._truth_at.at(int(self._found_key[entry]))
        overlap = box_iou(box, self._truth.boxes[near])[0]
        same = self._truth.class_id[near] == self._result.class_ids[index]
        overlap_same = np.where(same, overlap, 0.0)
        why, person = "nobody", None
        for kind, values, min_iou in (
            ("duplicate", overlap_same, IOU_THRESHOLD),
            ("other_action", overlap, IOU_THRESHOLD),
            ("off", overlap_same, MIN_OFF_IOU),
        ):
            if values.max(initial=0.0) >= min_iou:
                why, person = kind, self._truth.boxes[near[values.argmax()]]
                break
        return {
            **_place(self._found, row),
            "class": index,
            "score": float(self._result.score[entry]),
            "box": rounded(box, BOX_DIGITS),
            "why": why,
            "other_box": None if person is None else rounded(person, BOX_DIGITS),
            "labels": [] if person is None else self._labels(near, person),
        }

    def miss(self, row: int, entry: int) -> dict:
        """Describe missed ground truth; ``entry`` is -1 without a detection."""
        result, box = self._result, self._truth.boxes[row]
        near = self._found_at.at(int(self._truth_key[row]))
        overlap = box_iou(box, self._found.boxes[result.detection_row[near]])[0]
        there = near[overlap >= IOU_THRESHOLD]
        best = int(there[result.score[there].argmax()]) if len(there) else -1
        shown, labels = entry if entry >= 0 else best, []
        if best >= 0 and best != entry:
            name = result.class_names[self._class_of_entry[best]]
            labels = [f"{name} {result.score[best]:.2f}"]
        other_box = None if shown < 0 else self._found.boxes[result.detection_row[shown]]
        return {
            **_place(self._truth, row),
            "class": int(self._class_index(np.array([row]))[0]),
            "score": None if entry < 0 else float(result.score[entry]),
            "box": rounded(box, BOX_DIGITS),
            "why": "low_score" if entry >= 0 else "other_action" if best >= 0 else "nobody",
            "other_box": None if other_box is None else rounded(other_box, BOX_DIGITS),
            "labels": labels,
        }

    def _labels(self, near: np.ndarray, person: np.ndarray) -> list[str]:
        """Return all labels of one person: those of the rows with exactly this box."""
        rows = near[(self._truth.boxes[near] == person).all(axis=1)]
        numbers = dict.fromkeys(self._truth.class_id[rows].tolist())
        return [self._names.get(number, f"class {number}") for number in numbers]


def _varied(video: np.ndarray, count: int) -> np.ndarray:
    """Choose ``count`` places, ascending: the first of each video before any second one.

    >>> _varied(np.array([7, 7, 8, 7]), 3).tolist()
    [0, 1, 2]
    >>> _varied(np.array([7, 7, 8, 7]), 2).tolist()
    [0, 2]
    """
    seen: dict[int, int] = {}
    turn = []
    for number in video.tolist():
        seen[number] = seen.get(number, 0) + 1
        turn.append(seen[number])
    return np.sort(np.argsort(np.array(turn, dtype=np.int64), kind="stable")[:count])


def _place(table: AvaTable, row: int) -> dict[str, str | float]:
    return {
        "video": table.videos[table.video[row]],
        "time_sec": float(table.time_sec[row]),
    }
