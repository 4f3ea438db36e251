"""The label server over real HTTP: what the page reads and writes."""

import errno
import json
import threading

import pytest

from stad.utils import files
from tests.videos import write_video

OTHER = "day 1/b & ü.avi"
WALK = {"track": 0, "label": "walk", "start_sec": 0.1, "end_sec": 0.6}


def test_overview_has_classes_and_videos(served):
    for video, state in (("a.mp4", "ready"), (OTHER, "ready"), ("bad.mp4", "failed")):
        served.wait_until(video, state)
    found = served.call("GET", "/api/project").json
    assert found["folder"] == "mine"
    assert [one["name"] for one in found["classes"]] == ["walk", "run"]
    assert found["classes"][0] == {"name": "walk", **found["palette"][0]}
    assert found["has_model"] is False
    videos = {one["name"]: one for one in found["videos"]}
    assert sorted(videos) == ["a.mp4", "bad.mp4", OTHER]
    assert "cannot be read as one" in videos["bad.mp4"]["message"]
    expected = {
        "state": "ready",
        "progress": 1.0,
        "message": "",
        "duration_sec": 1.0,
        "width": 160,
        "height": 120,
        "num_tracks": 1,
        "num_labelled_tracks": 0,
        "num_spans": 0,
        "labelled_sec": 0,
        "clip_labels": [],
        "revision": 0,
    }
    assert expected.items() <= videos["a.mp4"].items()


def test_labels_come_with_people_and_media(served):
    served.wait_until(OTHER)
    found = served.call("GET", "/api/labels", video=OTHER).json
    assert found["video"] == OTHER
    assert found["fps"] == 30.0
    assert [one["id"] for one in found["tracks"]] == [0]
    assert found["media"].startswith("/media?video=day+1%2Fb+%26+")
    media = served.call("GET", found["media"])
    assert media.status == 200
    assert media.headers["content-type"] == "video/mp4"
    assert media.body[4:8] == b"ftyp"


def test_labels_of_a_video_whose_people_are_not_known_have_its_size(served):
    served.wait_until("a.mp4")
    served.folder.cache_path("people").joinpath("a.mp4.json").unlink()
    found = served.call("GET", "/api/labels", video="a.mp4").json
    assert (found["width"], found["height"], found["fps"], found["tracks"]) == (160, 120, 30.0, [])


def test_a_part_of_a_video_is_sent(served):
    served.wait_until("a.mp4")
    whole = served.folder.video_path("a.mp4").read_bytes()
    part = served.call("GET", "/media", headers={"Range": "bytes=100-199"}, video="a.mp4")
    assert part.status == 206
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole)}"
    assert part.body == whole[100:200]
    beyond = {"Range": f"bytes={len(whole)}-"}
    assert served.call("GET", "/media", headers=beyond, video="a.mp4").status == 416


def test_a_change_is_written_with_all_tracks(served):
    served.wait_until("a.mp4")
    drawn = {"id": 4, "origin": "drawn", "boxes": [[0.0, 1, 2, 30, 40], [0.5, 2, 2, 31, 40]]}
    answer = served.save("a.mp4", spans=[WALK], tracks_changed=[drawn], complete=True)
    assert (answer.status, answer.json) == (200, {"revision": 1})
    labels = served.folder.read_labels("a.mp4")
    assert [one.id for one in labels.tracks] == [0, 4]
    assert [one.label for one in labels.spans] == ["walk"]
    assert labels.is_complete
    assert labels.fingerprint
    assert served.save("a.mp4", revision=1, spans=[WALK], tracks_removed=[4]).json["revision"] == 2
    labels = served.folder.read_labels("a.mp4")
    assert [one.id for one in labels.tracks] == [0]
    assert labels.is_complete, "what a change does not name stays"
    found = {one["name"]: one for one in served.call("GET", "/api/project").json["videos"]}
    assert found["a.mp4"]["num_labelled_tracks"] == 1
    assert found["a.mp4"]["labelled_sec"] == 0.5


def test_deleted_people_stay_deleted(served):
    served.wait_until("a.mp4")
    assert served.save("a.mp4", tracks_removed=[0]).status == 200
    assert served.call("GET", "/api/labels", video="a.mp4").json["tracks"] == []


def test_two_tabs_do_not_overwrite_each_other(served):
    served.wait_until("a.mp4")
    assert served.save("a.mp4", spans=[WALK]).status == 200
    second = served.save("a.mp4", spans=[])
    assert second.status == 409
    assert second.json["error"].endswith("Load them again.")
    assert second.json["labels"]["revision"] == 1
    assert second.json["labels"]["spans"][0]["label"] == "walk"


