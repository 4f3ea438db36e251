"""Import into a folder: videos, classes, sources, and labels that are there already."""

from __future__ import annotations

import json

import pytest

from stad.annotations.own.fingerprint import fingerprint
from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.labels import LabelSpan, VideoLabels
from stad.annotations.own.split import read_sources
from stad.errors import InputError
from stad.own_classes.importing import ImportRequest, import_labels
from tests.annotations.importers.label_files import cvat_xml, random_people
from tests.own_classes.folders import folder_with, put_video, track_of

CSV = "video,label,source\na.mp4,fight,x\nb.mp4,no_fight,y\n"


def run(folder, *files, **more):
    path = folder.path if isinstance(folder, OwnFolder) else folder
    return import_labels(ImportRequest(folder=path, files=tuple(files), **more))


def csv(tmp_path, text=CSV, *, name="labels.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


def spans(folder, video):
    return [
        (one.track, one.label, one.start_sec, one.end_sec, one.is_positive)
        for one in folder.read_labels(video).spans
    ]


def test_labels_classes_and_sources_of_clips(tmp_path):
    folder = folder_with(tmp_path / "mine", "a.mp4", "b.mp4")
    result = run(folder, csv(tmp_path))
    assert folder.classes() == result.choice.new == ("fight",)
    assert spans(folder, "a.mp4") == [(None, "fight", 0, 4, True)]
    assert spans(folder, "b.mp4") == [(None, "fight", 0, 4, False)]
    labels = folder.read_labels("a.mp4")
    assert (labels.width_px, labels.height_px, labels.duration_sec) == (160, 120, 4.0)
    assert labels.fingerprint == fingerprint(folder.path / "a.mp4")
    assert read_sources(folder) == {"a.mp4": "source x", "b.mp4": "source y"}
    assert (result.sources, result.notes) == (["a.mp4", "b.mp4"], [])
    again = run(folder, csv(tmp_path))
    assert (again.labels, again.unchanged, again.left) == ({}, ["a.mp4", "b.mp4"], [])
    assert folder.read_labels("a.mp4").revision == 1


def test_frames_of_cvat_at_the_times_of_the_video(tmp_path):
    folder = folder_with(tmp_path / "mine", "in/clip.mp4")
    people = random_people(4)
    path = tmp_path / "task.xml"
    path.write_text(cvat_xml(people))
    result = run(folder, path, others="negative")
    labels = result.labels["in/clip.mp4"]
    assert labels.is_complete
    assert {track.id: len(track.times_sec) for track in labels.tracks} == {
        one.id: len(one.boxes) for one in people
    }
    expected = sorted(span for one in people for span in one.spans())
    found = sorted((one.track, one.label, one.start_sec, one.end_sec) for one in labels.spans)
    assert found == expected


def test_videos_that_are_not_there(tmp_path):
    folder = folder_with(tmp_path / "mine", "a.mp4", "bee.mp4")
    text = CSV + "beee.mp4,fight,z\nc.mp4,fight,z\n"
    result = run(folder, csv(tmp_path, text))
    names = {key.partition(" (")[0]: reason for key, reason in result.missing.items()}
    assert names == {
        "b.mp4": f"is not in {folder.path}",
        "beee.mp4": f"is not in {folder.path}; perhaps bee.mp4",
        "c.mp4": f"is not in {folder.path}",
    }
    assert list(result.labels) == ["a.mp4"]
    kept = run(folder, csv(tmp_path, text), keep_missing=True)
    assert sorted(kept.labels) == ["b.mp4", "beee.mp4", "c.mp4"]
    assert folder.read_labels("c.mp4").fingerprint == ""
    put_video(folder.path / "c.mp4", shade=90)
    run(folder, csv(tmp_path, text))
    # The video is there now: its labels know it.
    assert folder.read_labels("c.mp4").fingerprint == fingerprint(folder.path / "c.mp4")
    assert folder.read_labels("c.mp4").duration_sec == 4.0
    with pytest.raises(InputError, match=r"None of the 2 videos is there: x\.mp4 .*--videos DIR"):
        run(folder, csv(tmp_path, "video,label\nx.mp4,a\ny.mp4,a\n"))


@pytest.mark.parametrize("transfer", ["link", "copy"])
def test_videos_that_are_elsewhere(tmp_path, transfer):
    put_video(tmp_path / "theirs" / "labels" / "01.mp4")
    put_video(tmp_path / "theirs" / "other" / "02.mp4", shade=60)
    mine = tmp_path / "mine"
    text = "video,classes\n01.mp4,sit[0 to 1]\n"
    path = csv(tmp_path / "theirs", text)
    folder = folder_with(mine)
    with pytest.raises(InputError, match=r"not below .*mine: .*01\.mp4\. Add --link or --copy"):
        run(folder, path)
    result = run(folder, path, transfer=transfer)
    target = mine / "labels" / "01.mp4"
    assert result.brought == ["labels/01.mp4"]
    assert target.is_symlink() is (transfer == "link")
    assert spans(folder, "labels/01.mp4") == [(None, "sit", 0, 1, True)]
    # A folder that does not exist is made, and --videos says where they are.
    new = tmp_path / "new" / "mine"
    path = csv(tmp_path, "video,label\n02,run\n", name="clips.csv")
    result = run(new, path, transfer=transfer, videos=tmp_path / "theirs")
    assert result.brought == ["other/02.mp4"]
    assert spans(OwnFolder(new), "other/02.mp4") == [(None, "run", 0, 4, True)]


def test_videos_of_one_name_are_not_mixed_up(tmp_path):
    for number, person in enumerate(("p1", "p2")):
        put_video(tmp_path / person / "x" / "01.mp4", shade=50 + 20 * number)
        csv(tmp_path / person, f"video,classes\n01.mp4,act{number}[0 to 1]\n", name="x.csv")
    folder = folder_with(tmp_path / "mine")
    files = [tmp_path / person / "x.csv" for person in ("p1", "p2")]
    result = run(folder, *files, transfer="copy")
    assert result.brought == ["p1/x/01.mp4", "p2/x/01.mp4"]
    assert spans(folder, "p2/x/01.mp4") == [(None, "act1", 0, 1, True)]
    again = run(folder, *files, transfer="copy")
    assert (again.brought, again.unchanged) == ([], ["p1/x/01.mp4", "p2/x/01.mp4"])


def test_labels_that_are_there_stay(tmp_path):
    folder = folder_with(tmp_path / "mine", "a.mp4", "b.mp4", classes=("phone",))
    mine = LabelSpan(0, "phone", 0.0, 1.0)
    folder.write_labels(VideoLabels("a.mp4", tracks=(track_of(0, [0.0, 2.0]),), spans=(mine,)))
    result = run(folder, csv(tmp_path))
    assert (result.left, list(result.labels)) == (["a.mp4"], ["b.mp4"])
    assert folder.read_labels("a.mp4").spans == (mine,)
    merged = run(folder, csv(tmp_path), existing="merge").labels["a.mp4"]
    assert set(merged.spans) == {mine, LabelSpan(None, "fight", 0, 4)}
    replaced = run(folder, csv(tmp_path), existing="overwrite").labels["a.mp4"]
    assert replaced.spans == (LabelSpan(None, "fight", 0, 4),)
    # A file without people leaves those that were found.
    assert [one.id for one in replaced.tracks] == [0]
    assert replaced.revision == 3


def test_people_without_labels_are_not_in_the_way(tmp_path):
    folder = folder_with(tmp_path / "mine", "a.mp4", "b.mp4")
    folder.write_labels(VideoLabels("a.mp4", tracks=(track_of(3, [0.0, 2.0]),)))
    labels = run(folder, csv(tmp_path)).labels["a.mp4"]
    assert ([one.id for one in labels.tracks], len(labels.spans)) == ([3], 1)


def test_the_class_of_a_folder_is_kept(tmp_path):
    folder = folder_with(tmp_path / "mine", "fight/clip.mp4", "calm/b.mp4")
    path = tmp_path / "task.xml"
    path.write_text(cvat_xml(random_people(4)))
    result = run(folder, path, renames={"fall": "fight"})
    assert folder.classes() == ("calm", "fight", "walk", "phone")
    assert LabelSpan(None, "fight", 0.0, 1e9) in result.labels["fight/clip.mp4"].spans
    # Folders that are no classes are told.
    other = folder_with(tmp_path / "other", "p1/clip.mp4", "p2/b.mp4")
    result = run(other, path)
    assert other.classes() == ("walk", "phone", "fall")
    assert "folders of the videos (p1, p2) are not taken for classes" in " ".join(result.notes)


def test_a_trial_writes_nothing(tmp_path):
    put_video(tmp_path / "a.mp4")
    folder = folder_with(tmp_path / "mine", "b.mp4")
    before = sorted(folder.path.rglob("*"))
    result = run(folder, csv(tmp_path), transfer="copy", is_trial=True)
    assert sorted(result.labels) == ["a.mp4", "b.mp4"]
    assert sorted(folder.path.rglob("*")) == before


def test_frames_of_a_video_that_cannot_be_read(tmp_path):
    folder = folder_with(tmp_path / "mine")
    (folder.path / "clip.mp4").write_bytes(b"no video")
    path = tmp_path / "task.xml"
    path.write_text(cvat_xml(random_people(4)))
    result = run(folder, path)
    assert not result.labels
    assert "frames per second are not known" in " ".join(result.notes)
    labels = run(folder, path, fps=5.0).labels["clip.mp4"]
    assert labels.duration_sec == 0.0
    assert max(track.end_sec for track in labels.tracks) > 4.0


def test_sources_that_are_there_stay(tmp_path):
    folder = folder_with(tmp_path / "mine", "a.mp4", "b.mp4")
    (folder.path / "sources.csv").write_text("video,day,source\na.mp4,mon,k\ngone.mp4,tue,l\n")
    result = run(folder, csv(tmp_path))
    assert result.sources == ["b.mp4"]
    assert any("keeps its source 'k'" in note for note in result.notes)
    text = (folder.path / "sources.csv").read_text()
    assert text == "video,day,source\na.mp4,mon,k\ngone.mp4,tue,l\nb.mp4,,y\n"


def test_only_some_classes_of_several_files(tmp_path):
    folder = folder_with(tmp_path / "mine", "a.mp4")
    first = csv(tmp_path, "video,classes\na.mp4,sit[0 to 3]; read[1 to 2]\n", name="1.csv")
    second = csv(tmp_path, "video,classes\na.mp4,read[1.5 to 2.5]\n", name="2.csv")
    run(folder, first, second, classes=("read",))
    assert spans(folder, "a.mp4") == [
        (None, "", 0, 1, True),
        (None, "read", 1, 2.5, True),
        (None, "", 2.5, 3, True),
    ]


def test_stads_own_detections(tmp_path):
    folder = folder_with(tmp_path / "mine", "a.mp4")
    times = [0.0, 0.5, 1.0]
    images = [{"id": n, "video_id": 1, "time_sec": t} for n, t in enumerate(times, start=1)]
    track = {"id": 1, "video_id": 1, "category_id": 1, "instance_id": 7}
    boxes = [
        {"id": n, "image_id": n, "track_id": 1, "instance_id": 7, "category_id": 1}
        | {"bbox": [10, 10, 20, 40]}
        for n in (1, 2, 3)
    ]
    document = {
        "videos": [{"id": 1, "file_name": "a.mp4", "width": 160, "height": 120}],
        "images": images,
        "tracks": [track | {"start_sec": 0.2, "end_sec": 0.9, "score": 0.8}],
        "annotations": boxes,
        "categories": [{"id": 1, "name": "sit"}],
    }
    path = tmp_path / "found.json"
    path.write_text(json.dumps(document))
    labels = run(folder, path).labels["a.mp4"]
    assert labels.spans == (LabelSpan(7, "sit", 0.2, 0.9),)
    assert labels.tracks[0].times_sec.tolist() == times
