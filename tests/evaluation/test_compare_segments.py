"""The evaluation of files of segments, its script, and segments that do not fit annotations."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stad.annotations.segments import SegmentRows, read_annotations, read_results
from stad.errors import InputError
from stad.evaluation.compare_segments import check_segments, compare_segments
from tests.annotations.segment_files import DATABASE, RESULTS, write, write_thumos

ROOT = Path(__file__).resolve().parents[2]


def test_activitynet_files(tmp_path):
    gt = write(tmp_path / "gt.json", {"database": DATABASE})
    rows = read_annotations(gt, subset="validation")
    found = read_results(write(tmp_path / "pred.json", {"results": RESULTS}))
    result = compare_segments(rows, found)
    assert result.class_names == ("walk", "wave")
    # 'walk' is right up to 0.9; 'wave' is found in another video only.
    np.testing.assert_allclose(result.ap, [[1, 0]] * 9 + [[0, 0]])
    assert len(result.notes) == 2
    assert "1 detections have labels" in result.notes[0]
    assert "'v9'" in result.notes[1]


def test_thumos_files(tmp_path):
    rows = read_annotations(write_thumos(tmp_path / "annotation"), subset="test")
    results = {
        "video_test_2": [
            {"label": "Diving", "segment": [8, 10], "score": 0.9},
            {"label": "Diving", "segment": [1, 5], "score": 0.8},
        ]
    }
    found = read_results(write(tmp_path / "pred.json", {"results": results}))
    result = compare_segments(rows, found, protocol="thumos14")
    # The better detection shares time with what is ambiguous and does not count.
    assert result.class_names == ("CliffDiving", "Diving")
    np.testing.assert_allclose(result.ap, [[0, 1]] * 5)
    np.testing.assert_allclose(compare_segments(rows, found).ap[0], [0, 1 / 2])


def test_nothing_to_compare(tmp_path):
    gt = write(tmp_path / "gt.json", {"database": DATABASE})
    swim = {"results": {"v1": [{"label": "swim", "segment": [0, 1], "score": 1}]}}
    found = read_results(write(tmp_path / "pred.json", swim))
    with pytest.raises(InputError, match="'swim' is none of walk, wave"):
        compare_segments(read_annotations(gt, subset="validation"), found)
    with pytest.raises(InputError, match="no segments to evaluate against"):
        compare_segments(read_annotations(gt, subset="validation").where([False, False]), found)


def test_script(tmp_path):
    gt = write(tmp_path / "gt.json", {"database": DATABASE})
    pred = write(tmp_path / "pred.json", {"results": RESULTS})
    command = [sys.executable, "tools/eval_segments.py", "--gt", gt, "--pred", pred]
    command += ["--subset", "validation", "--json", "--tiou", "0.5", "0.95"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["mAP"] == {"0.50": 0.5, "0.95": 0.0}
    wrong = subprocess.run([*command[:3], tmp_path, *command[4:]], cwd=ROOT, capture_output=True)
    assert wrong.returncode == 2


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
        "There are no detections."
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
