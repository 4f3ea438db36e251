"""Segments and tubes that do not fit their annotations: what is said, and when it stops."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stad.annotations.segments import SegmentRows
from stad.annotations.tubes import LabelledTube, TubeAnnotations
from stad.errors import InputError
from stad.evaluation.compare_segments import check_segments, compare_segments
from stad.evaluation.compare_tubes import check_tube_results

ROOT = Path(__file__).resolve().parents[2]
SPANS = np.array([[1.0, 5.0], [7.0, 9.5], [12.0, 30.0]] * 2)
VIDEOS = ("a",) * 3 + ("b",) * 3


def segments(span=SPANS, video=VIDEOS, label="walk", score=0.5):
    count = len(video)
    return SegmentRows(
        tuple(video), (label,) * count, np.asarray(span), np.full(count, score), ("a", "b", "c")
    )


def test_segments_that_fit_say_nothing():
    assert check_segments(segments(), segments(SPANS + 0.5)) == []


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (segments(video=[f"v_{one}" for one in VIDEOS]), r"0 of 6 detections match an.*\n.*'v_a'"),
        (segments(video=[f"{one}.mp4" for one in VIDEOS]), "with a file ending"),
        (segments(video=["x"] * 6), "the detections have 'x', the annotations 'a'"),
        (segments(SPANS * 25 + 1000), "numbers of frames"),
        (segments(SPANS * 1000), "milliseconds"),
        (segments(SPANS[:, ::-1]), "6 of 6 rows are wrong"),
        (segments(np.column_stack((SPANS[:, 0] + 40, SPANS[:, 1]))), "a start and a length"),
    ],
)
def test_segments_that_do_not_fit_stop(found, said):
    with pytest.raises(InputError, match=said):
        check_segments(segments(), found)


def test_annotations_that_are_turned_around_stop():
    with pytest.raises(InputError, match="the annotations cannot be used, 6 of 6 rows"):
        check_segments(segments(SPANS[:, ::-1]), segments())


def test_few_segments_that_do_not_fit_are_one_warning():
    span = SPANS.copy()
    span[1] = span[1][::-1]
    video = (*VIDEOS[:5], "elsewhere")
    (warning,) = check_segments(segments(), segments(span, video, score=80.0))
    assert "1 of 6 detections are in videos that are not annotated" in warning
    assert "the detections have 'elsewhere', the annotations 'a'" in warning
    assert "1 row: segments that end before they begin" in warning
    assert "first: a 'walk' [9.5, 7]" in warning
    assert "6 rows: scores outside of [0, 1]" in warning
    assert check_segments(segments(), segments(np.zeros((0, 2)), ())) == [
        "there are no detections."
    ]


def test_segments_at_other_times_are_told_and_evaluated():
    (warning,) = check_segments(segments(), segments(np.array([[5.5, 6.5]] * 6)))
    assert "6 of 6 detections share no time with an annotated segment" in warning


def test_a_label_in_another_spelling_is_told():
    with pytest.raises(InputError, match="It is spelled 'CliffDiving' there"):
        compare_segments(segments(label="CliffDiving"), segments(label="cliff_diving"))


def test_the_script_of_segments_says_it_on_stderr(tmp_path):
    entry = {"label": "walk", "segment": [1, 2], "score": 0.5}
    database = {"a": {"annotations": [entry]}}
    (tmp_path / "gt.json").write_text(json.dumps({"database": database}))
    command = [sys.executable, "tools/eval_segments.py", "--gt", tmp_path / "gt.json", "--json"]
    command += ["--pred", tmp_path / "pred.json"]
    for results, code in (({"a.mp4": [entry]}, 2), ({"a": [entry], "z": [entry]}, 0)):
        (tmp_path / "pred.json").write_text(json.dumps({"results": results}))
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == code
        expected = "0 of 1 detections match" if code else "1 of 2 detections are in videos"
        assert expected in done.stderr
    assert json.loads(done.stdout)["average_mAP"] == 1.0


BOXES = np.tile([40.0, 20, 90, 200], (8, 1))


def tube(boxes=BOXES, first=1, score=0.5, label="walk"):
    return LabelledTube(label, first + np.arange(len(boxes)), np.asarray(boxes), score)


TRUTH = TubeAnnotations(("walk", "run"), {"v/a": [tube()], "v/b": [tube(), tube(BOXES + 100)]})


def test_tubes_that_fit_say_nothing():
    assert check_tube_results(TRUTH, {"v/a": [tube(BOXES + 3)], "v/b": [tube(label="run")]}) == []


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"a": [tube()]}, r"0 of 1 detections match an.*\n.*'a', the annotations 'v/a'"),
        ({"v/a.avi": [tube()]}, "with a file ending"),
        ({"v/a": [tube(BOXES / 320)]}, "The detections look like fractions"),
        ({"v/a": [tube(BOXES[:, [1, 0, 3, 2]])]}, "look like y1, x1, y2, x2"),
        ({"v/a": [tube(np.tile([40.0, 20, 50, 180], (8, 1)))]}, "x, y, width, height"),
        ({"v/a": [tube(first=4000)]}, "0 of 8 boxes are in frames that are annotated"),
        ({"v/a": [tube(BOXES[:, [2, 3, 0, 1]])]}, "swapped corners|x2, y2, x1, y1"),
    ],
)
def test_tubes_that_do_not_fit_stop(found, said):
    with pytest.raises(InputError, match=said):
        check_tube_results(TRUTH, found)


def test_few_tubes_that_do_not_fit_are_one_warning():
    found = {"v/a": [tube(first=0, score=90.0)], "v/b": [tube()], "else": [tube()]}
    (warning,) = check_tube_results(TRUTH, found)
    assert "1 of 3 detections are in videos that are not annotated" in warning
    assert "1 detections begin before frame 1" in warning
    assert "count from 0" in warning
    assert "percent" in warning
