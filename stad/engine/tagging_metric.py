"""Wrap the figures of YouTube-8M (``stad.evaluation.tagging``) for mmengine's evaluator."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from stad.annotations.csv_rows import csv_text
from stad.engine.gathering_metric import GatheringMetric
from stad.errors import InputError
from stad.evaluation.tagging import (
    TOP_K,
    TaggingFigures,
    TopPredictions,
    join_tops,
    tagging_figures,
    top_predictions,
)
from stad.registry import METRICS
from stad.structures import RecordMeta
from stad.utils.files import write_whole
from stad.utils.text import and_more

HEADER = ("VideoId", "LabelConfidencePairs")
# Classes in the table of the log: the best and the worst.
SHOWN_CLASSES = 60


class _Tags(NamedTuple):
    """The predictions of the videos of some batches, as far as they count.

    Attributes:
        files: paths of shards, each once.
        file: (N,) int32, the shard of each video.
        offset: (N,) int64, its place there.
        ids: N names for the submission; none if there will be no submission.
        top: of the N videos.
    """

    files: tuple[str, ...]
    file: np.ndarray
    offset: np.ndarray
    ids: tuple[str, ...]
    top: TopPredictions


@METRICS.register_module()
class TaggingMetric(GatheringMetric):
    """Hit@1, PERR, GAP and mAP as the YouTube-8M challenges define them.

    Of a video only its highest predictions and its labels are kept, about 180 bytes. With several
    processes each video counts once, even if a sampler repeats some.

    Args:
        top_k: predictions of a video that count for GAP and mAP.
        out: CSV file for the predictions, in the form of a submission to the challenges.

    Attributes:
        figures: the last evaluation, on the first process only.
    """

    per_class_name = "AP"

    def __init__(self, *, top_k: int = TOP_K, out: str | None = None) -> None:
        super().__init__("tagging")
        if top_k < 1:
            raise ValueError(f"expected top_k of 1 or more, got {top_k}")
        self._top_k, self._out = top_k, out
        self.figures: TaggingFigures | None = None

    def process(self, data_batch: object, data_samples: Sequence[dict]) -> None:
        """Keep what counts of ``VideoTagger``'s predictions.

        Args:
            data_batch: not used.
            data_samples: N times {'meta': ``RecordMeta``, 'label': (C,) float32, 'scores': (C,)
                float32}. A record that stands in for a faulty one is left out.

        Raises:
            InputError: a score is not finite.
        """
        chosen = [one for one in data_samples if one["meta"].offset >= 0]
        if not chosen:
            return
        scores, labels = (np.stack([one[key] for one in chosen]) for key in ("scores", "label"))
        if not np.isfinite(scores).all():
            raise InputError(
                f"The model's scores of {chosen[0]['meta'].record_id} and others are not numbers: "
                "its training diverged. Use an earlier checkpoint, or train with a lower rate."
            )
        metas: list[RecordMeta] = [one["meta"] for one in chosen]
        files = {name: number for number, name in enumerate(dict.fromkeys(m.file for m in metas))}
        self.results.append(
            _Tags(
                tuple(files),
                np.array([files[one.file] for one in metas], dtype=np.int32),
                np.array([one.offset for one in metas], dtype=np.int64),
                tuple(one.record_id for one in metas) if self._out else (),
                top_predictions(scores, labels, top_k=self._top_k),
            )
        )

    def without_repeats(self, results: Sequence[_Tags]) -> list[_Tags]:
        """Return the videos of all batches as one, each once, ordered by shard and place."""
        if not results:
            return []
        names = sorted({name for one in results for name in one.files})
        files = {name: number for number, name in enumerate(names)}
        numbers = [np.array([files[name] for name in one.files], np.int32) for one in results]
        file = np.concatenate(
            [known[one.file] for known, one in zip(numbers, results, strict=True)]
        )
        offset = np.concatenate([one.offset for one in results])
        order = np.lexsort((offset, file))
        is_repeat = (np.diff(file[order]) == 0) & (np.diff(offset[order]) == 0)
        rows = np.concatenate((order[:1], order[1:][~is_repeat]))
        ids = [name for one in results for name in one.ids]
        return [
            _Tags(
                tuple(files),
                file[rows],
                offset[rows],
                tuple(ids[i] for i in rows) if ids else (),
                join_tops([one.top for one in results]).select(rows),
            )
        ]

    def compute_metrics(self, results: list[_Tags]) -> dict[str, float]:
        """Return {'hit_at_1', 'perr', 'gap', 'map': in [0, 1], 'videos': their number}.

        Raises:
            InputError: there are no videos, or the submission cannot be written.
        """
        if not results:
            raise InputError(
                f"{self.meta['annotations']} has no record that can be evaluated. Check the files."
            )
        (tags,) = results
        self.figures = tagging_figures(tags.top, len(self.meta["classes"]))
        if self._out is not None:
            write_whole(self._out, lambda path: _write_submission(path, tags))
        return {
            "hit_at_1": self.figures.hit_at_1,
            "perr": self.figures.perr,
            "gap": self.figures.gap,
            "map": self.figures.map,
            "videos": self.figures.num_videos,
        }

    @property
    def is_evaluated(self) -> bool:
        """Return whether there is a result, on this process."""
        return self.figures is not None

    def per_class(self) -> dict[str, float]:
        """Return name -> average precision of the last evaluation; NaN without labels."""
        figures = self._last_figures()
        values = np.where(figures.num_labels > 0, figures.class_ap, np.nan).tolist()
        return dict(zip(self.meta["classes"], values, strict=True))

    def table(self) -> str:
        """Return the last evaluation for the log: one line per class, best first."""
        counts = self._last_figures().num_labels.tolist()
        rows = [
            (name, value, count)
            for (name, value), count in zip(self.per_class().items(), counts, strict=True)
            if not math.isnan(value)
        ]
        rows.sort(key=lambda row: (-row[1], row[0]))
        width = max((len(name) for name, _, _ in rows), default=0)
        lines = [f"{name:<{width}}  {value:>6.4f}  {count:>6}" for name, value, count in rows]
        if len(lines) > SHOWN_CLASSES:
            half = SHOWN_CLASSES // 2
            lines[half:-half] = [and_more(len(lines) - 2 * half)]
        title = f"{'class':<{width}}  {'AP':>6}  {'videos':>6}"
        return "\n".join([f"average precision per class, top {self._top_k}", title, *lines])

    def _last_figures(self) -> TaggingFigures:
        if self.figures is None:
            raise RuntimeError("nothing was evaluated yet on this process")
        return self.figures


def _write_submission(path: Path, tags: _Tags) -> None:
    """Write the highest predictions of each video: its id, then pairs of class and score."""
    with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        file.write(csv_text([HEADER]))
        for name, classes, scores in zip(tags.ids, tags.top.classes, tags.top.scores, strict=True):
            pairs = zip(classes.tolist(), scores.tolist(), strict=True)
            best = " ".join(f"{number} {score:g}" for number, score in pairs)
            file.write(csv_text([(name, best)]))
