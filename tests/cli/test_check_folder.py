"""``stad check DATA``: the table, the sentences, and the page with examples."""

from __future__ import annotations

import pytest

from stad.annotations.own.labels import LabelSpan, VideoLabels
from stad.cli.main import stad_main
from stad.errors import InputError
from tests.browser import data_in
from tests.own_classes.folders import folder_with, track_of

TIMES = [step / 2 for step in range(9)]


def fill(folder, *videos, label="walk"):
    for video in videos:
        spans = (LabelSpan(0, label, 0, 2), LabelSpan(0, "", 3, 4))
        folder.write_labels(VideoLabels(video, tracks=(track_of(0, TIMES),), spans=spans))


def test_a_folder_is_recognized(tmp_path, capsys):
    folder = folder_with(tmp_path / "mine", "a.mp4", "b.mp4", "c.mp4", classes=("walk", "phone"))
    fill(folder, "a.mp4")
    fill(folder, "b.mp4", label="phone")
    for words in (["check", str(folder.path)], ["check", "folder", str(folder.path)]):
        stad_main(words)
        out = capsys.readouterr().out.splitlines()
        assert out[:4] == [
            "videos     3 (0:12 min), 2 labelled, 1 not",
            "unlabelled c.mp4",
            "labels     4 of 2 people",
            "split      2 videos for training, 0 for validation, in split.csv",
        ]
        rows = [line.split() for line in out if line.strip().startswith(("walk", "phone", "(not"))]
        assert rows == [
            ["walk", "1", "1", "1", "2.0", "4.0", "90", "1", "0"],
            ["phone", "1", "1", "1", "2.0", "4.0", "90", "1", "0"],
            ["(not", "there)", "2", "2", "2", "-", "2.0", "90", "2", "0"],
        ]
        assert out[-1].startswith("- Only 1 example of 'walk', 'phone'")


def test_what_cannot_be_trained_is_an_error_after_the_table(tmp_path, capsys):
    folder = folder_with(tmp_path / "mine", "a.mp4", "b.mp4", classes=("walk",))
    with pytest.raises(InputError, match="has 2 videos and no labels"):
        stad_main(["check", str(folder.path)])
    for video in ("a.mp4", "b.mp4"):
        folder.write_labels(VideoLabels(video, spans=(LabelSpan(None, "walk", 0, 2),)))
    with pytest.raises(InputError, match="'walk' is the only class"):
        stad_main(["check", str(folder.path)])
    assert "walk" in capsys.readouterr().out
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="There is no folder data/mine"):
        stad_main(["check", "data/mine"])
    with pytest.raises(InputError, match="has no video"):
        stad_main(["check", str(tmp_path / "empty")])


def test_labels_move_along_with_their_video(tmp_path, capsys):
    folder = folder_with(tmp_path / "mine", "a.mp4", "b.mp4", "c.mp4", classes=("walk", "phone"))
    labels = tmp_path / "labels.csv"
    labels.write_text("video,label\na.mp4,walk\nb.mp4,phone\nc.mp4,walk\n")
    stad_main(["import", str(folder.path), "--from", str(labels), "--quiet"])
    (folder.path / "a.mp4").rename(folder.path / "z.mp4")
    stad_main(["check", str(folder.path)])
    assert "a.mp4 moved to z.mp4; its labels did not. Add --move-labels" in capsys.readouterr().out
    stad_main(["check", str(folder.path), "--move-labels"])
    assert "- a.mp4 is z.mp4 now; its labels moved along." in capsys.readouterr().out
    assert folder.labelled_videos() == ["b.mp4", "c.mp4", "z.mp4"]


def test_a_page_with_examples(tmp_path, capsys):
    folder = folder_with(tmp_path / "mine", "a.mp4", "b.mp4", "c.mp4", classes=("walk", "phone"))
    fill(folder, "a.mp4", "b.mp4")
    fill(folder, "c.mp4", label="phone")
    page = tmp_path / "page.html"
    stad_main(["check", str(folder.path), "--sheet", str(page), "--per-class", "1"])
    assert capsys.readouterr().out.splitlines()[-1] == f"written {page}"
    classes = data_in(page)["classes"]
    assert [(one["name"], len(one["examples"])) for one in classes] == [
        ("walk", 1),
        ("phone", 1),
        ("nothing of these", 1),
    ]
    with pytest.raises(InputError, match=r"--sheet: .* exists already"):
        stad_main(["check", str(folder.path), "--sheet", str(page)])
    with pytest.raises(InputError, match="--per-class must be 1 or more, got 0"):
        stad_main(["check", str(folder.path), "--per-class", "0"])
