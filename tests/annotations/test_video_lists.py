"""Lists of videos in all their forms, and what is said of wrong ones."""

import json
import random
import string

import pytest

from stad.annotations.listed_videos import find_listed, list_class_folders
from stad.annotations.video_lists import label_numbers, list_text, read_video_list
from stad.errors import InputError
from tests.annotations.list_files import CLASSES, HEADER, found, touch, write


def test_lines_of_paths_and_labels(tmp_path):
    path = write(tmp_path, "train.txt", "a/one two.mp4 0\n\nb.webm\t2\n")
    listed = read_video_list(path)
    assert listed.names == (("a/one two.mp4",), ("b.webm",))
    assert listed.labels == (0, 2)
    touch(tmp_path, "b.webm")
    assert found(listed, tmp_path) == [("b.webm", 2)]
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
    expected = ["air_drumming/-3B32lodo2M_000059_000069.mp4", "abc_D_0_10.mkv", "eee.mp4"]
    videos, missing, notes = find_listed(listed, tmp_path / "v", CLASSES, label_map="x")
    assert videos == tuple(zip(expected, (1, 2, 0), strict=True))
    assert missing == {"none_000001_000011": f"is not in {tmp_path / 'v'}"}
    assert notes == ()
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
    assert found(listed, tmp_path / "v", ["Dropping", "holding something"]) == [("8.webm", 0)]


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
        ("a.csv", f'{HEADER}zumba,"{"x" * 200_000},1,2\n', "is not CSV .*quotation marks"),
        # The rest of the file would be the last field of the first row.
        ("a.csv", f'{HEADER}zumba,a,1,2,"train\nzumba,b,1,2,val\n', "is not CSV"),
        ("a.json", "[" * 100_000, "RecursionError"),
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


def test_labels_from_1_are_guessed(tmp_path):
    rows = "".join(f"{number}.mp4 {number}\n" for number in (1, 2, 3, 1, 2))
    listed = read_video_list(write(tmp_path, "a.txt", rows))
    with pytest.raises(InputError) as caught:
        label_numbers(listed, CLASSES, label_map="mine.txt")
    said = str(caught.value)
    assert "1 of 5 rows have such classes, the first one for 3.mp4" in said
    assert said.endswith("These look like numbers from 1: subtract 1 from all.")
    listed = read_video_list(write(tmp_path, "a.txt", "a.mp4 0\nb.mp4 7\n"))
    with pytest.raises(InputError, match=r"first one for b\.mp4\.$"):
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
