"""Labels of a file and classes of a folder: spellings, renames, and what is left out."""

import pytest

from stad.annotations.importers.names import Meaning, choose_classes, clean_name, stem
from stad.errors import InputError


def meant(choice):
    return {
        label: None if one.is_ignored else (one.label, one.is_positive)
        for label, one in choice.meanings.items()
    }


def test_new_classes_come_after_those_that_are_there():
    choice = choose_classes(["sit", "walk", "sit"], known=["walk", "run"])
    assert (choice.classes, choice.new) == (("walk", "run", "sit"), ("sit",))
    assert meant(choice) == {"sit": ("sit", True), "walk": ("walk", True)}


def test_another_case_is_the_same_class():
    choice = choose_classes(["Stand_Up"], known=["stand up"])
    assert meant(choice) == {"Stand_Up": ("stand up", True)}
    assert choice.notes == ("'Stand_Up' is taken for the class 'stand up'.",)
    assert choose_classes(["Sit", "sit"]).classes == ("Sit",)


def test_spellings_that_may_be_one_class_are_told():
    choice = choose_classes(["Fall (BW)", "Falling (BW)", "Falling (FW)", "Sitting", "sits"])
    assert len(choice.classes) == 5
    assert choice.notes == (
        "'Fall (BW)' and 'Falling (BW)' may be one class: "
        '--rename "Falling (BW)=Fall (BW)" joins them.',
        "'Sitting' and 'sits' may be one class: --rename \"sits=Sitting\" joins them.",
    )
    joined = choose_classes(["Fall (BW)", "Falling (BW)"], renames={"Falling (BW)": "Fall (BW)"})
    assert (joined.classes, joined.notes) == (("Fall (BW)",), ())


@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        ("running", "run", True),
        ("smoke", "smoking", True),
        ("walk", "talk", False),
        ("Falling (BW)", "Falling (FW)", False),
        ("pick_up", "picking up", True),
        ("sing", "s", False),
    ],
)
def test_stems(first, second, is_same):
    assert (stem(first) == stem(second)) is is_same


def test_words_for_nothing_and_for_not():
    choice = choose_classes(["fight", "no_fight", "None", "non-smoker", "phone"])
    assert choice.classes == ("fight", "non-smoker", "phone")
    assert meant(choice)["no_fight"] == ("fight", False)
    assert meant(choice)["None"] == ("", True)


def test_only_some_classes():
    choice = choose_classes(["fight", "no_fight", "phone", "no_phone", "person"], keep=["FIGHT"])
    assert choice.classes == ("fight",)
    assert meant(choice) == {
        "fight": ("fight", True),
        "no_fight": ("fight", False),
        "phone": ("", True),
        # That it is not phoning says nothing of fighting.
        "no_phone": None,
        "person": None,
    }
    assert choice.meanings["phone"].is_kept is False


def test_labels_that_say_who():
    assert choose_classes(["person", "run"]).classes == ("run",)
    assert choose_classes(["person", "run"], known=["person"]).classes == ("person", "run")
    ignored = choose_classes(["car", "person"], ignore=["car"]).meanings
    assert ignored == {
        "car": Meaning("", is_kept=False, is_ignored=True, has_boxes=False),
        "person": Meaning("", is_kept=False, is_ignored=True),
    }


def test_classes_that_no_video_has_are_not_added():
    assert choose_classes(["a", "b"], used={"b"}).classes == ("b",)
    assert choose_classes(["a", "b"], used={"b"}, keep=["a", "b"]).classes == ("a", "b")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"renames": {"Siting": "sit"}}, "--rename: there is no label 'Siting'. Perhaps you meant"),
        ({"keep": ["zzz"]}, "--classes: there is no label 'zzz'. There are 'Sitting', 'run'."),
        ({"ignore": ["runs"]}, "--ignore: there is no label 'runs'. Perhaps you meant 'run'."),
    ],
)
def test_names_that_are_not_there(more, said):
    with pytest.raises(InputError, match=said):
        choose_classes(["Sitting", "run"], **more)


def test_names_that_a_class_cannot_have():
    assert clean_name("#1, fast\nrun") == "1 fast run"
    assert choose_classes(["fall, forward"]).classes == ("fall forward",)
