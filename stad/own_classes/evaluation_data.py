"""Turn the evaluation of a folder into JSON values: all figures, and examples of mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np

from stad.annotations.own.examples import NEGATIVE, POSITIVE
from stad.evaluation.multilabel import ClassFigures, confusion_pairs
from stad.evaluation.posture_events import EventCounts
from stad.own_classes.evaluation import OwnEvaluation
from stad.utils.numbers import none_if_nan

FORMAT, VERSION = "stad-own-evaluation", 1
NONE_NAME = "none of them"
# Examples that are shown of each cell of the confusions; of what is right, fewer.
MISTAKES, RIGHT_ONES = 8, 4


def as_json(evaluation: OwnEvaluation, *, folder: str) -> dict[str, Any]:
    """Return all figures; those that are not defined are None.

    Args:
        evaluation: of the folder.
        folder: its name, as it is shown.
    """
    examples, tested = evaluation.examples, evaluation.tested
    plain = examples.variants == 0
    events = evaluation.events or [None] * len(examples.classes)
    return {
        "format": FORMAT,
        "version": VERSION,
        "folder": folder,
        "num_folds": evaluation.num_folds,
        "num_examples": int(plain.sum()),
        "num_videos": len(np.unique(examples.videos)),
        "num_sources": len(np.unique(examples.sources)),
        "whole_frame": examples.whole_frame,
        "views": [list(views) for views in tested.views],
        "mAP": none_if_nan(evaluation.mean_ap),
        "F1": none_if_nan(evaluation.mean_f1),
        "calibration_error": none_if_nan(evaluation.calibration_error),
        "classes": [
            _class_json(figures, counts, column)
            for figures, counts, column in zip(
                evaluation.figures, events, examples.labels[tested.rows].T, strict=True
            )
        ],
        "clips": _clips_json(evaluation),
        "names": [*examples.classes, NONE_NAME],
        "confusions": evaluation.confusions.tolist(),
        "curve": [
            {
                "fraction": point.fraction,
                "mAP": none_if_nan(point.mean_ap),
                "F1": none_if_nan(point.mean_f1),
                "clip_accuracy": point.clip_accuracy,
            }
            for point in evaluation.curve
        ],
        "advice": evaluation.advice(),
    }


def _class_json(
    figures: ClassFigures, events: EventCounts | None, labels: np.ndarray
) -> dict[str, Any]:
    """Return the figures of a class with (M,) labels; a class that is not tested has examples."""
    counts = figures.counts
    found: dict[str, Any] = {
        "name": figures.name,
        "AP": none_if_nan(figures.ap),
        "F1": none_if_nan(counts.f1),
        "precision": none_if_nan(counts.precision),
        "recall": none_if_nan(counts.recall),
        "positive": int((labels == POSITIVE).sum()),
        "negative": int((labels == NEGATIVE).sum()),
    }
    if events is not None:
        found |= {
            "events": events.annotated,
            "events_found": events.found,
            "events_false": events.false,
            "quiet_sec": events.quiet_sec,
            "false_per_hour": none_if_nan(events.false_per_hour),
        }
    return found


def _clips_json(evaluation: OwnEvaluation) -> dict[str, Any] | None:
    clips = evaluation.clips
    if clips is None:
        return None
    return {
        "number": len(clips.videos),
        "accuracy": clips.accuracy,
        "deviation": float(np.std(clips.accuracies)),
        "folds": clips.accuracies,
        "majority": clips.majority,
    }


def mistake_entries(evaluation: OwnEvaluation) -> dict[str, list[dict[str, Any]]]:
    """Return examples of each cell of the confusions, 'row,column', the most confident first.

    An example is the video, the time, the score of the class that is shown (of the one that is
    labelled where nothing is shown), and the box in source pixels.
    """
    examples, tested = evaluation.examples, evaluation.tested
    count = len(examples.classes)
    pairs = confusion_pairs(examples.labels[tested.rows], tested.decided)
    cells: dict[str, list[dict[str, Any]]] = {}
    for row, column in np.unique(pairs[:, 1:], axis=0).tolist():
        here = pairs[(pairs[:, 1] == row) & (pairs[:, 2] == column), 0]
        place = column if column < count else row
        score = tested.scores[here, place] if place < count else 1 - tested.scores[here].max(axis=1)
        # What is missed with the lowest score is missed most confidently.
        order = np.argsort(score if column == count != row else -score, kind="stable")
        limit = RIGHT_ONES if row == column else MISTAKES
        chosen = _varied(examples.videos[tested.rows[here]], order, limit)
        cells[f"{row},{column}"] = [
            {
                "video": str(examples.videos[tested.rows[here[one]]]),
                "time_sec": float(examples.times_sec[tested.rows[here[one]]]),
                "score": float(score[one]),
                "box": examples.boxes[tested.rows[here[one]]].tolist(),
            }
            for one in chosen
        ]
    return cells


def _varied(videos: np.ndarray, order: np.ndarray, limit: int) -> list[int]:
    """Return the first places in an order, those of videos that were not seen yet first."""
    seen: set[str] = set()
    first, later = [], []
    for place in order.tolist():
        (later if str(videos[place]) in seen else first).append(place)
        seen.add(str(videos[place]))
    return (first + later)[:limit]
