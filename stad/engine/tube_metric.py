"""Wrap frame-mAP and tube-mAP of UCF101-24, JHMDB and MultiSports for mmengine's evaluator."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from stad.annotations.tubes import TubeAnnotations, read_tube_annotations, write_tubes
from stad.engine.keyframe_metric import KeyframeMetric, ScoredKeyframe
from stad.errors import InputError
from stad.evaluation.compare_tubes import compare_tubes
from stad.evaluation.items import DetectionAPResult
from stad.evaluation.items_summary import as_table
from stad.evaluation.tubes import AVERAGED_FROM
from stad.localization.frame_tubes import (
    LINKINGS,
    PROTOCOL_RULES,
    evaluate_frames,
    frame_number,
    link_videos,
    video_facts,
)
from stad.localization.linking import FrameBoxes
from stad.registry import METRICS

# The tube IoUs that the benchmarks publish, beside the mean over 0.5 to 0.95.
PUBLISHED = (0.2, 0.5, 0.75)


@METRICS.register_module()
class TubeMetric(KeyframeMetric):
    """Frame-mAP at IoU 0.5, and tube-mAP of the frames' boxes linked to tubes.

    With several processes each keyframe counts once, even if a sampler repeats some.

    Args:
        tubes: ground truth, the tubes.json that ``stad prepare`` writes.
        split: of the data set, from 1.
        protocol: 'act' (UCF101-24, JHMDB) or 'multisports'.
        linking: 'overlap' and 'path' (see ``stad.localization.linking``), or 'tracker'.
        rules: values of ``LinkRules`` that replace those of the protocol.
        out: JSON file for the detected tubes, which ``stad evaluate tubes`` reads.

    Attributes:
        frames, tubes: the last evaluation, on the first process only.
    """

    per_class_name = "AP"

    def __init__(
        self,
        *,
        tubes: str,
        split: int = 1,
        protocol: str = "act",
        linking: str = "overlap",
        rules: Mapping[str, Any] | None = None,
        out: str | None = None,
    ) -> None:
        super().__init__("tubes")
        for name, value, known in (
            ("protocol", protocol, PROTOCOL_RULES),
            ("linking", linking, LINKINGS),
        ):
            if value not in known:
                raise InputError(f"TubeMetric's {name} must be one of {', '.join(known)}.")
        self._path, self._split, self._protocol = tubes, split, protocol
        self._linking, self._out = linking, out
        self._rules = replace(PROTOCOL_RULES[protocol], **(rules or {}))
        self.frames: DetectionAPResult | None = None
        self.tubes: DetectionAPResult | None = None

    def compute_metrics(self, results: list[ScoredKeyframe]) -> dict[str, float]:
        """Return 'mAP' (of frames) and 'video_mAP@IoU', in [0, 1], and the number of keyframes."""
        truth = self._read_truth()
        boxes = _by_video(results, truth)
        with tqdm(total=len(boxes), desc="linking", unit="video", leave=False, delay=3) as bar:
            found = link_videos(
                boxes, truth, linking=self._linking, rules=self._rules, on_video=bar.update
            )
        if self._out is not None:
            write_tubes(self._out, found)
        options = {"split": self._split, "protocol": self._protocol}
        self.frames = evaluate_frames(truth, boxes, **options)
        self.tubes = compare_tubes(truth, found, **options)
        return {"mAP": float(self.frames.mean_ap[0]), **video_figures(self.tubes)} | {
            "keyframes": len(results)
        }

    def _read_truth(self) -> TubeAnnotations:
        if not Path(self._path).is_file():
            raise InputError(
                f"There is no file of tubes {self._path}. 'stad prepare' writes it; the config "
                "names it as val_evaluator.tubes."
            )
        truth = read_tube_annotations(self._path)
        if list(truth.labels) != list(self.meta["classes"]):
            raise InputError(
                f"{self._path} has other classes than label_map {self.meta['label_map']!r}. Use "
                "the label_map.txt beside it."
            )
        return truth

    @property
    def is_evaluated(self) -> bool:
        """True if there is a result on this process."""
        return self.frames is not None

    def per_class(self) -> dict[str, float]:
        """Return name -> average precision of frames; NaN without ground truth."""
        result = self._last(self.frames)
        return dict(zip(result.class_names, result.ap[0].tolist(), strict=True))

    def table(self) -> str:
        """Return the last evaluation for the log: one line per class, best first."""
        frames, tubes = self._last(self.frames), self._last(self.tubes)
        return (
            f"average precision of frames per class\n{as_table(frames)}\n"
            f"average precision of tubes per class\n{as_table(tubes)}"
        )

    def _last(self, result: DetectionAPResult | None) -> DetectionAPResult:
        if result is None:
            raise RuntimeError("nothing was evaluated yet on this process")
        return result


def video_figures(result: DetectionAPResult) -> dict[str, float]:
    """Return the published figures of tubes: 'video_mAP@0.2', ..., 'video_mAP@0.5:0.95'."""
    figures = {}
    for overlap in PUBLISHED:
        (row,) = np.flatnonzero(np.isclose(result.thresholds, overlap))
        figures[f"video_mAP@{overlap:g}"] = float(result.mean_ap[row])
    average = result.average if len(result.mean_ap) else math.nan
    return figures | {f"video_mAP@{AVERAGED_FROM:g}:0.95": average}


def _by_video(
    results: Sequence[ScoredKeyframe], truth: TubeAnnotations
) -> dict[str, list[FrameBoxes]]:
    found: dict[str, list[FrameBoxes]] = defaultdict(list)
    for one in results:
        size, fps = video_facts(truth, one.video_id)
        number = frame_number(one.time_sec, fps)
        scores = one.scores.astype(np.float64)
        found[one.video_id].append(FrameBoxes(number, one.boxes * size, scores))
    return dict(found)