def test_of_many_writers_at_once_one_wins(served):
    served.wait_until("a.mp4")
    states = []

    def write(number):
        spans = [{**WALK, "end_sec": 0.2 + number / 100}]
        states.append((served.save("a.mp4", spans=spans).status, number))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    winners = [number for status, number in states if status == 200]
    assert sorted(status for status, _ in states) == [200] + 7 * [409]
    [span] = served.folder.read_labels("a.mp4").spans
    assert span.end_sec == pytest.approx(0.2 + winners[0] / 100)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"spans": [{**WALK, "track": 7}]}, "the track 7, and there is none"),
        ({"spans": [{**WALK, "end_sec": 0.0}]}, "The start must be 0 or more"),
        ({"spans": [{"track": 0}]}, "cannot be read"),
        ({"spans": "walk"}, "cannot be read"),
        ({"spans": [], "tracks_changed": [{"id": 0, "boxes": [[0, 1]]}]}, "time_sec, x1"),
        ({"spans": [], "tracks_removed": ["x"]}, "cannot be read"),
        ({"spans": [], "revision": None}, "cannot be read"),
    ],
)
def test_a_change_that_cannot_be_right_is_refused(served, change, said):
    served.wait_until("a.mp4")
    answer = served.save("a.mp4", **change)
    assert answer.status == 400
    assert said in answer.json["error"]
    assert not served.folder.labels_path("a.mp4").exists()


def test_a_full_disk_is_told_and_loses_nothing(served, monkeypatch):
    served.wait_until("a.mp4")
    assert served.save("a.mp4", spans=[WALK]).status == 200
    before = served.folder.labels_path("a.mp4").read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    answer = served.save("a.mp4", revision=1, spans=[])
    assert answer.status == 507
    assert "No space left on device. Free some space" in answer.json["error"]
    assert served.folder.labels_path("a.mp4").read_bytes() == before
    monkeypatch.undo()
    assert served.save("a.mp4", revision=1, spans=[]).status == 200


def test_classes_are_added_at_the_end(served):
    answer = served.call("POST", "/api/classes", {"name": " read a book "})
    names = [one["name"] for one in answer.json["classes"]]
    assert names == ["walk", "run", "read a book"]
    assert served.folder.classes() == ("walk", "run", "read a book")
    for name, said in (("Walk", "there already"), ("a,b", "cannot be the name"), (3, "a text")):
        refused = served.call("POST", "/api/classes", {"name": name})
        assert refused.status == 400
        assert said in refused.json["error"]


def test_a_drawn_box_is_followed(served):
    served.wait_until("a.mp4")
    # Frame 15 of the moving square: 40 to 60 px.
    drawn = {"time_sec": 0.5, "box": [40, 40, 60, 80]}
    found = served.call("POST", "/api/track", drawn, video="a.mp4").json
    assert found["track"]["id"] == 1
    assert found["track"]["origin"] == "drawn"
    times = [row[0] for row in found["track"]["boxes"]]
    assert times[0] <= 1 / 15
    # The last people were detected at 0.8 s; a plain square has nothing that could be followed.
    assert times[-1] >= 0.75
    for time_sec, left, top, right, bottom in found["track"]["boxes"]:
        assert left == pytest.approx(10 + 2 * round(time_sec * 30), abs=2)
        assert (top, right - left, bottom) == pytest.approx((40, 20, 80), abs=3)
    assert found["message"].startswith("Followed from 0.0 s (the video ends there) to 0.8 s")
    again = served.call("POST", "/api/track", drawn, video="a.mp4").json
    assert again["track"]["id"] == 2, "an id is given once"
    wrong = served.call("POST", "/api/track", {"time_sec": 0.5, "box": [1, 2]}, video="a.mp4")
    assert wrong.status == 400
    assert "pixels, inside the frame" in wrong.json["error"]


def test_without_a_model_nothing_is_proposed(served):
    answer = served.call("GET", "/api/proposals", video="a.mp4")
    assert answer.json == {"state": "none", "spans": []}


def test_a_video_that_is_added_later_is_prepared(served):
    served.wait_until("a.mp4")
    write_video(served.folder.path / "later.mp4", num_frames=10)
    names = [one["name"] for one in served.call("GET", "/api/project").json["videos"]]
    assert "later.mp4" in names
    served.wait_until("later.mp4")


def test_a_broken_file_of_labels_is_told_and_not_overwritten(served):
    served.wait_until("a.mp4")
    path = served.folder.labels_path("a.mp4")
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"format": "other"}))
    for answer in (
        served.call("GET", "/api/labels", video="a.mp4"),
        served.save("a.mp4", spans=[WALK]),
    ):
        assert answer.status == 400
        assert str(path) in answer.json["error"]
    assert json.loads(path.read_text()) == {"format": "other"}
    found = {one["name"]: one for one in served.call("GET", "/api/project").json["videos"]}
    assert str(path) in found["a.mp4"]["message"]
