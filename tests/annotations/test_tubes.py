"""Files of tubes: the published kinds of pickles, JSON, and what does not fit."""

from __future__ import annotations

import json

import numpy as np
import pytest

from stad.annotations.tubes import read_tube_annotations, read_tube_results
from stad.errors import InputError
from tests.annotations.tube_files import TUBE, as_json, gttubes, write


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


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1], "expected the annotations"),
        ({"v": 3}, "expected the annotations"),
        (gttubes(TUBE[:, :3]), r"a tube of walk has \(4,\) frames and \(4, 2\) boxes"),
        (gttubes(TUBE[::2]), "are not consecutive"),
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
