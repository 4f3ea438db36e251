"""Files of tubes: the published kinds of pickles, JSON, and what does not fit."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stad.annotations.tubes import read_tube_annotations, read_tube_results
from stad.errors import InputError
from stad.evaluation.compare_tubes import compare_tubes

ROOT = Path(__file__).resolve().parents[2]
TUBE = np.column_stack((np.arange(3, 7), np.tile([10.0, 20, 30, 60], (4, 1)))).astype(np.float32)


def gttubes(tube=TUBE) -> dict:
    """As UCF101v2-GT.pkl, JHMDB-GT.pkl and multisports_GT.pkl are made."""
    return {
        "labels": ["walk", "basketball save"],
        "gttubes": {"a/v1": {0: [tube], 1: [tube]}, "a/v2": {np.int64(1): [tube + 1]}, "v3": {}},
        "train_videos": [["a/v2"], ["a/v1"]],
        "test_videos": [["a/v1", "v3"], ["a/v2"]],
        "nframes": {"a/v1": 40},
        "resolution": {"a/v1": (240, 320)},
    }


def write(path: Path, content, protocol: int = 2) -> Path:
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


def as_json(**changes) -> dict:
    box = [10, 20, 30, 60]
    one = {"label": "walk", "score": 0.9, "first_frame": 4, "boxes": [box] * 3} | changes
    return {"format": "stad-tubes", "version": 1, "videos": {"a/v1": [one], "other": [one]}}


@pytest.mark.parametrize("protocol", [2, 4])
def test_pickles_with_gttubes(tmp_path, protocol):
    found = read_tube_annotations(write(tmp_path / "GT.pkl", gttubes(), protocol))
    assert found.labels == ("walk", "basketball save")
    assert found.videos() == ("a/v1", "v3")
    assert found.videos(part="train", split=2) == ("a/v1",)
    walk = found.tubes["a/v1"][0]
    assert (walk.label, walk.frames.tolist()) == ("walk", [3, 4, 5, 6])
    assert walk.boxes[0].tolist() == [10, 20, 30, 60]
    assert [one.label for one in found.tubes["a/v2"]] == ["basketball save"]
    with pytest.raises(InputError, match="splits 1 to 2, got 3"):
        found.videos(split=3)


def test_pickle_of_the_corrected_ucf101(tmp_path):
    one = {"label": 2, "sf": np.int32(0), "ef": np.int32(2), "boxes": np.array([[1, 2, 3, 4]] * 2)}
    content = {"Biking/v_1": {"annotations": [one], "numf": 9, "label": 2}}
    found = read_tube_annotations(write(tmp_path / "pyannot.pkl", content))
    (tube,) = found.tubes["Biking/v_1"]
    assert (tube.label, tube.frames.tolist()) == ("Biking", [1, 2])
    assert tube.boxes[1].tolist() == [1, 2, 4, 6]
    assert (len(found.labels), found.videos()) == (24, ("Biking/v_1",))


def test_comparison_by_hand(tmp_path):
    truth = read_tube_annotations(write(tmp_path / "GT.pkl", gttubes()))
    (tmp_path / "pred.json").write_text(json.dumps(as_json()))
    found = read_tube_results(tmp_path / "pred.json")
    # Three of four frames with the same boxes: 0.75; in time from first to last 2 of 3.
    result = compare_tubes(truth, found, thresholds=(0.75, 0.76))
    np.testing.assert_allclose(result.ap, [[1, 0], [0, 0]])
    assert "1 videos with detections are not of the split" in result.notes[0]
    result = compare_tubes(truth, found, protocol="multisports", thresholds=(0.66, 0.67))
    np.testing.assert_allclose(result.ap, [[1, np.nan], [0, np.nan]])
    (tmp_path / "pred.json").write_text(json.dumps(as_json(label="swim")))
    with pytest.raises(InputError, match="the label 'swim', which is none"):
        compare_tubes(truth, read_tube_results(tmp_path / "pred.json"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1], "expected the annotations"),
        ({"v": 3}, "expected the annotations"),
        (gttubes(TUBE[:, :3]), r"a tube of walk has \(4,\) frames and \(4, 2\) boxes"),
        (gttubes(TUBE[::2]), "not one after the other"),
        (gttubes(TUBE * np.float32(np.nan)), "published"),
        ({"gttubes": {}}, "labels"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_pickles_that_do_not_fit(tmp_path, content, message):
    with pytest.raises(InputError, match=message):
        read_tube_annotations(write(tmp_path / "GT.pkl", content))


def test_a_pickle_runs_nothing(tmp_path):
    with pytest.raises(InputError, match="could run code"):
        read_tube_annotations(write(tmp_path / "GT.pkl", {"gttubes": {}, "x": eval}))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON"),
        (json.dumps({"format": "stad-tubes"}), '"version": 1'),
        (json.dumps(as_json(boxes=[[1, 2, 3]])), "a tube of walk"),
        (json.dumps(as_json(boxes=[])), "a tube of walk"),
        (json.dumps(as_json(score=None)), "expected tubes with label, score"),
        (json.dumps(as_json() | {"videos": [1]}), "expected tubes with label, score"),
    ],
)
def test_results_that_do_not_fit(tmp_path, content, message):
    (tmp_path / "pred.json").write_text(content)
    with pytest.raises(InputError, match=message):
        read_tube_results(tmp_path / "pred.json")


def test_script(tmp_path):
    gt = write(tmp_path / "GT.pkl", gttubes())
    (tmp_path / "pred.json").write_text(json.dumps(as_json()))
    command = [sys.executable, "tools/eval_tubes.py", "--gt", gt, "--pred", tmp_path / "pred.json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    # Right from 0.2 to 0.75, half of the classes: 6 of the 10 from 0.5 on.
    assert done.stdout.splitlines()[3].split()[-1] == "0.3000"
