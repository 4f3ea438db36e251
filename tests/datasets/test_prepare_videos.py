"""Lists out of what data sets publish: what is on the disk is in them, the rest is named."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from stad.datasets.prepare_videos import (
    read_class_file,
    read_files,
    read_hmdb51,
    read_ucf101,
    write_lists,
)
from stad.errors import InputError
from tests.datasets.test_video_lists import touch, write
from tests.videos import write_video

ROOT = Path(__file__).parents[2]
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
    reports = write_lists(data, read_files(files), videos=data)
    assert [(one.path.name, *one[1:]) for one in reports] == [
        ("train.txt", 2, 1, 0),
        ("val.txt", 1, 1, 0),
    ]
    assert lines(data / "train.txt") == ["train/zumba/a_000001_000011.mp4 1"]
    assert lines(data / "val.txt") == ["val/b_000002_000012.mp4 0"]
    assert lines(data / "label_map.txt") == ["abseiling", "zumba"]
    assert lines(data / "train_left_out.txt") == ["gone_000001_000011: missing"]
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
        (lambda at: read_hmdb51(at, 1), r"no files CLASS_test_split1\.txt"),
        (lambda at: read_ucf101(at, 1), r"trainlist01\.txt cannot be read"),
        (lambda at: read_class_file(write(at, "c.json", "[1]")), "a JSON of names and numbers"),
        (lambda at: read_class_file(write(at, "c.json", '{"a": 1}')), "the numbers 0 to 0"),
        (
            lambda at: read_files(
                [write(at, "a_train.txt", "a.mp4 0\n"), write(at, "b_train.txt", "a.mp4 0\n")]
            ),
            "both of the split 'train'",
        ),
        (
            lambda at: write_lists(
                at,
                read_files([write(at, "train.txt", "no.mp4 0\n")]),
                videos=at,
                classes=["one"],
            ),
            r"none of the 1 videos .* no\.mp4: name their folder with --videos",
        ),
    ],
)
def test_what_is_not_there_or_not_right(tmp_path, make, said):
    with pytest.raises(InputError, match=said):
        make(tmp_path)


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
    assert left_out.startswith("train/walk/bad.mp4: expected a video")
    done = subprocess.run([*command, "--class-folders", "test"], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1
