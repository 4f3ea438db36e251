"""Define the rules in which published AVA evaluations differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stad.errors import InputError


@dataclass(frozen=True)
class Protocol:
    """The rules of an AVA evaluation.

    Attributes:
        capacity: maximum number of entries of a keyframe; 0 for no limit.
        min_score: detections must score above it.
        decimals: boxes and scores of detections are rounded to these; -1 for no rounding.
        single_precision: boxes and scores are compared as float32.
        order: order of the entries of one keyframe: 'heap', 'score' or 'file'.
        empty_keyframes: detections count on keyframes without evaluated ground truth.
        unknown_keyframes: detections count on keyframes that the ground truth does not name.
        undetected_ap: average precision of a class with ground truth and no detection.
        counts_excluded: ground truth of excluded keyframes counts as missed.
        drops_degenerate: detections without area are dropped, not wrong.
    """

    capacity: int = 0
    min_score: float = -np.inf
    decimals: int = -1
    single_precision: bool = False
    order: str = "file"
    empty_keyframes: bool = True
    unknown_keyframes: bool = False
    undetected_ap: float = 0.0
    counts_excluded: bool = False
    drops_degenerate: bool = True


PROTOCOLS = {
    "official": Protocol(capacity=50, order="heap"),
    "mmaction2": Protocol(
        min_score=0.002,
        decimals=4,
        single_precision=True,
        order="score",
        empty_keyframes=False,
        undetected_ap=np.nan,
        counts_excluded=True,
        drops_degenerate=False,
    ),
    # PySlowFast does not check which keyframes are annotated: detections elsewhere are wrong.
    "pyslowfast": Protocol(unknown_keyframes=True),
}


class InvalidBoxError(InputError):
    """A box that cannot be evaluated.

    Attributes:
        reason: what is wrong, without the row.
        row: its index in the input columns.
        of_ground_truth: whether it is in the ground truth.
    """

    def __init__(self, reason: str, *, row: int, of_ground_truth: bool) -> None:
        what = "ground truth" if of_ground_truth else "detections"
        super().__init__(f"Row {row} (from 0) of the {what}: {reason}")
        self.reason = reason
        self.row = row
        self.of_ground_truth = of_ground_truth
