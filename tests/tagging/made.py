"""Made-up examples: each class is a direction that a few of a video's seconds have."""

from __future__ import annotations

import numpy as np

from stad.datasets.records.features import quantise
from stad.tagging.examples import TagExamples

SIZE = 16


def made_examples(*, num_videos=48, num_seconds=20, num_planted=3, seed=0) -> TagExamples:
    """Return videos of three classes, each in three seconds of twenty, six videos a source."""
    rng = np.random.default_rng(seed)
    labels = np.eye(3, dtype=np.float32)[np.arange(num_videos) % 3]
    frames = []
    for label in labels.argmax(axis=1):
        values = rng.normal(size=(num_seconds, SIZE)) * 0.5
        values[:num_planted, 4 * label : 4 * label + 4] += 2.0
        frames.append(quantise(rng.permutation(values)))
    return TagExamples(
        ids=np.array([f"v{i}" for i in range(num_videos)]),
        sources=np.array([f"s{i // 6}" for i in range(num_videos)]),
        labels=labels,
        frames=frames,
        classes=("a", "b", "c"),
        modalities=[{"name": "rgb", "channels": SIZE}],
        eigenvalues=np.ones(SIZE, np.float32),
    )
