"""Files of segments: ActivityNet JSON, THUMOS text, and what does not fit."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stad.annotations.segments import read_annotations, read_results
from stad.errors import InputError
from stad.evaluation.compare_segments import compare_segments

ROOT = Path(__file__).resolve().parents[2]
DATABASE = {
    "v1": {
        "subset": "validation",
        "duration": 40.0,
        "annotations": [
            {"label": "walk", "segment": [0.0, 10.0]},
            {"label": "wave", "segment": [20, 30]},
        ],
    },
    "v2": {"subset": "Validation", "annotations": []},
    "v3": {"subset": "training", "annotations": [{"label": "run", "segment": [1, 2]}]},
}
RESULTS = {
    "v1": [
        {"label": "walk", "segment": [0.0, 9.0], "score": 0.9},
        {"label": "swim", "segment": [0.0, 9.0], "score": 0.9},
    ],
    "v9": [{"label": "wave", "segment": [0.0, 9.0], "score": 0.8}],
}


def write(path: Path, content) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_activitynet_files(tmp_path):
    gt = write(tmp_path / "gt.json", {"database": DATABASE, "version": "1.3", "taxonomy": []})
    rows = read_annotations(gt, subset="validation")
    assert rows.videos == ("v1", "v2")
    assert (rows.video, rows.label) == (("v1", "v1"), ("walk", "wave"))
    assert rows.span.tolist() == [[0, 10], [20, 30]]
    assert len(read_annotations(gt).video) == 3
    found = read_results(write(tmp_path / "pred.json", {"results": RESULTS}))
    assert (found.video, found.score.tolist()) == (("v1", "v1", "v9"), [0.9, 0.9, 0.8])
    result = compare_segments(rows, found)
    assert result.class_names == ("walk", "wave")
    # 'walk' is right up to 0.9; 'wave' is found in another video only.
    np.testing.assert_allclose(result.ap, [[1, 0]] * 9 + [[0, 0]])
    assert len(result.notes) == 2
    assert "1 detections have labels" in result.notes[0]
    assert "'v9'" in result.notes[1]


def test_thumos_files(tmp_path):
    folder = tmp_path / "annotation"
    folder.mkdir()
    write(folder / "CliffDiving_test.txt", "video_test_1  1.0 5.0\nvideo_test_1 7.5 9\n\n")
    write(folder / "Diving_test.txt", "video_test_2 1.0 5.0\n")
    write(folder / "Diving_val.txt", "video_validation_1 1.0 5.0\n")
    write(folder / "Ambiguous_test.txt", "video_test_2 8 9\n")
    write(folder / "detclasslist.txt", "21 CliffDiving\n22 Diving\n")
    rows = read_annotations(folder, subset="test")
    assert rows.label == ("Ambiguous", "CliffDiving", "CliffDiving", "Diving")
    assert rows.span[2].tolist() == [7.5, 9.0]
    assert read_annotations(folder, subset="validation").videos == ("video_validation_1",)
    assert len(read_annotations(folder).video) == 5
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


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON"),
        ({"results": {}}, "a JSON object with 'database'"),
        ({"database": {"v": 3}}, "expected an object of the video 'v'"),
        ({"database": {"v": {"annotations": {}}}}, "expected a list of annotations"),
        ({"database": {"v": {"annotations": [{"label": "a"}]}}}, "video 'v': expected a 'label'"),
        (
            {"database": {"v": {"annotations": [{"label": "a", "segment": [1, None]}]}}},
            "a 'segment' of two times",
        ),
        (
            {"database": {"v": {"annotations": [{"label": 3, "segment": [1, 2]}]}}},
            "no labelled segment",
        ),
        ({"database": {}}, "tells of no video"),
    ],
)
def test_annotations_that_do_not_fit(tmp_path, content, message):
    with pytest.raises(InputError, match=message):
        read_annotations(write(tmp_path / "gt.json", content))


def test_other_things_that_do_not_fit(tmp_path):
    gt = write(tmp_path / "gt.json", {"database": DATABASE})
    with pytest.raises(InputError, match="no video of the subset 'test'"):
        read_annotations(gt, subset="test")
    with pytest.raises(InputError, match="cannot be read"):
        read_annotations(tmp_path / "none.json")
    with pytest.raises(InputError, match="no files of annotations such as CliffDiving_test"):
        read_annotations(tmp_path, subset="test")
    write(tmp_path / "Walk_test.txt", "video 1.0\n")
    with pytest.raises(InputError, match="line 1: expected a video, a start and an end"):
        read_annotations(tmp_path, subset="test")
    entry = {"label": "walk", "segment": [0, 1]}
    with pytest.raises(InputError, match="expected a score, got None"):
        read_results(write(tmp_path / "pred.json", {"results": {"v1": [entry]}}))
    swim = {"results": {"v1": [{"label": "swim", "segment": [0, 1], "score": 1}]}}
    found = read_results(write(tmp_path / "pred.json", swim))
    with pytest.raises(InputError, match="'swim' is none of walk, wave"):
        compare_segments(read_annotations(gt, subset="validation"), found)
    with pytest.raises(InputError, match="nothing to evaluate against"):
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
