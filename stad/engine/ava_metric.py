"""AVA's frame-mAP as mmengine's evaluator wants it; ``stad.evaluation.ava`` does the counting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from mmengine import dist
from mmengine.evaluator import BaseMetric

from stad.annotations.ava_csv import read_excluded
from stad.annotations.ava_table import AvaTable, labelled_boxes
from stad.annotations.ava_writer import EXACT_DETECTIONS, write_ava_csv
from stad.annotations.label_maps import evaluated_classes, read_label_map
from stad.annotations.readers import read_annotations
from stad.evaluation.ava import evaluate_ava
from stad.evaluation.ava_summary import as_table
from stad.evaluation.compare_ava import AvaComparison
from stad.registry import METRICS


class _Scored(NamedTuple):
    """One keyframe: its id, (K, 4) float64 boxes as in the annotations, (K, C) float32 scores."""

    video_id: str
    time_sec: float
    boxes: np.ndarray
    scores: np.ndarray


@METRICS.register_module()
class AVAMetric(BaseMetric):
    """mAP at IoU 0.5 against the ground truth that the data set names.

    Over several processes each keyframe counts once, also where a sampler repeats some.

    Args:
        evaluated: label map of the classes that are evaluated; None takes AVA's 60 for the
            label map 'ava', else all classes of the data set.
        protocol: 'official', 'mmaction2' or 'pyslowfast'.
        out: CSV file for the detections, in AVA's format.

    Attributes:
        comparison: of the last evaluation, on the first process only.
    """

    per_class_name = "AP"

    def __init__(
        self, *, evaluated: str | None = None, protocol: str = "official", out: str | None = None
    ) -> None:
        # mmengine warns of a metric without a prefix; the names here need none.
        super().__init__(prefix="ava")
        self._evaluated, self._protocol, self._out = evaluated, protocol, out
        self.comparison: AvaComparison | None = None

    def process(self, data_batch: object, data_samples: Sequence[dict]) -> None:
        """Keep what ``ActionDetector`` predicts: {'meta': ``ClipMeta``, 'scores': (K, C)}."""
        for one in data_samples:
            meta = one["meta"]
            self.results.append(
                _Scored(meta.video_id, meta.time_sec, meta.boxes, one["scores"].numpy())
            )

    def evaluate(self, size: int) -> dict[str, float]:
        """Gather from all processes and count.

        Args:
            size: of the data set; not needed, for keyframes are told apart by their ids.
        """
        gathered = dist.gather_object(self.results, dst=0)
        metrics = [None]
        if dist.is_main_process():
            unique = {(one.video_id, one.time_sec): one for part in gathered for one in part}
            metrics = [self.compute_metrics([unique[key] for key in sorted(unique)])]
        dist.broadcast_object_list(metrics)
        self.results.clear()
        return metrics[0]

    def compute_metrics(self, results: list[_Scored]) -> dict[str, float]:
        """{'mAP': in [0, 1], NaN where no class has ground truth, 'keyframes': how many}."""
        found = self._as_table(results)
        if self._out is not None:
            write_ava_csv(self._out, found, numbers=EXACT_DETECTIONS)
        annotated = read_annotations(self.dataset_meta["annotations"], allow_bad_numbers=True)
        # What the data set leaves out is nothing that could be found.
        annotated = annotated.without_rows(self.dataset_meta.get("left_out_rows", []))
        tables = [annotated, found]
        if self.dataset_meta["excluded"] is not None:
            tables.append(read_excluded(self.dataset_meta["excluded"]))
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
        if self.dataset_meta["label_map"] == "ava":
            return evaluated_classes()
        meta = self.dataset_meta
        return dict(zip(meta["class_ids"], meta["classes"], strict=True))

    def _as_table(self, results: list[_Scored]) -> AvaTable:
        class_ids = np.array(self.dataset_meta["class_ids"], dtype=np.int64)
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
        """Whether there is a result, on this process."""
        return self.comparison is not None

    def per_class(self) -> dict[str, float]:
        """Name -> average precision of the last evaluation; NaN without ground truth."""
        names, values = self.comparison.result.class_names, self.comparison.result.ap.tolist()
        return dict(zip(names, values, strict=True))

    def table(self) -> str:
        """The last evaluation for the log: one line per class, best first."""
        return f"average precision per class\n{as_table(self.comparison.result)}"
