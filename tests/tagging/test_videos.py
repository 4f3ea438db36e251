"""Videos with labels and sources: folders of classes, files of labels, several inputs."""

import pytest

from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.labels import LabelSpan, VideoLabels
from stad.errors import InputError
from stad.tagging.videos import list_videos


def touch(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def labels_of(listing):
    return {one.id: one.labels for one in listing.videos}


def test_folders_of_classes_label_their_videos(tmp_path):
    touch(tmp_path / "fight" / "a.mp4", tmp_path / "no_fight" / "b.mp4")
    (tmp_path / "sources.csv").write_text("video,source\nfight/a.mp4,7\n")
    listing = list_videos([tmp_path])
    assert listing.classes == ("fight",)
    assert labels_of(listing) == {"fight/a.mp4": ("fight",), "no_fight/b.mp4": ()}
    assert [one.source for one in listing.videos] == ["source 7", "no_fight/b.mp4"]


def test_labels_of_people_and_times_are_those_of_the_video(tmp_path):
    touch(*(tmp_path / f"{name}.mp4" for name in "abcd"))
    folder = OwnFolder(tmp_path)
    folder.write_classes(["walk", "sit"])
    spans = (LabelSpan(None, "sit", 0.0, 2.0), LabelSpan(None, "walk", 1.0, 3.0))
    folder.write_labels(VideoLabels("a.mp4", spans=spans))
    folder.write_labels(VideoLabels("b.mp4", spans=(LabelSpan(None, "", 0.0, 2.0),)))
    folder.write_labels(VideoLabels("c.mp4", spans=(LabelSpan(None, "sit", 0.0, 2.0, False),)))
    listing = list_videos([str(tmp_path)])
    # That a class is not there at a time says nothing of the others.
    assert labels_of(listing) == {
        "a.mp4": ("walk", "sit"),
        "b.mp4": (),
        "c.mp4": None,
        "d.mp4": None,
    }


def test_several_inputs_keep_the_names_of_their_folders(tmp_path):
    touch(tmp_path / "one" / "a.mp4", tmp_path / "two" / "a.mp4", tmp_path / "c.mp4")
    listing = list_videos([tmp_path / "one", tmp_path / "two", tmp_path / "c.mp4"])
    assert [one.id for one in listing.videos] == ["one/a.mp4", "two/a.mp4", "c.mp4"]
    assert [one.source for one in listing.videos] == ["one/a.mp4", "two/a.mp4", "c.mp4"]


def test_equal_names_are_an_error(tmp_path):
    touch(tmp_path / "one" / "a.mp4", tmp_path / "two" / "a.mp4")
    with pytest.raises(InputError, match=r"Two videos have the name a.mp4"):
        list_videos([tmp_path / "one" / "a.mp4", tmp_path / "two" / "a.mp4"])


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        list_videos([tmp_path / "a.mp4"])
