"""Lists of videos in all their forms, and what is said of wrong ones."""

import json
import random
import string

import pytest

from stad.annotations.video_lists import (
    find_listed,
    label_numbers,
    list_class_folders,
    list_text,
    read_video_list,
)
from stad.errors import InputError

HEADER = "label,youtube_id,time_start,time_end\n"
CLASSES = ("abseiling", "Air drumming", "zumba")


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def write(folder, name, text):
    (folder / name).write_text(text)
    return folder / name


def found(listed, folder, classes=CLASSES, **options):
    """The videos that are there; nothing is said."""
    videos, _, notes = find_listed(listed, folder, classes, label_map="x", **options)
    assert notes == ()
    return list(videos)


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


def test_folders_of_classes(tmp_path):
    touch(tmp_path, "zumba/b.mp4", "air_drumming/x/a.MKV", "zumba/notes.txt", "zumba/.b.part.mp4")
    touch(tmp_path, "loose.mp4")
    listed = list_class_folders(tmp_path)
    assert listed.names == (("air_drumming/x/a.MKV",), ("zumba/b.mp4",))
    assert label_numbers(listed, CLASSES, label_map="x") == [1, 2]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no folders of classes"):
        list_class_folders(tmp_path / "empty")
    with pytest.raises(InputError, match=r"there is no folder of videos .*/none"):
        list_class_folders(tmp_path / "none")


def test_a_video_that_is_listed_again_counts_once(tmp_path):
    touch(tmp_path, "a.mp4", "b.mp4")
    rows = "a.mp4 0\nb.mp4 1\n./a.mp4 0\nno.mp4 1\na.mp4 0\nno.mp4 1\n"
    listed = read_video_list(write(tmp_path, "a.txt", rows))
    videos, missing, notes = find_listed(listed, tmp_path, CLASSES, label_map="x")
    assert videos == (("a.mp4", 0), ("b.mp4", 1))
    assert list(missing) == ["no.mp4"]
    assert len(notes) == 1
    assert notes[0].endswith("counts once: 2 rows are not used (./a.mp4, a.mp4)")


def test_a_video_of_two_classes_is_refused(tmp_path):
    touch(tmp_path, "v/a.mp4", "v/AAA.mp4")
    lines = read_video_list(write(tmp_path, "a.txt", "a.mp4 0\na.mp4 2\n"))
    said = r"a\.txt gives a\.mp4 two classes, 'abseiling' and 'zumba': leave one of the rows out$"
    with pytest.raises(InputError, match=said):
        find_listed(lines, tmp_path / "v", CLASSES, label_map="x")
    # Two parts of a video that is there as a whole.
    rows = HEADER + "zumba,AAA,0,10\nabseiling,AAA,20,30\n"
    with pytest.raises(InputError, match=r"AAA\.mp4 two classes, .* cut the video to the times"):
        find_listed(
            read_video_list(write(tmp_path, "a.csv", rows)),
            tmp_path / "v",
            CLASSES,
            label_map="x",
        )
    touch(tmp_path, "v/AAA_0_10.mp4")
    listed = read_video_list(tmp_path / "a.csv")
    assert found(listed, tmp_path / "v") == [("AAA_0_10.mp4", 2), ("AAA.mp4", 0)]


def test_of_files_of_one_name_the_first_is_taken(tmp_path):
    touch(tmp_path, "v/train/7.webm", "v/val/7.webm", "v/a/7.mp4", "v/8.webm", "v/old/9.mp4")
    touch(tmp_path, "v/9.mp4")
    rows = [{"id": "7", "label": "zumba"}, {"id": "8", "label": "zumba"}]
    listed = read_video_list(write(tmp_path, "a.json", json.dumps(rows)))
    videos, missing, notes = find_listed(listed, tmp_path / "v", CLASSES, label_map="x")
    assert (videos, missing) == ((("a/7.mp4", 2), ("8.webm", 2)), {})
    assert len(notes) == 1
    assert notes[0].endswith("taken: 1 are (a/7.mp4, not train/7.webm, val/7.webm)")


def test_videos_as_folders_of_pictures(tmp_path):
    touch(tmp_path, "v/zumba/7/1.jpg", "v/zumba/7/2.jpg", "v/air_drumming/8.x/1.PNG")
    touch(tmp_path, "v/cover.jpg", "v/zumba/cover.jpg", "v/zumba/9/notes.txt", "v/10.mp4")
    folder = tmp_path / "v"
    listed = list_class_folders(folder, are_frames=True)
    expected = [("air_drumming/8.x", 1), ("zumba/7", 2)]
    assert found(listed, folder, are_frames=True) == expected
    rows = [{"id": name, "label": "zumba"} for name in ("7", "8.x", "10.mp4", "9")]
    listed = read_video_list(write(tmp_path, "a.json", json.dumps(rows)))
    videos, missing, _ = find_listed(listed, folder, CLASSES, label_map="x", are_frames=True)
    assert videos == (("zumba/7", 2), ("air_drumming/8.x", 2))
    assert missing == {
        "10.mp4": "is no folder of pictures, as frames_fps says",
        "9": f"is not in {folder}",
    }
    with pytest.raises(InputError, match="no folders of classes with folders of pictures"):
        list_class_folders(folder / "air_drumming" / "8.x", are_frames=True)


def test_folders_and_endless_names_are_no_video_files(tmp_path):
    touch(tmp_path, "v/a/1.jpg")
    long = "x" * 300
    listed = read_video_list(write(tmp_path, "a.txt", f"a 0\n{long} 1\n"))
    videos, missing, _ = find_listed(listed, tmp_path / "v", CLASSES, label_map="x")
    assert videos == ()
    assert missing["a"].startswith("is a folder: where videos are folders of pictures, give")
    assert missing[long] == f"is not in {tmp_path / 'v'}"


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
        ("a.csv", f'{HEADER}zumba,"{"x" * 200_000},1,2\n', "is no CSV .*quotation marks"),
        # The rest of the file would be the last field of the first row.
        ("a.csv", f'{HEADER}zumba,a,1,2,"train\nzumba,b,1,2,val\n', "is no CSV"),
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
