"""The folder of own videos: what is found, and that two writers do not overwrite each other."""

import threading
from dataclasses import replace

import pytest

from stad.annotations.own.fingerprint import fingerprint
from stad.annotations.own.folder import OwnFolder, StaleRevision
from stad.annotations.own.labels import LabelSpan
from stad.errors import InputError


def put(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"video " + name.encode())
    return OwnFolder(folder)


def test_videos_are_found_below_the_folder_but_not_in_caches(tmp_path):
    own = put(tmp_path, "b.mp4", "sub/a.AVI", ".stad/playable/b.mp4", "notes.txt", ".c.mp4")
    assert own.videos() == ["b.mp4", "sub/a.AVI"]


def test_an_empty_or_missing_folder_is_said(tmp_path):
    with pytest.raises(InputError, match=r"has no video\. Put your videos into it"):
        OwnFolder(tmp_path).videos()
    with pytest.raises(InputError, match="There is no folder"):
        OwnFolder(tmp_path / "no")


@pytest.mark.parametrize("name", ["../a.mp4", "/etc/passwd", "a//b", "", "a/../../b", "."])
def test_names_that_lead_out_of_the_folder_are_refused(tmp_path, name):
    with pytest.raises(InputError, match="is not the name of a video"):
        OwnFolder(tmp_path).video_path(name)


def test_class_folders_label_whole_clips(tmp_path):
    own = put(tmp_path, "fight/a.mp4", "No_Fight/b.mp4", "phone/cam 1/c.mp4")
    assert own.classes() == ("fight", "phone")
    assert [one.label for one in own.read_labels("fight/a.mp4").spans] == ["fight"]
    assert [one.label for one in own.read_labels("No_Fight/b.mp4").spans] == [""]
    (span,) = own.read_labels("phone/cam 1/c.mp4").spans
    assert (span.label, span.track, span.is_positive) == ("phone", None, True)


def test_classes_of_the_file_come_first(tmp_path):
    own = put(tmp_path, "fight/a.mp4", "phone/c.mp4")
    own.write_classes(["Phone", "smoking"])
    assert own.classes() == ("Phone", "smoking")
    assert own.read_labels("fight/a.mp4").spans == ()
    assert own.read_labels("phone/c.mp4").spans[0].label == "Phone"


def test_without_classes_it_says_how_to_name_them(tmp_path):
    with pytest.raises(InputError, match="--classes a,b"):
        put(tmp_path, "a.mp4").classes()


@pytest.mark.parametrize("names", [["a", "a"], [""], ["#a"], ["a,b"], ["a\nb"]])
def test_names_that_cannot_be_classes_are_refused(tmp_path, names):
    with pytest.raises(InputError):
        OwnFolder(tmp_path).write_classes(names)
    assert not (tmp_path / "classes.txt").exists()


def test_labels_are_kept_and_a_stale_writer_is_refused(tmp_path):
    own = put(tmp_path, "sub/a.mp4")
    own.write_classes(["x"])
    first = own.read_labels("sub/a.mp4")
    one = own.write_labels(replace(first, spans=(LabelSpan(None, "x", 0, 1),)))
    assert one.revision == 1
    assert own.read_labels("sub/a.mp4") == one
    with pytest.raises(StaleRevision) as caught:
        own.write_labels(replace(first, spans=()))
    assert caught.value.current == one
    assert own.read_labels("sub/a.mp4") == one
    assert own.labelled_videos() == ["sub/a.mp4"]
    assert own.unknown_labels() == {}
    own.write_classes(["y"])
    assert own.unknown_labels() == {"x": ["sub/a.mp4"]}


def test_many_writers_lose_nothing(tmp_path):
    own = put(tmp_path, "a.mp4")
    own.write_classes(["x"])
    refused = []

    def write(number):
        while True:
            old = own.read_labels("a.mp4")
            spans = (*old.spans, LabelSpan(None, "x", number, number + 1))
            try:
                own.write_labels(replace(old, spans=spans))
            except StaleRevision:
                refused.append(number)
                continue
            return

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    found = own.read_labels("a.mp4")
    assert sorted(one.start_sec for one in found.spans) == list(range(8))
    assert found.revision == 8


def test_a_damaged_file_is_an_error_that_names_it(tmp_path):
    own = put(tmp_path, "a.mp4")
    own.write_classes(["x"])
    path = own.labels_path("a.mp4")
    path.parent.mkdir()
    path.write_text('{"format": "stad-labels"')
    with pytest.raises(InputError, match=r"a\.mp4\.json"):
        own.read_labels("a.mp4")


def test_the_fingerprint_is_of_the_content(tmp_path):
    a, b = tmp_path / "a.mp4", tmp_path / "b.mp4"
    a.write_bytes(bytes(range(256)) * 2000)
    b.write_bytes(a.read_bytes())
    assert fingerprint(a) == fingerprint(b)
    assert len(fingerprint(a)) == 24
    b.write_bytes(a.read_bytes()[:-1] + b"x")
    assert fingerprint(a) != fingerprint(b)
    b.write_bytes(b"")
    assert fingerprint(a) != fingerprint(b)
