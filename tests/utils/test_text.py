"""Texts of messages."""

from stad.utils.text import shown


def test_names_are_shown_with_the_number_of_the_others():
    assert shown(["a", "b"]) == "a, b"
    assert shown(list("abcde"), limit=2) == "a, b and 3 more"
