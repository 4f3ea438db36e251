"""Collect what an ``ActionDetector`` predicts for keyframes, for metrics of boxes and of tubes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from stad.engine.gathering_metric import GatheringMetric


class ScoredKeyframe(NamedTuple):
    """One keyframe: its id, (K, 4) float64 boxes as in the annotations, (K, C) float32 scores."""

    video_id: str
    time_sec: float
    boxes: np.ndarray
    scores: np.ndarray


class KeyframeMetric(GatheringMetric):
    """A metric of keyframes; each counts once, even if a sampler repeats some."""

    def process(self, data_batch: object, data_samples: Sequence[dict]) -> None:
        """Collect what ``ActionDetector`` predicts: {'meta': ``ClipMeta``, 'scores': (K, C)}."""
        for one in data_samples:
            meta = one["meta"]
            self.results.append(
                ScoredKeyframe(meta.video_id, meta.time_sec, meta.boxes, one["scores"].numpy())
            )

    def without_repeats(self, results: Sequence[ScoredKeyframe]) -> list[ScoredKeyframe]:
        """Return one prediction per keyframe, ordered by video and time."""
        unique = {(one.video_id, one.time_sec): one for one in results}
        return [unique[key] for key in sorted(unique)]
