"""Tell which attributes of a box are classes: checkboxes by name, choices by value."""

from __future__ import annotations

from typing import NamedTuple

from stad.annotations.own.class_folders import plain_name

CHECKBOX, CHOICE, TEXT, UNKNOWN = "checkbox", "choice", "text", ""
# Texts that hold a class; other texts are remarks.
ACTION_NAMES = frozenset(
    ("action", "actions", "activity", "activities", "behavior", "behaviour", "class", "classes",
     "event", "events", "label", "labels", "pose", "posture")
)  # fmt: skip
# Texts that hold the number of a person.
IDENTITY_NAMES = frozenset(
    ("id", "track", "trackid", "track id", "person", "person id", "personid", "actor", "actor id",
     "pid", "identity", "instance", "instance id", "object id", "number")
)  # fmt: skip
TRUE = ("true", "1", "yes")
UNDEFINED = ("", "__undefined__", "undefined", "unknown", "n/a", "?")


class Attribute(NamedTuple):
    """An attribute of a box.

    Attributes:
        name: as the file has it.
        kind: ``CHECKBOX``, ``CHOICE``, ``TEXT``, or ``UNKNOWN`` for what the value looks like.
    """

    name: str
    kind: str = UNKNOWN


def attribute_labels(attribute: Attribute, value: str) -> list[tuple[str, str]]:
    """Return the (label, group) that a value means, at most one.

    >>> attribute_labels(Attribute("walking", CHECKBOX), "true")
    [('walking', 'walking')]
    >>> attribute_labels(Attribute("action", CHOICE), "walk"), attribute_labels(Attribute("x"), "7")
    ([('walk', 'action')], [])
    """
    value = value.strip()
    low = value.lower()
    kind = attribute.kind or _kind(low)
    is_action = plain_name(attribute.name) in ACTION_NAMES
    if kind == CHECKBOX:
        return [(attribute.name, attribute.name)] if low in TRUE else []
    if low in UNDEFINED or (kind == TEXT and not is_action) or is_identity(attribute.name):
        return []
    return [(value, attribute.name)]


def is_identity(name: str) -> bool:
    """Return whether an attribute says which person it is.

    >>> is_identity("Person_ID"), is_identity("action")
    (True, False)
    """
    return plain_name(name) in IDENTITY_NAMES


def _kind(low: str) -> str:
    if low in ("true", "false"):
        return CHECKBOX
    try:
        float(low)
    except ValueError:
        return CHOICE
    return TEXT
