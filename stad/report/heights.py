"""Compute the average precision of people of different heights in the frame."""

from __future__ import annotations

import numpy as np

from stad.evaluation.compare_ava import AvaComparison
from stad.evaluation.precision import average_precision

# Lower edges of the bins of box height, as fractions of the frame's height; the last bin is open.
HEIGHT_EDGES = (0.0, 0.2, 0.4, 0.6, 0.8)
# Maximum coordinate of boxes in fractions, which may exceed the frame; pixels are far above it.
MAX_FRACTION = 2.0


def has_fractions(compared: AvaComparison) -> bool:
    """Return whether boxes are fractions of the frame, not pixels."""
    boxes = compared.ground_truth.boxes
    return bool(len(boxes)) and float(np.abs(boxes).max()) <= MAX_FRACTION


class HeightBins:
    """Ground truth and detections by box height, each in one bin.

    Ground truth is in the bin of its height. A right detection is in the bin of its ground truth,
    and a wrong one in the bin of its own height. A wrong detection thus counts in one bin only,
    and a right one of slightly wrong height does not count as wrong in the next bin. The matching
    is that of the whole evaluation. Ground truth of excluded keyframes is not in any bin.

    Attributes:
        count: (H, C) int64 ground truth per bin and class.
    """

    def __init__(self, compared: AvaComparison) -> None:
        self._result = result = compared.result
        truth, found = compared.ground_truth, compared.detections
        truth_bin = _height_bin(truth.boxes)
        num_classes = len(result.class_ids)
        rows = result.evaluated_rows
        class_index = np.searchsorted(np.array(result.class_ids), truth.class_id[rows])
        flat = truth_bin[rows] * num_classes + class_index
        shape = (len(HEIGHT_EDGES), num_classes)
        self.count = np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape)
        self._bin = _height_bin(found.boxes)[result.detection_row]
        right = result.ground_truth_row >= 0
        self._bin[right] = truth_bin[result.ground_truth_row[right]]

    def average_precision(self) -> np.ndarray:
        """Return (H, C) float64, NaN without ground truth in a bin or a value for the class."""
        result, values = self._result, np.full(self.count.shape, np.nan)
        for index in np.flatnonzero(~np.isnan(result.ap)):
            mine = slice(*result.class_start[index : index + 2])
            right, bins = result.ground_truth_row[mine] >= 0, self._bin[mine]
            for place, count in enumerate(self.count[:, index].tolist()):
                values[place, index] = average_precision(right[bins == place], count)
        return values


def _height_bin(boxes: np.ndarray) -> np.ndarray:
    return np.digitize(boxes[:, 3] - boxes[:, 1], HEIGHT_EDGES[1:])
