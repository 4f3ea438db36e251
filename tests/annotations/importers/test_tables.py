"""CSV files and folders: timed labels, labels of clips, AVA, YOLO, class folders."""

from __future__ import annotations

import math

import pytest

from stad.annotations.importers import read_file, recognize
from stad.annotations.importers.contract import ReadOptions
from stad.annotations.importers.segments import parse_listed
from stad.errors import InputError


def read(tmp_path, text, *, name="labels.csv", **options):
    path = tmp_path / name
    path.write_text(text)
    return read_file(path, ReadOptions(**options))


def spans(video):
    return [(one.label, one.start, one.end) for one in video.spans]


HOME = """File Name,Length (seconds),Description, Classes
01.mp4,08, Bed, Sitting[0 to 1]; Sleeping[2 to 8]
02.mp4,08, Bed, Standing[2.4 to 3.6; 6.6 to 7.9; Walking[3.6 to 5.2]
03.mp4,08, Fall, Falling (SW) [1.8 to 5]:; Walking[ 0 to 1.8];
04.mp4,08, Talks, then falls, Falling[0 to 2; 3 to 4.5]
05.mp4,08, Reads, Reading; Sitting[0.8 to 8.1]

06.mp4,08, Odd, Sitting[5 to 2]
,08, Odd, Sitting[1 to 2]
"""


def test_rows_that_list_their_labels(tmp_path):
    found = read(tmp_path, HOME)
    assert recognize(tmp_path / "labels.csv") == "segments"
    assert {one.name: spans(one) for one in found.videos} == {
        "01.mp4": [("Sitting", 0.0, 1.0), ("Sleeping", 2.0, 8.0)],
        "03.mp4": [("Falling (SW)", 1.8, 5.0), ("Walking", 0.0, 1.8)],
        # A comma in a text without quotes.
        "04.mp4": [("Falling", 0.0, 2.0), ("Falling", 3.0, 4.5)],
    }
    place = tmp_path / "labels.csv"
    assert found.notes == (
        f"{place}:3 (02.mp4) is left out: the ']' after the times of 'Standing' is missing.",
        f"{place}:6 (05.mp4) is left out: the label 'Reading' has no times.",
        f"{place}:8 (06.mp4) is left out: the label 'Sitting' ends at 2 s, not after its start "
        "5 s.",
        f"{place}:9 (?) is left out: the video is missing.",
    )
    assert found.videos[0].folders == (tmp_path / "labels", tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Sitting[0 to 2", "the ']' after the times of 'Sitting' is missing"),
        ("Sitting", "the label 'Sitting' has no times"),
        ("Sitting[0 to x]", "expected times such as '0 to 2.5' for 'Sitting', got '0 to x'"),
        ("[0 to 1]", "expected 'Label"),
        ("a[1 to 2]]", "expected 'Label"),
        ("", "it has no label"),
    ],
)
def test_lists_that_are_wrong(text, said):
    with pytest.raises(ValueError, match=said.replace("[", r"\[")):
        parse_listed(text)


def test_a_row_for_each_label(tmp_path):
    text = "video,Start (s),end_sec,action,camera\na.mp4,0:01,1:02.5,run,k\na.mp4,2,3,,k\n"
    found = read(tmp_path, text + "b.mp4,2,2,run,k\nb.mp4,x,2,run,\n")
    assert spans(found.videos[0]) == [("run", 1.0, 62.5)]
    assert found.videos[0].source == "k"
    assert [note.partition(": ")[2] for note in found.notes] == [
        "the label is missing.",
        "the label 'run' ends at 2 s, not after its start 2 s.",
        "expected seconds, got 'x'.",
    ]


def test_a_label_for_each_clip(tmp_path):
    text = "clip,label,source\nfight/a.mp4,fight,5\nb.mp4,calm; dark,6\nb.mp4,red,7\nc.mp4,,1\n"
    found = read(tmp_path, text)
    assert recognize(tmp_path / "labels.csv") == "clips"
    assert [(one.name, one.source, spans(one)) for one in found.videos] == [
        ("fight/a.mp4", "5", [("fight", 0, math.inf)]),
        ("b.mp4", "6", [("calm", 0, math.inf), ("dark", 0, math.inf), ("red", 0, math.inf)]),
    ]
    assert [note.partition(".csv:")[2] for note in found.notes] == [
        "4: b.mp4 has another source above, '6'.",
        "5 (c.mp4) is left out: the label is missing.",
    ]


