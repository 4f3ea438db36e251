"""``stad import`` and ``stad export DATA``: what they say, and one clear error for each misuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stad.annotations.own.folder import OwnFolder
from stad.cli.main import stad_main
from stad.errors import InputError
from tests.own_classes.folders import folder_with, put_video


@pytest.fixture
def mine(tmp_path):
    folder = folder_with(tmp_path / "mine", "a.mp4", "b.mp4", "calm/c.mp4")
    return str(folder.path)


@pytest.fixture
def clips(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("video,label,source\na.mp4,Fall,1\nb.mp4,no_fall,2\nd.mp4,Falling,2\n")
    return str(path)


def test_it_says_what_it_did(mine, clips, capsys):
    stad_main(["import", mine, "--from", clips])
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        f"read      {clips} (clips)",
        "labels    2 labels of 2 videos written",
        "          Fall                  1, not there 1",
        "classes   new: Fall",
        "sources   of 2 videos written to sources.csv",
        f"missing   1 video of the files, such as d.mp4 ({clips}): is not in {mine}",
    ]
    assert said.err == ""
    # The file says more by now: what is there stays.
    Path(clips).write_text("video,label\na.mp4,Run\nb.mp4,no_fall\n")
    stad_main(["import", mine, "--from", "clips", clips])
    assert capsys.readouterr().out.splitlines()[1:] == [
        "labels    0 labels of 0 videos written",
        "same      1 video had these labels already",
        "left      1 video with other labels: a.mp4; --merge adds to them, --overwrite replaces "
        "them",
        "classes   new: Run",
    ]
    stad_main(["import", mine, "--from", clips, "--quiet"])
    assert capsys.readouterr() == ("", "")


def test_spellings_are_told_on_stderr(mine, tmp_path, capsys):
    path = tmp_path / "labels.csv"
    path.write_text("video,label\na.mp4,Fall\nb.mp4,Falling\n")
    stad_main(["import", mine, "--from", str(path), "--dry-run"])
    said = capsys.readouterr()
    assert "labels    2 labels of 2 videos would be written" in said.out
    assert said.err == (
        "note: 'Fall' and 'Falling' may be one class: --rename \"Falling=Fall\" joins them.\n"
    )
    assert not (OwnFolder(mine).path / "classes.txt").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--from", "cvat"], "--from cvat needs a file after the format."),
        ([], "Name the file of labels"),
        (["--from", "none.csv"], r"No such file: none\.csv"),
        (["--from", "cvatt", "{clips}"], "There is no format 'cvatt'. Perhaps you meant cvat."),
        (["--from", "{clips}", "--format", "zip"], "There is no format 'zip'"),
        (["--from", "ava", "{clips}", "--format", "via"], "Give one format, got --from ava and"),
        (["--from", "{clips}", "--link", "--copy"], "Give --link or --copy, not both."),
        (["--from", "{clips}", "--merge", "--overwrite"], "Give --overwrite or --merge, not both."),
        (["--from", "{clips}", "--fps", "0"], "--fps must be above 0, got 0."),
        (["--from", "{clips}", "--first-frame", "2"], "--first-frame must be 0 or 1, got 2."),
        (["--from", "{clips}", "--videos", "nowhere"], "--videos: there is no folder nowhere."),
        (["--from", "{clips}", "--rename", "Fal=x"], "--rename: there is no label 'Fal'. Perhaps"),
        (
            ["--from", "{clips}", "--others", "maybe"],
            "--others must be one of auto, negative, unknown",
        ),
        (["--from", "cvat", "{clips}"], r"labels\.csv is not XML that can be read"),
    ],
)
def test_wrong_use(mine, clips, words, said):
    with pytest.raises(InputError, match=said):
        stad_main(["import", mine, *(one.format(clips=clips) for one in words)])


def test_the_folder_is_missing(clips, tmp_path):
    with pytest.raises(InputError, match="Name the folder of your videos first"):
        stad_main(["import", "--from", clips])
    with pytest.raises(InputError, match=r"There is no folder .*none"):
        stad_main(["import", str(tmp_path / "none"), "--from", clips])


def test_labels_are_exported_and_imported_again(mine, tmp_path, capsys):
    labels = tmp_path / "walk.csv"
    labels.write_text("video,classes\na.mp4,walk[0 to 1.5]; talk[1 to 3]\n")
    stad_main(["import", mine, "--from", str(labels), "--quiet"])
    coco = tmp_path / "labels.json"
    stad_main(["export", mine, "--coco", str(coco)])
    assert capsys.readouterr().err == f"written   {coco}: 0 boxes of 1 videos\n"
    assert len(json.loads(coco.read_text())["segments"]) == 2
    with pytest.raises(InputError, match=r"--coco: .* exists already\. Add --overwrite"):
        stad_main(["export", mine, "--coco", str(coco)])
    other = tmp_path / "other"
    stad_main(["import", str(other), "--from", str(coco), "--videos", mine, "--link", "--quiet"])
    assert OwnFolder(other).read_labels("a.mp4").spans == OwnFolder(mine).read_labels("a.mp4").spans
    with pytest.raises(InputError, match="AVA's CSV holds labels of people"):
        stad_main(["export", mine, "--ava", str(tmp_path / "a.csv")])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "--out must be given: .*; --ava or --coco writes its labels"),
        (["--ava", "a.txt"], r"--ava: the name of the file must end in \.csv"),
        (["--coco", "a.json", "--out", "a.onnx"], "not both"),
        (["--coco", "none/a.json"], "--coco: the folder none does not exist"),
        (["--coco", "a.json", "--step", "0"], "--step must be above 0 seconds"),
        (["--coco", "a.json"], "has no classes yet"),
    ],
)
def test_wrong_use_of_export(tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    put_video(tmp_path / "mine" / "a.mp4")
    with pytest.raises(InputError, match=said):
        stad_main(["export", "mine", *words])
