"""Evaluate the predictions of all processes on the first one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmengine import dist
from mmengine.evaluator import BaseMetric


class GatheringMetric(BaseMetric):
    """A metric that counts each prediction once, even if a sampler repeats some.

    Args:
        name: of the metric. mmengine warns about a metric without a prefix; it is not used here.
    """

    # What the per-class figures are.
    per_class_name = ""

    def __init__(self, name: str) -> None:
        super().__init__(prefix=name)

    @property
    def meta(self) -> dict[str, Any]:
        """The description of the data set, which the evaluator sets."""
        if self.dataset_meta is None:
            raise RuntimeError("dataset_meta is not set: it describes the data set to evaluate")
        return self.dataset_meta

    @property
    def is_evaluated(self) -> bool:
        """True if there is a result on this process."""
        raise NotImplementedError

    def evaluate(self, size: int) -> dict[str, float]:
        """Gather the predictions of all processes and evaluate them.

        Args:
            size: size of the data set; not used, since each prediction says what it is of.

        Returns:
            Names to values, the same in all processes.
        """
        gathered = dist.gather_object(self.results, dst=0)
        metrics: list[Any] = [None]
        if gathered is not None:
            predictions = self.without_repeats([one for part in gathered for one in part])
            metrics = [self.compute_metrics(predictions)]
        dist.broadcast_object_list(metrics)
        self.results.clear()
        return metrics[0]

    def without_repeats(self, results: Sequence[Any]) -> list[Any]:
        """Return the predictions of all processes in order, each once."""
        raise NotImplementedError

    def per_class(self) -> dict[str, float]:
        """Return name -> figure of the last evaluation; NaN for a class without examples."""
        raise NotImplementedError

    def table(self) -> str:
        """Return the last evaluation for the log: one line per class, best first."""
        raise NotImplementedError
