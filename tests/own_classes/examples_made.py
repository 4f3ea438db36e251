"""Makes example sets for tests, and a head that needs no training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stad.own_classes.example_set import ExampleSet
from stad.own_classes.recipe import Recipe


def example_set(
    labels,
    feature,
    *,
    sources=None,
    videos=None,
    tracks=None,
    times_sec=None,
    classes=("a", "b"),
    whole_frame=False,
    variants=None,
    step_sec=1.0,
) -> ExampleSet:
    """An example set of one view, 'v'; each row is a video of its own unless it is said."""
    labels = np.asarray(labels, np.int8)
    count = len(labels)
    names = np.array([f"{n:02d}.mp4" for n in range(count)])
    videos = names if videos is None else np.asarray(videos)
    return ExampleSet(
        classes=tuple(classes),
        videos=videos,
        tracks=np.zeros(count, np.int64) if tracks is None else np.asarray(tracks),
        times_sec=np.zeros(count) if times_sec is None else np.asarray(times_sec, float),
        labels=labels,
        sources=videos if sources is None else np.asarray(sources),
        variants=np.zeros(count, np.int64) if variants is None else np.asarray(variants),
        examples=np.arange(count),
        boxes=np.tile(np.array([0, 0, 10, 10], np.float32), (count, 1)),
        features={"v": np.asarray(feature, np.float32)},
        recipe=Recipe("", ("skeleton",), whole_frame),
        window_sec=2.0,
        step_sec=step_sec,
    )


@dataclass(frozen=True)
class GivenScores:
    """A 'head' whose scores are the features."""

    thresholds: np.ndarray
    views: tuple[str, ...] = ("v",)

    def scores(self, features):
        return features["v"].astype(np.float64)
