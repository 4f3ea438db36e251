"""Names of classes: lists that come with stad, and label map files."""

import pytest

from stad.annotations.label_maps import class_names, evaluated_classes, read_label_map
from stad.errors import InputError


def test_ava():
    names = class_names("ava")
    assert (len(names), len(set(names))) == (80, 80)
    # AVA id k is at k - 1.
    assert names[0] == "bend/bow (at the waist)"
    assert names[11] == "stand"
    assert names[79] == "watch (a person)"


def test_postures_come_first_and_have_avas_names():
    names = class_names("poses")
    assert (len(names), len(set(names))) == (12, 12)
    # The first eight exclude each other.
    assert [names[i] for i in (0, 4, 7, 8)] == ["stand", "lie/sleep", "fall down", "read"]
    assert set(names) - set(class_names("ava")) == {"exercise"}


def test_kinetics_in_the_order_of_the_published_models():
    names = class_names("kinetics400")
    assert (len(names), len(set(names))) == (400, 400)
    assert [names[i] for i in (0, 6, 346, 378, 399)] == [
        *("abseiling", "arm wrestling", "tai chi", "walking the dog", "zumba")
    ]


@pytest.mark.parametrize(
    "text",
    [
        'label {\n  name: "walk"\n  label_id: 1\n  label_type: PERSON_MOVEMENT\n}\n'
        'label {\n  name: "say \\"hi\\""\n  label_id: 2\n}\n',
        'item {\n  name: "walk"\n  id: 1\n}\nitem {\n  id: 2\n  name: "say \\"hi\\""\n}\n',
        "item { name: 'walk' id: 1 } # one\nitem: { name: 'say \"hi\"', id: 2 }",
        '\ufefflabel{name:"walk" label_id:1}label{name:"say \\"hi\\"" label_id:2}',
    ],
    ids=["ava", "activitynet", "one line", "dense"],
)
def test_spellings_of_pbtxt(tmp_path, text):
    (tmp_path / "a.pbtxt").write_text(text, encoding="utf-8")
    assert read_label_map(tmp_path / "a.pbtxt") == {1: "walk", 2: 'say "hi"'}
    assert class_names("a.pbtxt", folder=tmp_path) == ("walk", 'say "hi"')


def test_lines_of_text(tmp_path):
    (tmp_path / "a.txt").write_text("# mine\nwalk\n\n  run \n")
    assert read_label_map(tmp_path / "a.txt") == {1: "walk", 2: "run"}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.pbtxt", 'label {\n name: "a"\n label_id: 1\n}\nwhat is this\n', r"line 5: .*'what is"),
        ("a.pbtxt", 'label {\n name: "a"\n}\n', "line 3: .*no id of 1 or more"),
        ("a.pbtxt", 'label {\n name: "a"\n label_id: 0\n}\n', "line 4: .*no id of 1 or more"),
        ("a.pbtxt", "label {\n label_id: 1\n}\n", "line 3: .*no name"),
        ("a.pbtxt", "name: 'a'\n", "line 1: .*outside of a block"),
        ("a.pbtxt", "label {\n name: 'a' id: 1\nlabel {\n", r"line 3: .*found 'label \{'"),
        ("a.pbtxt", "label {\n name: 'a'\n id: 1\n", "closing brace is missing"),
        ("a.pbtxt", "item{name:'a' id:1}\nitem{name:'b' id:1}", "line 2: the id 1 is given twice"),
        ("a.pbtxt", "", "names no class"),
        ("a.txt", "# nothing\n", "names no class"),
        ("a.txt", "walk\nrun\nwalk\n", "line 3: the class 'walk' is named twice"),
        ("a.txt", "walk\n\x00\x01\n", "line 2: .* is not the name of a class"),
        ("a.csv", "walk\n", r"ends in \.pbtxt or \.txt"),
    ],
)
def test_what_is_no_label_map(tmp_path, name, text, said):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=said):
        read_label_map(tmp_path / name)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match="no such label map file"):
        read_label_map(tmp_path / "none.txt")
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\x00w")
    with pytest.raises(InputError, match="cannot be read as a label map of text"):
        read_label_map(tmp_path / "a.txt")


def test_names_of_lists(tmp_path):
    with pytest.raises(InputError, match="no list of classes 'kinetics': expected one of ava"):
        class_names("kinetics")
    (tmp_path / "a.pbtxt").write_text("item{name:'a' id:1} item{name:'c' id:3}")
    with pytest.raises(InputError, match="names class 3 but not class 2"):
        class_names("a.pbtxt", folder=tmp_path)


def test_the_synthetic_classes_are_those_of_the_renderer():
    from stad.datasets.synthetic.scenes import CLASSES

    assert class_names("synthetic") == CLASSES


def test_the_sixty_evaluated_classes():
    classes = evaluated_classes()
    assert len(classes) == 60
    assert classes[1] == "bend/bow (at the waist)"
    assert classes[80] == "watch (a person)"
    assert 2 not in classes


def test_youtube8m_numbers_its_labels():
    names = class_names("youtube8m")
    assert len(names) == 3862
    assert names[:3] == ("Game", "Video game", "Vehicle")
    assert names[-1] == "Gamblerz"
    # Some labels have no published name.
    assert names[120:122] == ("label 120 (no name)", "Eye shadow")
    assert sum(name.endswith("(no name)") for name in names) == 56
