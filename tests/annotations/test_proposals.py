"""Proposals: three kinds of files with one content, thresholds, positives."""

import pickle

import numpy as np
import pytest

from stad.annotations.proposals import (
    Proposals,
    add_positives,
    confident,
    keyframe_id,
    read_proposals,
)
from stad.errors import InputError
from tests.annotations.proposal_files import write_proposals

BOXES = np.array([[0.1, 0.2, 0.3, 0.4], [0.5, 0.5, 0.9, 1.0]])
EXPECTED = {
    ("a,b", 902_000_000): Proposals(BOXES, np.array([0.95, 0.5])),
    ("c", 903_500_000): Proposals(BOXES[:1], np.array([1.0])),
}


def write(folder, kind):
    path = folder / f"boxes.{kind}"
    if kind == "csv":
        path.write_text(
            '"a,b",0902,0.1,0.2,0.3,0.4,,0.95\n'
            '"a,b",902,0.5,0.5,0.9,1.0,,0.5\n\n'
            "c,903.5,0.1,0.2,0.3,0.4,,1\n"
        )
    elif kind == "npz":
        write_proposals(path, EXPECTED)
    else:
        both = np.column_stack((BOXES, [0.95, 0.5]))
        path.write_bytes(pickle.dumps({"a,b,0902": both, "c,903.5": BOXES[:1]}))
    return path


@pytest.mark.parametrize("kind", ["csv", "npz", "pkl"])
def test_every_kind_of_file_is_read(tmp_path, kind):
    found = read_proposals(write(tmp_path, kind))
    assert found.keys() == EXPECTED.keys()
    for key, one in EXPECTED.items():
        np.testing.assert_array_equal(found[key].boxes, one.boxes)
        np.testing.assert_array_equal(found[key].scores, one.scores)


class Evil:
    def __reduce__(self):
        return print, ("run",)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"v,1,0,0,1\n", "line 1: expected 6 to 8 columns, got 5"),
        ("a.csv", b"v,1,0,0,1,1,,0.5\nv,1,0,0,x,1,,0.5\n", "line 2: expected numbers"),
        ("a.pkl", pickle.dumps({"v,1": Evil()}), "builtins.print"),
        ("a.pkl", pickle.dumps({"v": np.zeros((1, 5))}), "keys like"),
        ("a.pkl", pickle.dumps({"v,1": np.zeros(5)}), "got shape"),
        ("a.npz", b"nothing", "not an npz of proposals"),
        ("a.txt", b"", r"read from \.csv"),
    ],
)
def test_other_content_is_refused(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_proposals(path)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(InputError, match="no file of proposals"):
        read_proposals(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("scores", "kept"), [([0.95, 0.9, 0.89], [0.95, 0.9]), ([0.3, 0.6, 0.6], [0.6, 0.6]), ([], [])]
)
def test_the_confident_ones_or_else_the_best(scores, kept):
    found = confident(Proposals(np.zeros((len(scores), 4)), np.array(scores)), 0.9)
    assert found.scores.tolist() == kept


def test_positives_overlap_one_actor_by_more_than_the_threshold():
    boxes = np.array([[0.0, 0.0, 1.0, 1.0], [2.0, 0.0, 3.0, 1.0]])
    labels = np.array([[1, 0], [1, 1]], dtype=np.float32)
    # IoU 0.875 with the second, exactly 0.75 with the first, and 0.5.
    proposals = np.array([[2.0, 0.0, 2.875, 1.0], [0.0, 0.0, 0.75, 1.0], [0.0, 0.0, 0.5, 1.0]])
    found, found_labels = add_positives(boxes, labels, proposals, min_iou=0.75)
    assert found.tolist() == [*boxes.tolist(), proposals[0].tolist()]
    assert found_labels.tolist() == [[1, 0], [1, 1], [1, 1]]


def test_times_are_compared_to_six_decimals():
    assert keyframe_id("v", 0.1 + 0.2) == keyframe_id("v", 0.3)
    assert keyframe_id("v", 902.000001) != keyframe_id("v", 902)


def test_proposals_that_are_no_numbers_or_do_not_belong_together_are_refused(tmp_path):
    csv = tmp_path / "a.csv"
    csv.write_text("a,inf,0.1,0.2,0.3,0.4,,0.9\n")
    with pytest.raises(InputError, match=r"a\.csv, line 1: expected numbers"):
        read_proposals(csv)
    csv.write_bytes("ü,1,0.1,0.2,0.3,0.4,,0.9\n".encode("latin-1"))
    with pytest.raises(InputError, match="Save it as UTF-8"):
        read_proposals(csv)
    npz = tmp_path / "a.npz"
    for times in ([1.0], [1.0, np.nan]):
        np.savez(npz, video_ids=["a", "a"], times_sec=times, boxes=BOXES, scores=[1.0, 1.0])
        with pytest.raises(InputError, match="2 video_ids"):
            read_proposals(npz)
