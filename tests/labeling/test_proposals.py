"""What a model proposes for a video."""

import json
import time
from fractions import Fraction

import numpy as np
import pytest
import torch

from stad import zoo
from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.labels import ActorTrack, VideoLabels
from stad.labeling.proposals import Proposals, TrackDetector, make_spans
from stad.structures import Frame, RunInfo, Segment, VideoInfo
from tests.cli.scripts import ROOT
from tests.labeling.served import serve_folder
from tests.videos import write_video

CONFIG = str(ROOT / "tests" / "data" / "tiny_detector.py")
VIDEO = VideoInfo("a.mp4", 160, 120, Fraction(30), 90, 3.0)
INFO = RunInfo(VIDEO, "model", "labels", ("walk", "run"), 0.5, 1.0)


def track(track_id, *times):
    boxes = np.array([[10 + one, 10, 60 + one, 90] for one in times], np.float32)
    return ActorTrack(track_id, np.array(times, float), boxes)


def test_the_people_of_the_labels_are_given():
    detector = TrackDetector([track(4, 0.0, 1.0), track(2, 2.0, 3.0)])
    found = detector.detect(Frame(0, 0.5, np.zeros((120, 160, 3), np.uint8)))
    assert found.ids.tolist() == [4]
    assert found.boxes.tolist() == [[10.5, 10, 60.5, 90]]
    assert len(detector.detect(Frame(0, 1.5, np.zeros((120, 160, 3), np.uint8)))) == 0


def test_what_is_nearest_to_the_threshold_comes_first():
    segments = [
        Segment(1, 0, 0.0, 1.0, 0.9),
        Segment(1, 1, 0.0, 1.0, 0.45),
        Segment(2, 0, 2.0, 3.0, 0.52),
    ]
    found = make_spans(INFO, segments, {}, is_whole=False)
    assert [one["score"] for one in found] == [0.52, 0.45, 0.9]
    assert found[0] == {
        "track": 2,
        "label": "walk",
        "start_sec": 2.0,
        "end_sec": 3.0,
        "score": 0.52,
    }
    found = make_spans(INFO, segments, {"walk": 0.9}, is_whole=True)
    assert [one["score"] for one in found] == [0.9, 0.45, 0.52]
    assert {one["track"] for one in found} == {None}


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "tiny.pth"
    torch.save({"state_dict": zoo.load(CONFIG, weights=None).state_dict()}, path)
    return str(path)


@pytest.fixture
def folder(tmp_path):
    write_video(tmp_path / "a.mp4", num_frames=60)
    (tmp_path / "classes.txt").write_text("walk\n")
    opened = OwnFolder(tmp_path)
    opened.write_labels(
        VideoLabels("a.mp4", 160, 120, 2.0, tracks=(track(3, *np.arange(0, 2, 0.2)),))
    )
    return opened


def test_a_model_is_run_once_over_a_video(folder, weights):
    lines = []
    proposals = Proposals(folder, model=CONFIG, weights=weights, log=lines.append)
    assert proposals.get("a.mp4") == {"state": "computing", "spans": []}
    assert proposals.compute_next(["a.mp4"], lambda: False), lines
    found = proposals.get("a.mp4")
    assert found["state"] == "ready", lines
    assert {one["track"] for one in found["spans"]} == {3}
    assert all(0 <= one["start_sec"] < one["end_sec"] <= 2.1 for one in found["spans"])
    assert not proposals.compute_next(["a.mp4"], lambda: False)
    # A later start finds them.
    again = Proposals(folder, model=CONFIG, weights=weights)
    assert again.get("a.mp4") == found


@pytest.mark.parametrize(
    ("detector", "gives_people", "expected"),
    [(None, True, 3), ("group", True, None), ("whole_frame", False, None)],
)
def test_what_is_of_all_people_is_of_the_whole_frame(
    folder, monkeypatch, detector, gives_people, expected
):
    """The region of all people has the id 1, which is another person's in the labels."""
    folder.model_path.mkdir()
    (folder.model_path / "model.json").write_text(json.dumps({"detector": detector}))
    given = []

    def scored(*_, detector, **__):
        given.append(isinstance(detector, TrackDetector))
        return INFO, [Segment(3, 0, 0.0, 1.0, 0.9)]

    monkeypatch.setattr("stad.labeling.proposals.score_video", scored)
    proposals = Proposals(folder)
    assert proposals.compute_next(["a.mp4"], lambda: False)
    assert [one["track"] for one in proposals.get("a.mp4")["spans"]] == [expected]
    assert given == [gives_people]


def test_proposals_of_deleted_tracks_are_left_out(folder, weights):
    proposals = Proposals(folder, model=CONFIG, weights=weights)
    proposals.compute_next(["a.mp4"], lambda: False)
    labels = folder.read_labels("a.mp4")
    folder.write_labels(
        VideoLabels("a.mp4", 160, 120, 2.0, tracks=(track(9, 0.0, 0.2),), revision=labels.revision)
    )
    assert proposals.get("a.mp4") == {"state": "ready", "spans": []}


def test_a_failure_is_told_once(folder):
    lines = []
    proposals = Proposals(folder, model=str(folder.path / "none.py"), log=lines.append)
    assert proposals.compute_next(["a.mp4"], lambda: False)
    assert not proposals.compute_next(["a.mp4"], lambda: False)
    assert len(lines) == 1
    assert lines[0].startswith("note      no proposals for a.mp4: ")
    assert proposals.get("a.mp4") == {"state": "none", "spans": []}


def test_stopping_ends_the_run(folder, weights):
    proposals = Proposals(folder, model=CONFIG, weights=weights)
    assert not proposals.compute_next(["a.mp4"], lambda: True)
    assert proposals.get("a.mp4")["state"] == "computing"


def test_without_a_trained_model_there_are_none(folder):
    proposals = Proposals(folder)
    assert proposals.get("a.mp4") == {"state": "none", "spans": []}
    assert not proposals.compute_next(["a.mp4"], lambda: False)


def test_the_server_computes_them_in_the_background(folder, weights):
    with serve_folder(folder.path, model=CONFIG, weights=weights) as served:
        served.wait_until("a.mp4")
        found, end = {"state": ""}, time.monotonic() + 60
        while found["state"] != "ready" and time.monotonic() < end:
            time.sleep(0.05)
            found = served.call("GET", "/api/proposals", video="a.mp4").json
        assert found["state"] == "ready"
