"""Give a keyframe the people that a detector found in it, for training or for evaluation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from stad.annotations.checks.boxes import check_boxes
from stad.annotations.checks.findings import settle
from stad.annotations.checks.rows import check_proposals, check_scores
from stad.annotations.keyframes import ActorTable
from stad.annotations.proposals import (
    NO_PROPOSALS,
    Proposals,
    add_positives,
    confident,
    keyframe_id,
    read_proposals,
)


class ProposedPeople:
    """The boxes of a file of proposals, checked against the annotations.

    Args:
        path: of the file, see ``stad.annotations.proposals``.
        table: the annotations.
        min_score, keep_best, min_iou: as for ``AVADataset``.
        warn: takes a text about what is wrong in the file.
    """

    def __init__(
        self,
        path: str,
        table: ActorTable,
        *,
        min_score: float,
        keep_best: bool,
        min_iou: float,
        warn: Callable[[str], None],
    ) -> None:
        self._min_score, self._keep_best, self._min_iou = min_score, keep_best, min_iou
        self._found = read_proposals(path)
        boxes = {key: one.boxes for key, one in self._found.items()}
        actors = np.split(table.boxes, table.first[1:-1])
        videos = [table.videos[index] for index in table.video.tolist()]
        keys = map(keyframe_id, videos, table.time_sec.tolist())
        truth = {key: one for key, one in zip(keys, actors, strict=True) if len(one)}
        rows = np.concatenate([np.zeros((0, 4)), *boxes.values()])
        scores = np.concatenate([np.zeros(0), *(one.scores for one in self._found.values())])
        findings = check_boxes(rows) + check_scores(scores)
        if truth:
            findings += check_proposals(truth, boxes)
        checked = settle(findings, name=path, num_rows=len(rows))
        if checked.warning:
            warn(checked.warning)

    def at(self, video_id: str, time_sec: float) -> Proposals:
        """Return the people of a keyframe who score high enough."""
        found = self._found.get(keyframe_id(video_id, time_sec), NO_PROPOSALS)
        return confident(found, self._min_score, keep_best=self._keep_best)

    def add_to(
        self, boxes: np.ndarray, labels: np.ndarray, *, video_id: str, time_sec: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Add those who match an annotated actor to the boxes and labels of a keyframe.

        Args:
            boxes: (K, 4) float64 xyxy, relative to the frame.
            labels: (K, C) float32.
            video_id: of the keyframe.
            time_sec: of the keyframe, seconds.
        """
        found = self.at(video_id, time_sec).boxes
        return add_positives(boxes, labels, found, min_iou=self._min_iou)
