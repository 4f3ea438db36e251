"""The evaluation of files of tubes, its script, and tubes that do not fit annotations."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stad.annotations.tubes import (
    LabelledTube,
    TubeAnnotations,
    read_tube_annotations,
    read_tube_results,
)
from stad.errors import InputError
from stad.evaluation.compare_tubes import check_tube_results, compare_tubes
from tests.annotations.tube_files import as_json, gttubes, write

ROOT = Path(__file__).resolve().parents[2]


def test_comparison_by_hand(tmp_path):
    truth = read_tube_annotations(write(tmp_path / "GT.pkl", gttubes()))
    (tmp_path / "pred.json").write_text(json.dumps(as_json()))
    found = read_tube_results(tmp_path / "pred.json")
    # Three of four frames with the same boxes: 0.75; in time from first to last 2 of 3.
    result = compare_tubes(truth, found, thresholds=(0.75, 0.76))
    np.testing.assert_allclose(result.ap, [[1, 0], [0, 0]])
    assert "1 videos with detections are not in the split" in result.notes[0]
    result = compare_tubes(truth, found, protocol="multisports", thresholds=(0.66, 0.67))
    np.testing.assert_allclose(result.ap, [[1, np.nan], [0, np.nan]])
    (tmp_path / "pred.json").write_text(json.dumps(as_json(label="swim")))
    with pytest.raises(InputError, match="the label 'swim', which is none"):
        compare_tubes(truth, read_tube_results(tmp_path / "pred.json"))


def test_script(tmp_path):
    gt = write(tmp_path / "GT.pkl", gttubes())
    (tmp_path / "pred.json").write_text(json.dumps(as_json()))
    command = [sys.executable, "tools/eval_tubes.py", "--gt", gt, "--pred", tmp_path / "pred.json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    # Right from 0.2 to 0.75, half of the classes: 6 of the 10 from 0.5 on.
    assert done.stdout.splitlines()[3].split()[-1] == "0.3000"


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
