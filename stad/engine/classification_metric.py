"""Wrap accuracy (``stad.evaluation.classification``) for mmengine's evaluator."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from stad.annotations.csv_rows import csv_text
from stad.engine.gathering_metric import GatheringMetric
from stad.errors import InputError
from stad.evaluation.classification import (
    average_views,
    class_accuracies,
    mean_class_accuracy,
    top_k_accuracy,
)
from stad.registry import METRICS
from stad.utils.files import write_whole


class _Scored(NamedTuple):
    """One view of a video: its id, its number, its class or -1, (C,) float32 scores."""

    video_id: str
    view: int
    label: int
    scores: np.ndarray


class VideoScores(NamedTuple):
    """The predictions for each video.

    Attributes:
        videos: (N,) names.
        labels: (N,) int64 classes, from 0.
        scores: (N, C) float64, the mean over the views of a video.
    """

    videos: np.ndarray
    labels: np.ndarray
    scores: np.ndarray


@METRICS.register_module()
class AccuracyMetric(GatheringMetric):
    """Top-k and mean class accuracy of videos, with the scores of their views averaged.

    With several processes each view counts once, even if a sampler repeats some. Views that could
    not be read do not count, nor do videos without a readable view.

    Args:
        topk: the values of k.
        out: CSV file for the predictions: video, label, predicted, score.

    Attributes:
        result: the last evaluation, on the first process only.
    """

    per_class_name = "accuracy"

    def __init__(self, *, topk: Sequence[int] = (1, 5), out: str | None = None) -> None:
        super().__init__("accuracy")
        self._topk, self._out = tuple(topk), out
        self.result: VideoScores | None = None

    def process(self, data_batch: object, data_samples: Sequence[dict]) -> None:
        """Collect what ``Recognizer`` predicts: {'meta': ``VideoMeta``, 'scores': (C,)}."""
        for one in data_samples:
            meta = one["meta"]
            scores = one["scores"].numpy()
            self.results.append(_Scored(meta.video_id, meta.view, meta.label, scores))

    def without_repeats(self, results: Sequence[_Scored]) -> list[_Scored]:
        """Return each view once, ordered by video and number.

        Raises:
            InputError: views of one video have different labels.
        """
        unique: dict[tuple[str, int], _Scored] = {}
        label_of: dict[str, int] = {}
        for one in results:
            if one.label >= 0 and label_of.setdefault(one.video_id, one.label) != one.label:
                raise InputError(
                    f"{one.video_id} is evaluated with the classes {label_of[one.video_id]} and "
                    f"{one.label} (counted from 0). Give each video one class."
                )
            unique[one.video_id, one.view] = one
        return [unique[key] for key in sorted(unique)]

    def compute_metrics(self, results: list[_Scored]) -> dict[str, float]:
        """Return {'top1': in [0, 1] ..., 'mean_class': in [0, 1], 'videos': number that count}.

        If some videos could not be read, 'unreadable' is their number.
        """
        self.result = self._join(results)
        labels, scores = self.result.labels, self.result.scores
        metrics = {f"top{k}": top_k_accuracy(scores, labels, k) for k in self._topk}
        metrics["mean_class"] = mean_class_accuracy(scores, labels)
        metrics["videos"] = len(labels)
        if unreadable := len({one.video_id for one in results}) - len(labels):
            metrics["unreadable"] = unreadable
        if self._out is not None:
            write_whole(self._out, self._csv_text(self.result))
        return metrics

    def _join(self, results: list[_Scored]) -> VideoScores:
        known = [one for one in results if one.label >= 0]
        label_of = {one.video_id: one.label for one in known}
        scores = np.zeros((0, len(self.meta["classes"])))
        if not known:
            return VideoScores(np.zeros(0, dtype=str), np.zeros(0, dtype=np.int64), scores)
        videos, scores = average_views(
            np.array([one.video_id for one in known]), np.stack([one.scores for one in known])
        )
        labels = np.array([label_of[name] for name in videos.tolist()], dtype=np.int64)
        return VideoScores(videos, labels, scores)

    def _csv_text(self, result: VideoScores) -> str:
        names = self.meta["classes"]
        rows: list[tuple[str, ...]] = [("video", "label", "predicted", "score")]
        columns = (result.videos.tolist(), result.labels.tolist())
        for video, label, scores in zip(*columns, result.scores, strict=True):
            best = int(scores.argmax())
            rows.append((video, names[label], names[best], f"{scores[best]:.6g}"))
        return csv_text(rows)

    @property
    def is_evaluated(self) -> bool:
        """Return whether there is a result, on this process."""
        return self.result is not None

    def per_class(self) -> dict[str, float]:
        """Return name -> top-1 accuracy of the last evaluation; NaN without videos."""
        result = self._last_result()
        values = class_accuracies(result.scores, result.labels).tolist()
        return dict(zip(self.meta["classes"], values, strict=True))

    def table(self) -> str:
        """Return the last evaluation for the log: one line per class, best first."""
        count = np.bincount(self._last_result().labels, minlength=len(self.meta["classes"]))
        rows = [
            (name, value, videos)
            for (name, value), videos in zip(self.per_class().items(), count.tolist(), strict=True)
            if not math.isnan(value)
        ]
        rows.sort(key=lambda row: (-row[1], row[0]))
        width = max(len("class"), *(len(name) for name, _, _ in rows)) if rows else 5
        lines = [f"{'class':<{width}}  {'accuracy':>8}  {'videos':>6}"]
        lines += [f"{name:<{width}}  {value:>8.4f}  {videos:>6}" for name, value, videos in rows]
        return "\n".join(["top-1 accuracy per class", *lines])

    def _last_result(self) -> VideoScores:
        if self.result is None:
            raise RuntimeError("nothing was evaluated yet on this process")
        return self.result
