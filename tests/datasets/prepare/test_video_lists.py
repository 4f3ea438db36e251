"""Lists out of what data sets publish: what is on the disk is in them, the rest is named."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from stad.datasets.prepare.published_lists import (
    read_class_file,
    read_class_folders,
    read_files,
    read_hmdb51,
    read_ucf101,
)
from stad.datasets.prepare.video_lists import write_lists
from stad.errors import InputError
from tests.annotations.list_files import touch, write
from tests.videos import write_video

ROOT = Path(__file__).parents[3]
HEADER = "label,youtube_id,time_start,time_end,split\n"


def lines(path):
    return path.read_text().splitlines()


def test_kinetics(tmp_path):
    touch(tmp_path / "data", "train/zumba/a_000001_000011.mp4", "val/b_000002_000012.mp4")
    rows = "zumba,a,1,11,train\nabseiling,gone,1,11,train\n"
    files = [
        write(tmp_path, "kinetics_train.csv", HEADER + rows),
        write(tmp_path, "validate.csv", HEADER + "abseiling,b,2,12,val\n"),
    ]
    data = tmp_path / "data"
    reports, notes = write_lists(data, read_files(files), videos=data)
    assert [(one.path.name, *one[1:]) for one in reports] == [
        ("train.txt", 2, 1, 1, 0, 0),
        ("val.txt", 1, 1, 0, 0, 0),
    ]
    assert notes == []
    assert lines(data / "train.txt") == ["train/zumba/a_000001_000011.mp4 1"]
    assert lines(data / "val.txt") == ["val/b_000002_000012.mp4 0"]
    assert lines(data / "label_map.txt") == ["abseiling", "zumba"]
    assert lines(data / "train_left_out.txt") == [f"gone_000001_000011: is not in {data}"]
    assert not (data / "val_left_out.txt").exists()


def test_something_something(tmp_path):
    touch(tmp_path, "v/1.webm", "v/2.webm")
    rows = [{"id": "1", "template": "Moving [part] of [something]"}, {"id": "2", "label": "x"}]
    rows[1] = {"id": "2", "template": "Closing [something]"}
    files = [write(tmp_path, "train.json", json.dumps(rows))]
    names = {"Moving part of something": "0", "Closing something": "1"}
    classes = read_class_file(write(tmp_path, "labels.json", json.dumps(names)))
    write_lists(tmp_path, read_files(files), videos=tmp_path / "v", classes=classes)
    assert lines(tmp_path / "train.txt") == ["1.webm 0", "2.webm 1"]
    assert lines(tmp_path / "label_map.txt") == list(names)


def test_ucf101(tmp_path):
    write(tmp_path, "trainlist02.txt", "Archery/v_a.avi 1\nBiking/v_b.avi 2\n")
    write(tmp_path, "testlist02.txt", "Biking/v_c.avi\r\n")
    touch(tmp_path, "v/Archery/v_a.avi", "v/Biking/v_b.avi", "v/Biking/v_c.avi")
    write_lists(tmp_path, read_ucf101(tmp_path, 2), videos=tmp_path / "v")
    assert lines(tmp_path / "train.txt") == ["Archery/v_a.avi 0", "Biking/v_b.avi 1"]
    assert lines(tmp_path / "val.txt") == ["Biking/v_c.avi 1"]


def test_hmdb51(tmp_path):
    write(tmp_path, "brush_hair_test_split1.txt", "one.avi 1 \ntwo.avi 2 \nthree.avi 0 \n")
    write(tmp_path, "wave_test_split1.txt", "a b.avi 1 \n")
    names = ("brush_hair/one.avi", "brush_hair/two.avi", "wave/a b.avi")
    touch(tmp_path, *(f"v/{name}" for name in names))
    write_lists(tmp_path, read_hmdb51(tmp_path, 1), videos=tmp_path / "v")
    assert lines(tmp_path / "train.txt") == ["brush_hair/one.avi 0", "wave/a b.avi 1"]
    assert lines(tmp_path / "val.txt") == ["brush_hair/two.avi 0"]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda at: write_lists(
                at, read_files([write(at, "train.txt", "no.mp4 0\n")]), videos=at / "v"
            ),
            r"There is no folder of videos .*/v\. Check",
        ),
        (
            lambda at: write_lists(
                at, read_files([write(at, "train.txt", "no.mp4 0\n")]), videos=at
            ),
            r"labels of .*train\.txt are numbers\. Give the names of the classes with --label-map",
        ),
        (
            lambda at: write_lists(
                write(at, "file", "") / "out",
                read_files([write(at, "train.txt", "no.mp4 0\n")]),
                videos=at,
                classes=["one"],
            ),
            "Cannot make the folder .*/file/out: Not a directory",
        ),
        (
            lambda at: write_lists(
                at,
                read_files([write(at, "train.csv", HEADER + "zumba,a,1,2,train\n")]),
                videos=at,
                classes=["one"],
                label_map="mine.txt",
            ),
            r"class 'zumba', which is none of the 1 of label_map 'mine\.txt'",
        ),
        (
            lambda at: write_lists(
                at,
                read_files([write(at, "train.txt", "no.mp4 0\n")]),
                videos=at,
                classes=["one"],
            ),
            r"None of the 1 videos .* no\.mp4 \(is not in .*\)\. Give the folder .* with --videos",
        ),
    ],
)
def test_what_is_not_there_or_not_right(tmp_path, make, said):
    with pytest.raises(InputError, match=said):
        make(tmp_path)


def test_a_second_run_keeps_the_numbers_of_the_first(tmp_path):
    touch(tmp_path, "train/a/1.mp4", "train/b/2.mp4", "train/c/3.mp4")
    touch(tmp_path, "val/b/4.mp4", "val/c/5.mp4", "test/B/6.mp4", "test/d/7.mp4")

    def write_split(split):
        return write_lists(tmp_path, read_class_folders(tmp_path, [split]), videos=tmp_path)

    assert write_split("train").notes == []
    (note,) = write_split("val").notes
    assert note.startswith(f"Kept the existing {tmp_path / 'label_map.txt'}")
    assert lines(tmp_path / "label_map.txt") == ["a", "b", "c"]
    assert lines(tmp_path / "val.txt") == ["val/b/4.mp4 1", "val/c/5.mp4 2"]
    with pytest.raises(InputError, match=r"label_map\.txt has no class 'd'\. Delete it"):
        write_split("test")
    assert lines(tmp_path / "label_map.txt") == ["a", "b", "c"]
    assert not (tmp_path / "test.txt").exists()
    # A label map that is given wins, and the lists of before are named.
    lists = read_class_folders(tmp_path, ["test"])
    written = write_lists(tmp_path, lists, videos=tmp_path, classes=["d", "b", "c", "a"])
    assert lines(tmp_path / "test.txt") == ["test/B/6.mp4 1", "test/d/7.mp4 0"]
    assert lines(tmp_path / "label_map.txt") == ["d", "b", "c", "a"]
    (note,) = written.notes
    assert note.endswith(
        "these earlier lists again, their numbers are outdated: train.txt, val.txt."
    )
    again = write_lists(tmp_path, lists, videos=tmp_path, classes=["d", "b", "c", "a"])
    assert again.notes == []


def test_files_of_several_runs_have_the_same_numbers(tmp_path):
    touch(tmp_path / "v", "a_000000_000010.mp4", "b_000000_000010.mp4", "c_000000_000010.mp4")
    rows = {"train": "zumba,a,0,10,\nabseiling,b,0,10,\n", "validate": "zumba,c,0,10,\n"}
    out = tmp_path / "out" / "lists"
    for split, text in rows.items():
        files = [write(tmp_path, f"{split}.csv", HEADER + text)]
        write_lists(out, read_files(files), videos=tmp_path / "v")
    assert lines(out / "label_map.txt") == ["abseiling", "zumba"]
    assert lines(out / "val.txt") == ["c_000000_000010.mp4 1"]


def test_empty_files_and_repeats_are_counted(tmp_path):
    touch(tmp_path, "a.mp4", "b.mp4")
    (tmp_path / "empty.mp4").write_bytes(b"")
    rows = "a.mp4 0\nempty.mp4 1\nb.mp4 1\na.mp4 0\nno.mp4 0\nno.mp4 0\n"
    files = [write(tmp_path, "my_train.txt", rows)]
    reports, notes = write_lists(
        tmp_path / "out", read_files(files), videos=tmp_path, classes=["x", "y"]
    )
    assert reports == [(tmp_path / "out" / "train.txt", 6, 2, 1, 1, 2)]
    assert str(reports[0]).endswith("train.txt: 2 of 6, 1 missing, 1 broken, 2 repeated")
    assert lines(tmp_path / "out" / "train.txt") == ["a.mp4 0", "b.mp4 1"]
    assert lines(tmp_path / "out" / "train_left_out.txt") == [
        f"no.mp4: is not in {tmp_path}",
        "empty.mp4: is empty (0 bytes)",
    ]
    assert len(notes) == 1
    assert notes[0].endswith("repeat a video and are not used (a.mp4)")
    assert [path.name for path in sorted((tmp_path / "out").iterdir())] == [
        "label_map.txt",
        "train.txt",
        "train_left_out.txt",
    ]


def test_nothing_is_written_where_a_split_is_wrong(tmp_path):
    touch(tmp_path, "train/a/1.mp4", "val/b/2.mp4")
    lists = read_class_folders(tmp_path, ["train", "val"])
    with pytest.raises(InputError, match="class 'b', which is none of the 1"):
        write_lists(tmp_path / "out", lists, videos=tmp_path, classes=["a"])
    assert list((tmp_path / "out").iterdir()) == []


def test_the_script_names_what_is_broken(tmp_path):
    data = tmp_path / "data"
    (data / "train" / "walk").mkdir(parents=True)
    write_video(data / "train" / "walk" / "good.mp4", num_frames=4)
    (data / "train" / "walk" / "bad.mp4").write_text("no video\n" * 50)
    command = [sys.executable, str(ROOT / "tools" / "prepare_kinetics.py"), str(data)]
    done = subprocess.run(
        [*command, "--class-folders", "train", "--probe"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "train.txt: 1 of 2, 0 missing, 1 broken" in done.stdout
    assert lines(data / "train.txt") == ["train/walk/good.mp4 0"]
    (left_out,) = lines(data / "train_left_out.txt")
    assert left_out.startswith("train/walk/bad.mp4: Expected a video")
    done = subprocess.run(
        [*command, "--class-folders", "train", "--label-map", "kinetics400"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(
        f"error: {data / 'train'} has the class 'walk', which is none of the 400 of label_map "
        "'kinetics400'"
    )
    assert len(done.stderr.splitlines()) == 1
