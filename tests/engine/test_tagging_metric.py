from __future__ import annotations

import numpy as np
import pytest
import torch

from stad.datasets.records.dataset import STAND_IN
from stad.engine import gathering_metric
from stad.engine.tagging_metric import TaggingMetric
from stad.errors import InputError
from stad.evaluation.tagging import evaluate_tags
from stad.structures import RecordMeta

CLASSES = ["cat", "dog", "bird", "fish"]
SCORES = [[0.9, 0.6, 0.5, 0.1], [0.2, 0.8, 0.05, 0.7], [0.4, 0.3, 0.0, 0.35]]
LABELS = [[1, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]]


def sample(number: int, *, file: str = "a", offset: int | None = None) -> dict:
    return {
        "meta": RecordMeta(f"v{number}", file, 100 * number if offset is None else offset),
        "label": torch.tensor(LABELS[number], dtype=torch.float32),
        "scores": torch.tensor(SCORES[number]),
    }


def new_metric(**options) -> TaggingMetric:
    metric = TaggingMetric(**options)
    metric.dataset_meta = {"classes": CLASSES, "annotations": "records/*.tfrecord"}
    return metric


def test_figures_of_all_batches():
    metric = new_metric()
    metric.process(None, [sample(0), sample(1)])
    metric.process(None, [sample(2)])
    found = metric.evaluate(3)
    assert found == {
        "hit_at_1": pytest.approx(1 / 3),
        "perr": pytest.approx(1 / 6),
        "gap": pytest.approx((1 + 2 / 3 + 3 / 5) / 3),
        "map": pytest.approx(0.75),
        "videos": 3,
    }
    assert metric.results == []
    assert metric.per_class() == {
        "cat": 1.0,
        "dog": pytest.approx(float("nan"), nan_ok=True),
        "bird": 1.0,
        "fish": 1.0,
    }
    assert metric.table().splitlines() == [
        "average precision per class, top 20",
        "class      AP  videos",
        "bird  1.0000       1",
        "cat   1.0000       1",
        "fish  1.0000       1",
    ]


def test_repeated_videos_and_stand_ins_do_not_count():
    metric = new_metric()
    metric.process(None, [sample(0), sample(1, offset=STAND_IN)])
    metric.process(None, [sample(1), sample(0), sample(2)])
    metric.process(None, [sample(1, offset=STAND_IN)])
    assert metric.evaluate(3)["videos"] == 3


def test_equal_places_in_other_shards_are_other_videos():
    metric = new_metric()
    metric.process(None, [sample(0), sample(0, file="b")])
    assert metric.evaluate(2)["videos"] == 2


def test_processes_are_joined(monkeypatch):
    rng = np.random.default_rng(0)
    scores = np.floor(rng.random((40, 4)) * 10).astype(np.float32) / 10
    labels = (rng.random((40, 4)) < 0.3).astype(np.float32)
    parts = []
    for rank in range(2):
        metric = new_metric()
        # The second process repeats the first video, as a sampler does that pads.
        for i in [*range(rank, 40, 2), *[0] * rank]:
            meta = RecordMeta(f"v{i}", f"shard{i % 3}", i)
            one = {"meta": meta, "label": labels[i], "scores": scores[i]}
            metric.process(None, [{**one, "label": torch.tensor(labels[i])}])
        parts.append(metric.results)
    metric = new_metric()
    monkeypatch.setattr(gathering_metric.dist, "gather_object", lambda results, dst: parts)
    found, expected = metric.evaluate(40), evaluate_tags(scores, labels)
    for name in ("hit_at_1", "perr", "gap", "map"):
        assert found[name] == pytest.approx(getattr(expected, name), abs=1e-12)
    assert found["videos"] == 40


def test_submission(tmp_path):
    out = tmp_path / "submission.csv"
    metric = new_metric(out=str(out), top_k=3)
    metric.process(None, [sample(2), sample(1)])
    metric.process(None, [sample(0)])
    metric.evaluate(3)
    assert out.read_text() == (
        "VideoId,LabelConfidencePairs\n"
        "v0,0 0.9 1 0.6 2 0.5\n"
        "v1,1 0.8 3 0.7 0 0.2\n"
        "v2,0 0.4 3 0.35 1 0.3\n"
    )


def test_a_submission_that_cannot_be_written(tmp_path):
    metric = new_metric(out=str(tmp_path / "none" / "a.csv"))
    metric.process(None, [sample(0)])
    with pytest.raises(InputError, match="Cannot write"):
        metric.evaluate(1)


def test_many_classes_show_the_best_and_the_worst():
    count = 100
    metric = TaggingMetric()
    metric.dataset_meta = {"classes": [f"c{i:03d}" for i in range(count)], "annotations": "r"}
    for i in range(count):
        scores = torch.zeros(count)
        scores[i] = 1.0
        meta = RecordMeta(f"v{i}", "a", i)
        metric.process(None, [{"meta": meta, "label": scores, "scores": scores}])
    metric.evaluate(count)
    lines = metric.table().splitlines()
    assert len(lines) == 2 + 60 + 1
    assert lines[32] == "and 40 more"


def test_scores_that_are_not_numbers():
    metric = new_metric()
    broken = {**sample(0), "scores": torch.full((4,), float("nan"))}
    with pytest.raises(InputError, match="scores of v0 and others are not numbers"):
        metric.process(None, [broken])


def test_nothing_was_evaluated():
    metric = new_metric()
    assert not metric.is_evaluated
    with pytest.raises(InputError, match=r"records/\*\.tfrecord has no record that can be"):
        metric.evaluate(0)
    with pytest.raises(RuntimeError, match="nothing was evaluated"):
        metric.per_class()
