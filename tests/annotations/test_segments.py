"""Files of segments: ActivityNet JSON, THUMOS text, and what does not fit."""

from __future__ import annotations

import pytest

from stad.annotations.segments import read_annotations, read_results
from stad.errors import InputError
from tests.annotations.segment_files import DATABASE, RESULTS, write, write_thumos


def test_activitynet_files(tmp_path):
    gt = write(tmp_path / "gt.json", {"database": DATABASE, "version": "1.3", "taxonomy": []})
    rows = read_annotations(gt, subset="validation")
    assert rows.videos == ("v1", "v2")
    assert (rows.video, rows.label) == (("v1", "v1"), ("walk", "wave"))
    assert rows.span.tolist() == [[0, 10], [20, 30]]
    assert len(read_annotations(gt).video) == 3
    found = read_results(write(tmp_path / "pred.json", {"results": RESULTS}))
    assert (found.video, found.score.tolist()) == (("v1", "v1", "v9"), [0.9, 0.9, 0.8])


def test_thumos_files(tmp_path):
    folder = write_thumos(tmp_path / "annotation")
    rows = read_annotations(folder, subset="test")
    assert rows.label == ("Ambiguous", "CliffDiving", "CliffDiving", "Diving")
    assert rows.span[2].tolist() == [7.5, 9.0]
    assert read_annotations(folder, subset="validation").videos == ("video_validation_1",)
    assert len(read_annotations(folder).video) == 5


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON"),
        ({"results": {}}, "a JSON object with 'database'"),
        ({"database": {"v": 3}}, "expected an object for the video 'v'"),
        ({"database": {"v": {"annotations": {}}}}, "expected a list of annotations"),
        ({"database": {"v": {"annotations": [{"label": "a"}]}}}, "video 'v': expected a 'label'"),
        (
            {"database": {"v": {"annotations": [{"label": "a", "segment": [1, None]}]}}},
            "a 'segment' of two times",
        ),
        (
            {"database": {"v": {"annotations": [{"label": 3, "segment": [1, 2]}]}}},
            "expected finite times and a text as label",
        ),
        ({"database": {}}, "contains no videos"),
    ],
)
def test_annotations_that_do_not_fit(tmp_path, content, message):
    with pytest.raises(InputError, match=message):
        read_annotations(write(tmp_path / "gt.json", content))


def test_other_things_that_do_not_fit(tmp_path):
    gt = write(tmp_path / "gt.json", {"database": DATABASE})
    with pytest.raises(InputError, match="contains no videos in subset 'test'"):
        read_annotations(gt, subset="test")
    with pytest.raises(InputError, match="No such file"):
        read_annotations(tmp_path / "none.json")
    with pytest.raises(InputError, match="no files of annotations such as CliffDiving_test"):
        read_annotations(tmp_path, subset="test")
    write(tmp_path / "Walk_test.txt", "video 1.0\n")
    with pytest.raises(InputError, match="line 1: expected a video, a start and an end"):
        read_annotations(tmp_path, subset="test")
    entry = {"label": "walk", "segment": [0, 1]}
    with pytest.raises(InputError, match="expected a finite number as score, got None"):
        read_results(write(tmp_path / "pred.json", {"results": {"v1": [entry]}}))
