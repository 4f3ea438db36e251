"""What a check finds in a folder, and what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stad.annotations.own.fingerprint import fingerprint
from stad.annotations.own.labels import LabelSpan, VideoLabels
from stad.own_classes.advice import class_problems, fatal_problems, folder_problems
from stad.own_classes.check import check_folder
from tests.own_classes.folders import folder_with, put_video, track_of

TIMES = [step / 2 for step in range(9)]


def labelled(folder, video, *spans, tracks=1, **more):
    people = tuple(track_of(number, TIMES) for number in range(tracks))
    mark = fingerprint(folder.path / video)
    return folder.write_labels(
        VideoLabels(video, 160, 120, 4.0, mark, people, tuple(spans), **more)
    )


def said(folder, found):
    return [
        *fatal_problems(found, folder.path),
        *folder_problems(found, folder.path),
        *class_problems(found),
    ]


def test_figures_of_each_class(tmp_path):
    folder = folder_with(tmp_path, "a.mp4", "b.mp4", "c.mp4", "d.mp4", classes=("walk", "phone"))
    (tmp_path / "sources.csv").write_text("video,source\na.mp4,k\nb.mp4,k\n")
    walk, phone = LabelSpan(0, "walk", 0, 2), LabelSpan(1, "phone", 1, 2)
    labelled(folder, "a.mp4", walk, phone, tracks=3)
    labelled(folder, "b.mp4", walk, replace(walk, start_sec=3, end_sec=4))
    labelled(folder, "c.mp4", phone, LabelSpan(1, "", 3, 4), tracks=2)
    found = check_folder(folder)
    first, second, nothing = found.classes
    assert (first.examples, first.people, first.videos, first.sources) == (3, 2, 2, 1)
    assert (first.positive_sec, first.negative_sec) == (5.0, 3.0)
    assert (second.examples, second.people, second.videos, second.sources) == (2, 2, 2, 2)
    assert (second.positive_sec, second.negative_sec) == (2.0, 6.0)
    assert first.heights_px == (90.0, 90.0)
    assert (nothing.name, nothing.examples, nothing.negative_sec) == ("", 1, 1.0)
    assert found.unlabelled == ["d.mp4"]
    # People whose labels are missing in videos that have some.
    assert found.idle == {"a.mp4": 1, "c.mp4": 1}
    # The videos of one source stay together, and the split is kept.
    assert found.split["a.mp4"] == found.split["b.mp4"]
    assert check_folder(folder).split == found.split
    assert (tmp_path / "split.csv").is_file()
    assert first.train + first.val == 3
    sentences = said(folder, found)
    assert sentences[0].startswith("2 people have no label in labelled videos (a.mp4, c.mp4).")
    assert sentences[1].startswith("Few examples: 'walk' 3, 'phone' 2. Scores will be unsure")
    assert sentences[2].startswith("All examples of 'walk' are of one video, or one source")


def test_no_labels(tmp_path):
    folder = folder_with(tmp_path, "a.mp4", "b.mp4")
    found = check_folder(folder)
    assert found.unlabelled == ["a.mp4", "b.mp4"]
    assert said(folder, found) == [
        f"{tmp_path} has 2 videos and no labels. Label with 'stad label {tmp_path} --classes a,b', "
        f"or import labels with 'stad import {tmp_path} --from FILE'."
    ]
    assert not (tmp_path / "split.csv").exists()


def test_one_class_without_its_opposite(tmp_path):
    folder = folder_with(tmp_path, "a.mp4", "b.mp4", classes=("fight",))
    for video in ("a.mp4", "b.mp4"):
        labelled(folder, video, LabelSpan(0, "fight", 0, 2))
    (problem,) = fatal_problems(check_folder(folder), tmp_path)
    assert problem.startswith("'fight' is the only class, and nothing is labelled as not being it.")
    labelled_b = folder.read_labels("b.mp4")
    folder.write_labels(
        replace(labelled_b, spans=(*labelled_b.spans, LabelSpan(0, "fight", 3, 4, False)))
    )
    found = check_folder(folder)
    assert fatal_problems(found, tmp_path) == []
    sentences = class_problems(found)
    assert any("that a class is not there: 'fight' 1.0 s. Label" in one for one in sentences)


def test_a_class_with_one_example_and_one_with_none(tmp_path):
    folder = folder_with(tmp_path, "a.mp4", classes=("fight", "run", "sit"))
    labelled(folder, "a.mp4", LabelSpan(0, "run", 0, 2))
    sentences = class_problems(check_folder(folder))
    assert sentences == [
        "No example of 'fight', 'sit': label some, or delete the name from classes.txt.",
        "Only 1 example of 'run': training and validation each need one. Label 10 or more.",
    ]


def test_videos_that_moved_and_videos_that_are_gone(tmp_path):
    folder = folder_with(tmp_path, "a.mp4", "b.mp4", "c.mp4", classes=("fight", "run"))
    for video in ("a.mp4", "b.mp4", "c.mp4"):
        labelled(folder, video, LabelSpan(0, "fight", 0, 2))
    (tmp_path / "new").mkdir()
    (tmp_path / "a.mp4").rename(tmp_path / "new" / "z.mp4")
    (tmp_path / "b.mp4").unlink()
    put_video(tmp_path / "c.mp4", shade=200)
    found = check_folder(folder)
    assert (found.moved, found.missing, found.changed) == (
        {"a.mp4": "new/z.mp4"},
        ["b.mp4"],
        ["c.mp4"],
    )
    sentences = folder_problems(found, tmp_path)
    assert sentences[0].startswith("a.mp4 moved to new/z.mp4; its labels did not.")
    assert sentences[1].startswith("1 labelled video is not there: b.mp4.")
    assert sentences[2].startswith("1 video is not the same file as when labelled: c.mp4.")
    moved = check_folder(folder, move_labels=True)
    assert moved.labels["new/z.mp4"].spans == (LabelSpan(0, "fight", 0, 2),)
    assert folder.labelled_videos() == ["b.mp4", "c.mp4", "new/z.mp4"]
    assert not check_folder(folder).moved


def test_labels_that_do_not_fit(tmp_path):
    folder = folder_with(tmp_path, "a.mp4", "b.mp4", classes=("fight", "run"))
    labelled(folder, "a.mp4", LabelSpan(0, "fight", 3, 9), LabelSpan(0, "smoke", 0, 1))
    (tmp_path / "b.mp4").write_bytes(b"broken")
    found = check_folder(folder)
    assert found.unknown == {"smoke": ["a.mp4"]}
    sentences = folder_problems(found, tmp_path)
    assert sentences[0].startswith("b.mp4 cannot be used: ")
    assert sentences[1].startswith("The label 'smoke' of a.mp4 is not one of the classes.")
    assert sentences[2] == (
        "1 labels are beyond the end of their video: a.mp4: 'fight' from 3 s to 9 s, and the "
        "video ends at 4.0 s."
    )


@pytest.mark.parametrize("is_complete", [False, True])
def test_in_complete_labels_nobody_is_unknown(tmp_path, is_complete):
    folder = folder_with(tmp_path, "a.mp4", classes=("fight",))
    labelled(folder, "a.mp4", LabelSpan(0, "fight", 0, 2), tracks=2, is_complete=is_complete)
    found = check_folder(folder)
    assert bool(found.idle) is not is_complete
    assert bool(fatal_problems(found, tmp_path)) is not is_complete


def test_labels_of_class_folders(tmp_path):
    folder = folder_with(tmp_path, "fight/a.mp4", "no_fight/b.mp4", "run/c.mp4")
    found = check_folder(folder)
    assert [one.name for one in found.classes] == ["fight", "run", ""]
    assert [one.positive_sec for one in found.classes] == [4.0, 4.0, 0.0]
    assert [one.people for one in found.classes] == [0, 0, 0]
