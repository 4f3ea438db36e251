"""Classes are added and removed without losing labels."""

import pytest

from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.labels import LabelSpan, VideoLabels
from stad.errors import InputError
from stad.labeling.class_names import add_class, known_classes, set_classes


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"1")
    return OwnFolder(tmp_path)


def test_a_new_folder_has_no_classes(folder):
    assert known_classes(folder) == ()
    assert set_classes(folder, ["fight ", "phone"]) == ("fight", "phone")
    assert folder.classes() == ("fight", "phone")


def test_new_classes_come_after_those_that_are_there(folder):
    set_classes(folder, ["fight", "phone"])
    assert set_classes(folder, ["read", "phone", "fight"]) == ("fight", "phone", "read")


def test_a_class_without_labels_can_be_left_out(folder):
    set_classes(folder, ["fight", "phone"])
    assert set_classes(folder, ["phone"]) == ("phone",)


def test_a_class_with_labels_cannot_be_left_out(folder):
    set_classes(folder, ["fight", "phone"])
    folder.write_labels(VideoLabels("a.mp4", spans=(LabelSpan(None, "fight", 0, 1),)))
    with pytest.raises(InputError, match=r"leaves out fight.*--classes fight,phone,read"):
        set_classes(folder, ["phone", "read"])
    assert folder.classes() == ("fight", "phone")


def test_classes_of_folders_are_labels(tmp_path):
    for name in ("fight/a.mp4", "nothing/b.mp4"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"1")
    folder = OwnFolder(tmp_path)
    assert known_classes(folder) == ("fight",)
    with pytest.raises(InputError, match="leaves out fight"):
        set_classes(folder, ["phone"])
    assert set_classes(folder, ["fight", "phone"]) == ("fight", "phone")


def test_a_name_cannot_be_added_twice(folder):
    assert add_class(folder, " fight ") == ("fight",)
    with pytest.raises(InputError, match="there already"):
        add_class(folder, "Fight")
