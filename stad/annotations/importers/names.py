"""Fit the labels of a file to the classes of a folder."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from stad.annotations.own.class_folders import NO_PREFIXES, NOTHING_FOLDERS, plain_name
from stad.annotations.own.labels import NOTHING
from stad.errors import InputError

# Labels that say who is there, not what they do.
PERSON_NAMES = frozenset(
    ("person", "persons", "people", "human", "humans", "pedestrian", "pedestrians", "actor",
     "actors", "subject", "subjects", "object")
)  # fmt: skip
WORD_ENDINGS = ("ing", "ed", "es", "s", "e")
MIN_STEM = 3


@dataclass(frozen=True)
class Meaning:
    """Meaning of a label of a file in the folder.

    Attributes:
        label: name of the class, or ``NOTHING``.
        is_positive: False for a label such as 'no_fight'.
        is_kept: False for a label that is not among the classes.
        is_ignored: the label says nothing about the classes.
        has_boxes: False where people whose labels are all such are left out.
    """

    label: str
    is_positive: bool = True
    is_kept: bool = True
    is_ignored: bool = False
    has_boxes: bool = True


@dataclass(frozen=True)
class ClassChoice:
    """The classes after an import.

    Attributes:
        classes: those of the folder, then the new ones.
        new: those that are new.
        meanings: of each label of the file.
        notes: sentences about spellings.
    """

    classes: tuple[str, ...]
    new: tuple[str, ...]
    meanings: dict[str, Meaning]
    notes: tuple[str, ...]


def choose_classes(
    labels: Sequence[str],
    *,
    known: Sequence[str] = (),
    renames: Mapping[str, str] | None = None,
    keep: Sequence[str] = (),
    ignore: Sequence[str] = (),
    used: Collection[str] | None = None,
) -> ClassChoice:
    """Return what each label of a file means.

    Args:
        labels: of the file, in its order.
        known: classes of the folder.
        renames: new names of labels.
        keep: the only classes to keep, after renaming; () for all.
        ignore: labels that are left out with the boxes that have no other label.
        used: labels that videos have; others make no new class. None for all.

    Raises:
        InputError: a name of ``renames``, ``keep`` or ``ignore`` is not there.

    >>> choose_classes(["Fight", "no_fight", "person"], known=["fight"]).meanings["no_fight"]
    Meaning(label='fight', is_positive=False, is_kept=True, is_ignored=False, has_boxes=True)
    """
    labels = list(dict.fromkeys(one for one in labels if one != NOTHING))
    renamed = _renamed(labels, renames or {})
    ignored = _found(ignore, labels, "--ignore")
    names = list(dict.fromkeys(clean_name(renamed.get(one, one)) for one in labels))
    kept = _found(keep, [*known, *names], "--classes") if keep else None
    own = {plain_name(one): one for one in reversed([*known, *(kept or ())])}
    candidates = [*names, *known]
    new: dict[str, str] = {}
    meanings: dict[str, Meaning] = {}
    notes: list[str] = []
    for label in labels:
        name = clean_name(renamed.get(label, label))
        if label in ignored or (_is_person(name) and plain_name(name) not in own):
            meanings[label] = Meaning(
                NOTHING, is_kept=False, is_ignored=True, has_boxes=label not in ignored
            )
            continue
        meaning = _special(name, candidates)
        wanted = meaning.label if meaning else name
        if wanted == NOTHING:
            meanings[label] = Meaning(NOTHING)
            continue
        target = own.get(plain_name(wanted)) or new.get(plain_name(wanted))
        if target is None and kept is None:
            target = new[plain_name(wanted)] = wanted
        if target is None or (kept is not None and target not in kept):
            # That a class which is not kept is not there says nothing about the others.
            meanings[label] = Meaning(NOTHING, is_kept=False, is_ignored=meaning is not None)
            continue
        if kept is not None and target not in known:
            new[plain_name(target)] = target
        meanings[label] = Meaning(target, is_positive=meaning is None)
        if target != name and meaning is None and label not in renamed:
            notes.append(f"{label!r} is taken for the class {target!r}.")
    has_use = {meanings[one].label for one in labels if used is None or one in used}
    added = tuple(
        one
        for one in dict.fromkeys(new.values())
        if one not in known and (one in has_use or (kept is not None and one in kept))
    )
    classes = (*known, *added)
    return ClassChoice(classes, added, meanings, (*notes, *similar_notes(classes, added)))


def similar_notes(classes: Sequence[str], new: Sequence[str]) -> list[str]:
    """Return sentences about classes that may be two spellings of one.

    >>> similar_notes(["Fall (BW)", "Falling (BW)", "Sit"], ["Falling (BW)"])[0][:49]
    "'Fall (BW)' and 'Falling (BW)' may be one class: "
    """
    notes = []
    for place, first in enumerate(classes):
        for second in classes[place + 1 :]:
            if {first, second} & set(new) and stem(first) == stem(second):
                notes.append(
                    f"{first!r} and {second!r} may be one class: "
                    f'--rename "{second}={first}" joins them.'
                )
    return notes


def stem(name: str) -> str:
    """Return a name without case, signs and the endings of its words.

    >>> stem("Falling (BW)") == stem("fall_bw"), stem("Sitting") == stem("sit")
    (True, True)
    """
    words = re.findall(r"[^\W_]+", name.lower())
    return " ".join(_word_stem(word) for word in words)


def _word_stem(word: str) -> str:
    for ending in WORD_ENDINGS:
        root = word.removesuffix(ending)
        if root != word and len(root) >= MIN_STEM:
            word = root
            break
    is_doubled = len(word) > MIN_STEM and word[-1] == word[-2] and word[-1] not in "ls"
    return word[:-1] if is_doubled else word


def clean_name(name: str) -> str:
    """Return a name that can be one of a class: without commas and line ends.

    >>> clean_name(" fall,  forward ")
    'fall forward'
    """
    text = "".join(one if one.isprintable() else " " for one in name).replace(",", " ")
    return " ".join(text.split()).lstrip("# ")


def _is_person(name: str) -> bool:
    return plain_name(name) in PERSON_NAMES


def _special(name: str, candidates: Sequence[str]) -> Meaning | None:
    """Return the meaning of 'nothing' and of 'no_CLASS'; None for the name of a class."""
    plain = plain_name(name)
    if not name or plain in NOTHING_FOLDERS:
        return Meaning(NOTHING)
    prefix = next((one for one in NO_PREFIXES if name.lower().startswith(one)), "")
    by_name = {plain_name(one): one for one in reversed(candidates)}
    denied = by_name.get(plain_name(name[len(prefix) :])) if prefix else None
    return Meaning(denied, is_positive=False) if denied else None


def _renamed(labels: Sequence[str], renames: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for old, name in renames.items():
        (label,) = _found([old], labels, "--rename")
        found[label] = name
    return found


def _found(wanted: Sequence[str], names: Sequence[str], option: str) -> list[str]:
    """Return the names that are meant, in any case; InputError for one that is not there."""
    by_plain = {plain_name(one): one for one in reversed(names)}
    found = []
    for one in wanted:
        match = one if one in names else by_plain.get(plain_name(one))
        if match is None:
            near = difflib.get_close_matches(one, names, n=1, cutoff=0.5)
            hint = f"Perhaps you meant {near[0]!r}." if near else ""
            there = ", ".join(map(repr, names)) or "none"
            raise InputError(
                f"{option}: there is no label {one!r}. {hint or f'There are {there}.'}"
            )
        found.append(match)
    return found