def test_ava_with_people(tmp_path):
    (tmp_path / "labels.txt").write_text("sit\nread\n")
    rows = ["a,1,0.1,0.1,0.2,0.4,1,3", "a,2,0.1,0.1,0.2,0.4,1,3", "a,2,0.1,0.1,0.2,0.4,2,3"]
    rows += ["a,3,0.5,0.1,0.4,0.4,2,3", "a,9,0.1,0.1,0.2,0.4,1,3"]
    found = read(tmp_path, "\n".join(rows) + "\n")
    assert recognize(tmp_path / "labels.csv") == "ava"
    (video,) = found.videos
    (track,) = video.tracks
    assert (track.id, track.places.tolist()) == (3, [1, 2, 9])
    assert track.breaks.tolist() == [False, True, False]
    assert sorted(spans(video)) == [("read", 1.5, 2.5), ("sit", 0.5, 2.5), ("sit", 8.5, 9.5)]
    assert found.notes[0].endswith("is left out: its box is not within 0 to 1.")


def test_ava_without_people_and_names(tmp_path):
    rows = "a,0902,0.1,0.1,0.2,0.4,12\na,0903,0.11,0.1,0.21,0.4,12\n"
    (video,) = read(tmp_path, rows).videos
    assert spans(video) == [("stand", 901.5, 903.5)]
    with pytest.raises(InputError, match=r"The class 12 has no name in the folder's classes\.txt"):
        read(tmp_path, rows, classes=("sit",))


def test_ava_detections_are_no_labels(tmp_path):
    with pytest.raises(InputError, match="these are scores"):
        read(tmp_path, "a,0902,0.1,0.1,0.2,0.4,12,0.7\n")


def test_yolo_names_and_columns(tmp_path):
    folder = tmp_path / "labels"
    (folder / "shop").mkdir(parents=True)
    (folder / "shop" / "000000.txt").write_text("1 0.5 0.5 0.2 0.4 0.9 4\n0 0.2 0.2 0.1 0.1 0.8 5")
    (folder / "shop" / "000001.txt").write_text("1 0.5 0.5 0.2 0.4 0.9 4\nx 0 0 0 0\n1 5 9 3 2\n")
    (folder / "readme.txt").write_text("hello")
    (tmp_path / "data.yaml").write_text("train: a\nnames:\n  0: walk\n  1: 'sit' # down\nnc: 2\n")
    found = read_file(folder, ReadOptions())
    (video,) = found.videos
    assert (video.name, [one.id for one in video.tracks]) == ("shop", [4, 5])
    assert video.tracks[0].boxes[0].tolist() == [0.4, 0.3, 0.6, 0.7]
    assert spans(video) == [("sit", 0, 2), ("walk", 0, 1)]
    assert len(found.notes) == 3
    (tmp_path / "data.yaml").write_text("names: ['walk']\n")
    with pytest.raises(InputError, match=r"data.yaml names 1 classes, and there is a class 1"):
        read_file(folder, ReadOptions())
    (tmp_path / "data.yaml").unlink()
    with pytest.raises(InputError, match="has no names of classes"):
        read_file(folder, ReadOptions())
    assert read_file(folder, ReadOptions(classes=("a", "b"))).labels == ("a", "b")


def test_class_folders(tmp_path):
    for name in ("fight/a.mp4", "no_fight/b.mp4"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("")
    assert recognize(tmp_path) == "folders"
    found = read_file(tmp_path, ReadOptions())
    assert [(one.name, spans(one)) for one in found.videos] == [
        ("fight/a.mp4", [("fight", 0, math.inf)]),
        ("no_fight/b.mp4", [("no_fight", 0, math.inf)]),
    ]


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "", "video,label\n"])
def test_other_csv(tmp_path, text):
    with pytest.raises(InputError, match=r"is not recognized|has no labels"):
        read(tmp_path, text)
