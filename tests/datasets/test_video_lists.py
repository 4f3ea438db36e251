"""Lists of videos in all their forms, and what is said of wrong ones."""

import json
import random
import string

import pytest

from stad.datasets.video_lists import (
    label_numbers,
    list_class_folders,
    list_text,
    locate,
    read_video_list,
)
from stad.errors import InputError

CLASSES = ("abseiling", "Air drumming", "zumba")


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def write(folder, name, text):
    (folder / name).write_text(text)
    return folder / name


def test_lines_of_paths_and_labels(tmp_path):
    path = write(tmp_path, "train.txt", "a/one two.mp4 0\n\nb.webm\t2\n")
    listed = read_video_list(path)
    assert listed.names == (("a/one two.mp4",), ("b.webm",))
    assert listed.labels == (0, 2)
    touch(tmp_path, "b.webm")
    assert locate(listed, tmp_path) == [None, "b.webm"]
    assert label_numbers(listed, CLASSES, label_map="x") == [0, 2]
    assert list_text([("a/one two.mp4", 0), ("b.webm", 2)]) == "a/one two.mp4 0\nb.webm 2\n"


def test_the_csv_of_kinetics(tmp_path):
    header = "label,youtube_id,time_start,time_end,split\n"
    rows = 'air drumming,-3B32lodo2M,59,69,train\n"zumba",abc_D,0,10,train\n'
    rows += "abseiling,eee,1,11,train\nzumba,none,1,11,train\n"
    listed = read_video_list(write(tmp_path, "train.csv", header + rows))
    assert listed.labels == ("air drumming", "zumba", "abseiling", "zumba")
    assert listed.class_names == ("abseiling", "air drumming", "zumba")
    # The three ways in which downloaders name the files, in folders or not.
    touch(tmp_path, "v/air_drumming/-3B32lodo2M_000059_000069.mp4", "v/abc_D_0_10.mkv", "v/eee.mp4")
    expected = ["air_drumming/-3B32lodo2M_000059_000069.mp4", "abc_D_0_10.mkv", "eee.mp4", None]
    assert locate(listed, tmp_path / "v") == expected
    assert label_numbers(listed, CLASSES, label_map="x") == [1, 2, 0, 2]


def test_the_json_of_something_something(tmp_path):
    rows = [
        {
            "id": "7",
            "label": "holding a cup",
            "template": "Holding [something]",
            "placeholders": [],
        },
        {"id": 8, "label": "Dropping"},
    ]
    listed = read_video_list(write(tmp_path, "train.json", json.dumps(rows)))
    assert listed.labels == ("Holding something", "Dropping")
    touch(tmp_path, "v/8.webm")
    assert locate(listed, tmp_path / "v") == [None, "8.webm"]


def test_folders_of_classes(tmp_path):
    touch(tmp_path, "zumba/b.mp4", "air_drumming/x/a.MKV", "zumba/notes.txt", "zumba/.b.part.mp4")
    touch(tmp_path, "loose.mp4")
    listed = list_class_folders(tmp_path)
    assert listed.names == (("air_drumming/x/a.MKV",), ("zumba/b.mp4",))
    assert label_numbers(listed, CLASSES, label_map="x") == [1, 2]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no folders of classes"):
        list_class_folders(tmp_path / "empty")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.txt", "one.mp4 0\ntwo.mp4\n", "line 2: expected 'path label'"),
        ("a.txt", "one.mp4 zumba\n", "line 1: expected 'path label'"),
        ("a.txt", "one.mp4 -1\n", "line 1"),
        ("a.txt", "one.mp4 1.5\n", "line 1"),
        ("a.txt", f"one.mp4 {'9' * 5000}\n", "line 1"),
        ("a.txt", "\n", "lists no video"),
        ("a.csv", "youtube_id,time_start,time_end,split\na,1,2,test\n", "no column label"),
        ("a.csv", "label,youtube_id,time_start,time_end\nzumba,a,x,2\n", "line 2: expected"),
        ("a.csv", "label,youtube_id,time_start,time_end\nzumba,a\n", "line 2: expected"),
        ("a.csv", "", "no column"),
        ("a.json", "{", "Something-Something's list"),
        ("a.json", '[{"id": 1}]', "KeyError"),
        ("a.json", "[3]", "Something-Something's list"),
        ("a.json", "[]", "lists no video"),
        ("a.xml", "<a/>", r"ends in \.txt, \.list, \.csv, \.json"),
    ],
)
def test_what_is_no_list(tmp_path, name, text, said):
    with pytest.raises(InputError, match=said):
        read_video_list(write(tmp_path, name, text))


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match="cannot be read as a list"):
        read_video_list(tmp_path / "none.txt")
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read as a list"):
        read_video_list(tmp_path / "a.csv")


@pytest.mark.parametrize("label", [3, "tango"])
def test_a_label_that_the_label_map_has_not(tmp_path, label):
    listed = read_video_list(write(tmp_path, "a.txt", "a.mp4 3\n"))
    if label == "tango":
        touch(tmp_path, "v/tango/a.mp4")
        listed = list_class_folders(tmp_path / "v")
    with pytest.raises(InputError, match=f"class {label!r}, which is none of the 3 of label_map"):
        label_numbers(listed, CLASSES, label_map="mine.txt")


@pytest.mark.parametrize("suffix", [".txt", ".csv", ".json"])
def test_any_text_gives_a_list_or_an_input_error(tmp_path, suffix):
    rng = random.Random(suffix)
    header = {".csv": "label,youtube_id,time_start,time_end\n", ".json": "[{", ".txt": ""}[suffix]
    for _ in range(300):
        text = "".join(rng.choices(string.printable + '",{}[]:' * 5, k=rng.randrange(60)))
        path = write(tmp_path, f"a{suffix}", header + text)
        try:
            listed = read_video_list(path)
        except InputError:
            continue
        assert len(listed.names) == len(listed.labels) > 0
