"""AccuracyMetric: from what a model predicts to accuracy; each view counts once."""

import math

import pytest
import torch

from stad.engine.classification_metric import AccuracyMetric
from stad.errors import InputError
from stad.structures import VideoMeta


def prediction(video_id, view, label, scores):
    return {"meta": VideoMeta(video_id, view, label), "scores": torch.tensor(scores)}


def metric(**options):
    one = AccuracyMetric(topk=(1, 2), **options)
    one.dataset_meta = {"classes": ["walk", "run", "a, b"]}
    return one


VIEWS = [
    prediction("b.mp4", 0, 1, [0.6, 0.3, 0.1]),
    prediction("b.mp4", 1, 1, [0.1, 0.8, 0.1]),
    prediction("a.mp4", 0, 0, [0.1, 0.7, 0.2]),
    prediction("a.mp4", 1, 0, [0.2, 0.5, 0.3]),
]


def test_views_are_averaged_before_they_count(tmp_path):
    one = metric(out=str(tmp_path / "out.csv"))
    one.process(None, VIEWS[:3])
    one.process(None, VIEWS[3:])
    # b: 0.35, 0.55, 0.1, right. a: 0.15, 0.6, 0.25, at the third place.
    expected = {"top1": 0.5, "top2": 0.5, "mean_class": 0.5, "videos": 2}
    assert one.evaluate(4) == expected
    assert one.per_class() == {
        "walk": 0.0,
        "run": 1.0,
        "a, b": pytest.approx(math.nan, nan_ok=True),
    }
    assert [line.split() for line in one.table().splitlines()[2:]] == [
        ["run", "1.0000", "1"],
        ["walk", "0.0000", "1"],
    ]
    assert (tmp_path / "out.csv").read_text().splitlines() == [
        "video,label,predicted,score",
        "a.mp4,walk,run,0.6",
        "b.mp4,run,run,0.55",
    ]


def test_a_view_that_comes_twice_counts_once():
    one = metric()
    # Three times the wrong view would win.
    one.process(None, [VIEWS[0], VIEWS[0], VIEWS[0], VIEWS[1]])
    assert one.evaluate(4)["top1"] == 1.0
    # Another evaluation starts anew.
    one.process(None, [VIEWS[2]])
    assert one.evaluate(1) == {"top1": 0.0, "top2": 0.0, "mean_class": 0.0, "videos": 1}


def test_what_could_not_be_read_does_not_count():
    one = metric()
    black = prediction("c.mp4", 0, -1, [0.9, 0.1, 0.0])
    broken_end = prediction("b.mp4", 2, -1, [1.0, 0.0, 0.0])
    one.process(None, [*VIEWS[:2], black, broken_end])
    assert one.evaluate(4) == {
        "top1": 1.0,
        "top2": 1.0,
        "mean_class": 1.0,
        "videos": 1,
        "unreadable": 1,
    }


def test_a_video_of_two_labels_is_refused():
    one = metric()
    # The same view, as where a list has the video twice: the last label is not to win.
    one.process(None, [VIEWS[0], prediction("b.mp4", 0, 2, [0.6, 0.3, 0.1])])
    with pytest.raises(InputError, match=r"b\.mp4 is evaluated with the classes 1 and 2"):
        one.evaluate(2)


def test_nothing_to_evaluate_is_not_a_number():
    one = metric()
    found = one.evaluate(0)
    assert found["videos"] == 0
    assert math.isnan(found["top1"])
    assert one.table().splitlines()[1].split() == ["class", "accuracy", "videos"]
