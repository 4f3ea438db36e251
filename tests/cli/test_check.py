"""`stad check`: the data of a config, and files of annotations and detections."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stad.cli.main import stad_main
from stad.errors import InputError
from tests.datasets.tiny_ava import CONFIG, changes_for, write_tiny_ava


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_tiny_ava(tmp_path_factory.mktemp("data") / "tiny")


def cfg_options(data, **changes) -> list[str]:
    pairs = {**changes_for(data), **changes}
    return ["--cfg-options", *(f"{key}={value}" for key, value in pairs.items())]


def test_a_config_is_checked_without_training(data, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in (["check", str(CONFIG)], ["check", "config", str(CONFIG)]):
        assert not stad_main([*words, *cfg_options(data)])
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].startswith("training   ")
        assert lines[1].startswith("validation ")
        assert lines[0].endswith("3 classes")
    # Nothing is written.
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model.roi_head.num_classes": 5}, r"5 outputs, but .*labels\.txt' names 3 classes"),
        ({"train_dataloader.dataset.annotations": "none.csv"}, r"none\.csv"),
    ],
)
def test_a_config_that_cannot_work(data, changes, message):
    with pytest.raises(InputError, match=message):
        stad_main(["check", str(CONFIG), *cfg_options(data, **changes)])


def test_annotations_are_checked_against_their_videos(data, tmp_path, capsys):
    changes = changes_for(data)
    annotations = changes["train_dataloader.dataset.annotations"]
    videos = changes["train_dataloader.dataset.videos"]
    label_map = changes["train_dataloader.dataset.label_map"]
    words = ["--labelmap", str(label_map), "--videos", str(videos)]
    assert not stad_main(["check", "ava", str(annotations), *words])
    assert capsys.readouterr().out == f"No problem was found in {annotations}.\n"
    rows = Path(annotations).read_text().splitlines()
    wrong = rows[0].split(",")
    wrong[1] = "99"
    (tmp_path / "late.csv").write_text("\n".join([*rows, ",".join(wrong)]))
    assert not stad_main(["check", "ava", str(tmp_path / "late.csv"), *words])
    assert "1 row: times after the end" in capsys.readouterr().out
    with pytest.raises(InputError, match="either --gt"):
        stad_main(["check", "ava", str(annotations), *words, "--gt", str(annotations)])


def test_detections_are_checked_against_the_ground_truth(tmp_path, capsys):
    truth, found = tmp_path / "gt.csv", tmp_path / "pred.csv"
    truth.write_text("a,902,0.1,0.1,0.5,0.9,12,0\na,903,0.1,0.1,0.5,0.9,12,0\n")
    found.write_text("a,902,0.1,0.1,0.5,0.9,12,0.8\n")
    assert not stad_main(["check", "ava", str(found), "--gt", str(truth)])
    assert "No problem" in capsys.readouterr().out
    found.write_text("a.mp4,902,0.1,0.1,0.5,0.9,12,0.8\n")
    with pytest.raises(InputError, match="0 of 1 detections match a keyframe"):
        stad_main(["check", "ava", str(found), "--gt", str(truth)])


def test_segments_are_checked_against_the_ground_truth(tmp_path, capsys):
    entry = {"label": "walk", "segment": [1, 2], "score": 0.5}
    (tmp_path / "gt.json").write_text(json.dumps({"database": {"a": {"annotations": [entry]}}}))
    words = ["check", "segments", str(tmp_path / "pred.json"), "--gt", str(tmp_path / "gt.json")]
    (tmp_path / "pred.json").write_text(json.dumps({"results": {"a": [entry], "z": [entry]}}))
    assert not stad_main(words)
    assert "1 of 2 detections are in videos" in capsys.readouterr().out
    (tmp_path / "pred.json").write_text(json.dumps({"results": {"a.mp4": [entry]}}))
    with pytest.raises(InputError, match="0 of 1 detections match"):
        stad_main(words)
