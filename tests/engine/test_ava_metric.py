"""AVAMetric: from what a model predicts to mAP; each keyframe counts once."""

import math

import numpy as np
import pytest
import torch

from stad.annotations.ava_csv import read_ava_csv
from stad.engine.ava_metric import AVAMetric
from stad.structures import ClipMeta

BOXES = np.array([[0.1, 0.1, 0.4, 0.9], [0.5, 0.1, 0.9, 0.9]])


def prediction(video_id, time_sec, scores, boxes=BOXES):
    meta = ClipMeta(video_id, time_sec, (100, 100), boxes[: len(scores)])
    return {"meta": meta, "scores": torch.tensor(scores, dtype=torch.float32).reshape(-1, 2)}


@pytest.fixture
def metric(tmp_path):
    path = tmp_path / "truth.csv"
    path.write_text(
        "a,0902,0.1,0.1,0.4,0.9,3\na,902,0.5,0.1,0.9,0.9,7\nb,903,0.1,0.1,0.4,0.9,3\nb,905\n"
    )
    one = AVAMetric()
    one.dataset_meta = {
        "annotations": str(path),
        "excluded": None,
        "label_map": "own",
        "class_ids": [3, 7],
        "classes": ["walk", "wave"],
    }
    return one


def test_a_perfect_model_has_one(metric):
    metric.process(None, [prediction("a", 902.0, [[0.9, 0.1], [0.2, 0.8]])])
    metric.process(None, [prediction("b", 903.0, [[0.7, 0.05]])])
    assert metric.evaluate(2) == {"mAP": 1.0, "keyframes": 2}
    assert metric.per_class() == {"walk": 1.0, "wave": 1.0}


def test_average_precision_is_that_of_the_table(metric):
    # walk, by score: 0.9 right, 0.8 wrong, 0.7 right: 1/2 * 1 + 1/2 * 2/3.
    metric.process(None, [prediction("a", 902.0, [[0.9, 0.1], [0.8, 0.8]])])
    metric.process(None, [prediction("b", 903.0, [[0.7, 0.05]])])
    found = metric.evaluate(2)
    assert metric.per_class() == pytest.approx({"walk": 5 / 6, "wave": 1.0})
    assert found["mAP"] == pytest.approx(11 / 12)
    lines = metric.table().splitlines()
    assert lines[2].split() == ["wave", "1.0000", "1", "3"]
    assert lines[3].split() == ["walk", "0.8333", "2", "3"]


def test_a_keyframe_that_comes_twice_counts_once(metric):
    one = prediction("a", 902.0, [[0.9, 0.1], [0.2, 0.8]])
    metric.process(None, [one, prediction("b", 903.0, [[0.7, 0.05]]), one])
    assert metric.evaluate(2) == {"mAP": 1.0, "keyframes": 2}
    assert metric.comparison.result.num_detections.tolist() == [3, 3]


def test_excluded_keyframes_do_not_count(metric, tmp_path):
    (tmp_path / "excluded.csv").write_text("b,0903\n")
    metric.dataset_meta["excluded"] = str(tmp_path / "excluded.csv")
    metric.process(None, [prediction("a", 902.0, [[0.9, 0.1], [0.2, 0.8]])])
    assert metric.evaluate(1)["mAP"] == 1.0
    assert metric.comparison.result.num_ground_truth.tolist() == [1, 1]


def test_without_predictions_all_is_missed(metric):
    assert metric.evaluate(0) == {"mAP": 0.0, "keyframes": 0}


def test_ava_is_evaluated_on_its_60_classes(metric):
    meta = {"label_map": "ava", "class_ids": list(range(1, 81)), "classes": ["x"] * 80}
    metric.dataset_meta |= meta
    metric.evaluate(0)
    assert len(metric.comparison.result.class_ids) == 60
    assert math.isnan(metric.per_class()["stand"]) == (12 in metric.comparison.result.class_ids)


def test_detections_are_written_as_ava_csv(metric, tmp_path):
    metric._out = tmp_path / "found.csv"
    metric.process(None, [prediction("a", 902.0, [[0.9, 0.25]])])
    metric.evaluate(1)
    table = read_ava_csv(tmp_path / "found.csv")
    assert table.videos == ("a",)
    assert table.class_id.tolist() == [3, 7]
    assert table.last.tolist() == pytest.approx([0.9, 0.25])
    assert table.boxes.tolist() == [BOXES[0].tolist()] * 2
