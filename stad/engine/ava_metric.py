"""Wrap AVA's frame-mAP (``stad.evaluation.ava``) for mmengine's evaluator."""

from __future__ import annotations

import numpy as np

from stad.annotations.ava_csv import read_excluded
from stad.annotations.ava_table import AvaTable, labelled_boxes
from stad.annotations.ava_writer import EXACT_DETECTIONS, write_ava_csv
from stad.annotations.label_maps import evaluated_classes, read_label_map
from stad.annotations.readers import read_annotations
from stad.engine.keyframe_metric import KeyframeMetric, ScoredKeyframe
from stad.evaluation.ava import AvaResult, evaluate_ava
from stad.evaluation.ava_summary import as_table
from stad.evaluation.compare_ava import AvaComparison
from stad.registry import METRICS


@METRICS.register_module()
class AVAMetric(KeyframeMetric):
    """Frame-mAP at IoU 0.5 against the ground truth that the data set names.

    With several processes each keyframe counts once, even if a sampler repeats some.

    Args:
        evaluated: label map of the classes to evaluate; None takes AVA's 60 for the label map
            'ava', else all classes of the data set.
        protocol: 'official', 'mmaction2' or 'pyslowfast'.
        out: CSV file for the detections, in AVA's format.

    Attributes:
        comparison: the last evaluation, on the first process only.
    """

    per_class_name = "AP"

    def __init__(
        self, *, evaluated: str | None = None, protocol: str = "official", out: str | None = None
    ) -> None:
        super().__init__("ava")
        self._evaluated, self._protocol, self._out = evaluated, protocol, out
        self.comparison: AvaComparison | None = None

    def compute_metrics(self, results: list[ScoredKeyframe]) -> dict[str, float]:
        """Return {'mAP': in [0, 1] or NaN without ground truth, 'keyframes': their number}."""
        found = self._as_table(results)
        if self._out is not None:
            write_ava_csv(self._out, found, numbers=EXACT_DETECTIONS)
        annotated = read_annotations(
            self.meta["annotations"],
            format=self.meta.get("annotation_format"),
            allow_bad_numbers=True,
        )
        # Rows that the data set drops cannot be detected.
        annotated = annotated.without_rows(self.meta.get("left_out_rows", []))
        tables = [annotated, found]
        if self.meta["excluded"] is not None:
            tables.append(read_excluded(self.meta["excluded"]))
        truth, detections, *excluded = labelled_boxes(*tables)
        result = evaluate_ava(
            truth,
            detections,
            classes=self._classes(),
            excluded=excluded[0].empty_keyframes if excluded else None,
            protocol=self._protocol,
        )
        self.comparison = AvaComparison(annotated, found, result)
        return {"mAP": result.mean_ap, "keyframes": len(results)}

    def _classes(self) -> dict[int, str]:
        if self._evaluated is not None:
            return read_label_map(self._evaluated)
        if self.meta["label_map"] == "ava":
            return evaluated_classes()
        return dict(zip(self.meta["class_ids"], self.meta["classes"], strict=True))

    def _as_table(self, results: list[ScoredKeyframe]) -> AvaTable:
        class_ids = np.array(self.meta["class_ids"], dtype=np.int64)
        videos = tuple(sorted({one.video_id for one in results}))
        number = {name: index for index, name in enumerate(videos)}
        count = np.array([len(one.boxes) for one in results], dtype=np.int64)
        video = np.array([number[one.video_id] for one in results], dtype=np.int32)
        time_sec = np.array([one.time_sec for one in results], dtype=np.float64)
        boxes = np.concatenate([np.zeros((0, 4)), *(one.boxes for one in results)])
        scores = [np.zeros((0, len(class_ids)), np.float32), *(one.scores for one in results)]
        scores = np.concatenate(scores).astype(np.float64)
        per_box = len(class_ids)
        return AvaTable(
            path="",
            videos=videos,
            video=np.repeat(np.repeat(video, count), per_box),
            time_sec=np.repeat(np.repeat(time_sec, count), per_box),
            boxes=np.repeat(boxes, per_box, axis=0),
            class_id=np.tile(class_ids, len(boxes)),
            last=scores.reshape(-1),
            has_last=True,
            empty_video=np.empty(0, np.int32),
            empty_time_sec=np.empty(0),
        )

    @property
    def is_evaluated(self) -> bool:
        """True if there is a result on this process."""
        return self.comparison is not None

    def per_class(self) -> dict[str, float]:
        """Return name -> average precision of the last evaluation; NaN without ground truth."""
        result = self._last_result()
        return dict(zip(result.class_names, result.ap.tolist(), strict=True))

    def table(self) -> str:
        """Return the last evaluation for the log: one line per class, best first."""
        return f"average precision per class\n{as_table(self._last_result())}"

    def _last_result(self) -> AvaResult:
        if self.comparison is None:
            raise RuntimeError("nothing was evaluated yet on this process")
        return self.comparison.result
