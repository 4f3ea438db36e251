"""Say what a check found, in sentences: what is wrong, and what is too little to learn from."""

from __future__ import annotations

from pathlib import Path

from stad.own_classes.check import ClassFigures, FolderCheck
from stad.utils.text import shown

# Below the first number nothing can be learnt and validated; below the second, little.
MIN_EXAMPLES, FEW_EXAMPLES = 2, 10
MIN_SOURCES, FEW_SOURCES = 2, 4
MIN_SECONDS = 10.0
# A class whose opposite is labelled for less than this fraction of its own time.
MIN_NEGATIVE = 0.5
SMALL_PX = 40
SHOWN = 5


def fatal_problems(found: FolderCheck, path: Path) -> list[str]:
    """Return sentences about what makes training impossible."""
    if not found.labels:
        count = len(found.videos)
        what = "1 video" if count == 1 else f"{count} videos"
        hint = ""
        if found.moved or found.missing:
            hint = " Labels of other videos are there: see above."
        return [
            f"{path} has {what} and no labels.{hint} Label with 'stad label {path} --classes a,b', "
            f"or import labels with 'stad import {path} --from FILE'."
        ]
    problems = []
    classes, nothing = found.classes[:-1], found.classes[-1]
    used = [one for one in classes if one.examples]
    if not used:
        names = ", ".join(one.name for one in classes)
        problems.append(f"None of the classes ({names}) has an example. Label some.")
    if len(used) == 1 and not nothing.negative_sec:
        name = used[0].name
        problems.append(
            f"{name!r} is the only class, and nothing is labelled as not being it. Label people "
            f"who do something else as 'nothing of these', or put clips without it into a folder "
            f"'no_{name}'."
        )
    return problems


def class_problems(found: FolderCheck) -> list[str]:
    """Return sentences about classes with too little to learn from."""
    classes = found.classes[:-1]
    sentences = []
    if missing := [one.name for one in classes if not one.examples]:
        sentences.append(
            f"No example of {_named(missing)}: label some, or delete the name from classes.txt."
        )
    if single := [one.name for one in classes if one.examples == 1]:
        sentences.append(
            f"Only 1 example of {_named(single)}: training and validation each need one. Label "
            f"{FEW_EXAMPLES} or more."
        )
    few = [one for one in classes if MIN_EXAMPLES <= one.examples < FEW_EXAMPLES]
    if few:
        counts = ", ".join(f"{one.name!r} {one.examples}" for one in few)
        sentences.append(
            f"Few examples: {counts}. Scores will be unsure: label {FEW_EXAMPLES} or more, of "
            "different people and places."
        )
    enough = [one for one in classes if one.examples >= MIN_EXAMPLES]
    if single_source := [one.name for one in enough if one.sources < MIN_SOURCES]:
        sentences.append(
            f"All examples of {_named(single_source)} are of one video, or one source: it cannot "
            "be validated. Label others."
        )
    one_sided = [one for one in enough if one.negative_sec < MIN_NEGATIVE * one.positive_sec]
    if one_sided:
        times = ", ".join(f"{one.name!r} {one.negative_sec:.1f} s" for one in one_sided)
        sentences.append(
            f"Few negatives, times in which it is labelled that a class is not there: {times}. "
            "Label people who do other things as 'nothing of these'."
        )
    for one in enough:
        sentences += _of_class(one)
    return sentences


def _named(names: list[str]) -> str:
    return ", ".join(map(repr, names))


def _of_class(one: ClassFigures) -> list[str]:
    name = repr(one.name)
    found_here = []
    if one.examples >= FEW_EXAMPLES and one.positive_sec < MIN_SECONDS:
        found_here.append(
            f"{name} is labelled for only {one.positive_sec:.1f} s. Label {MIN_SECONDS:g} s or "
            "more."
        )
    if MIN_SOURCES <= one.sources < FEW_SOURCES and one.examples >= FEW_EXAMPLES:
        found_here.append(
            f"{name} is in {one.sources} sources only: what holds for them may not hold for others."
        )
    elif one.sources >= MIN_SOURCES and not (one.train and one.val):
        part = "training" if not one.train else "validation"
        found_here.append(
            f"{name} has no example in {part}. Change split.csv, or delete it for a new split."
        )
    if one.heights_px and one.heights_px[0] < SMALL_PX:
        found_here.append(
            f"People of {name} are small, {one.heights_px[0]:.0f} px high in the median: film "
            "closer, or expect misses."
        )
    return found_here


def folder_problems(found: FolderCheck, path: Path) -> list[str]:
    """Return sentences about videos and labels that do not fit."""
    sentences = []
    for old, new in found.moved.items():
        sentences.append(
            f"{old} moved to {new}; its labels did not. Add --move-labels to give them the new "
            "name."
        )
    if found.missing:
        sentences.append(
            f"{_count(found.missing, 'labelled video')} not there: {shown(found.missing)}. Put "
            f"them back below {path}, or delete their files in {path / 'labels'}."
        )
    if found.changed:
        sentences.append(
            f"{_count(found.changed, 'video')} not the same file as when labelled: "
            f"{shown(found.changed)}. Check that the labels still fit."
        )
    for video, reason in list(found.unreadable.items())[:SHOWN]:
        sentences.append(f"{video} cannot be used: {reason}")
    for label, videos in found.unknown.items():
        sentences.append(
            f"The label {label!r} of {shown(videos)} is not one of the classes. Add it to "
            f"{path / 'classes.txt'}, or change it with 'stad label {path}'."
        )
    if found.late:
        sentences.append(
            f"{len(found.late)} labels are beyond the end of their video: "
            f"{shown(found.late, limit=1, between='; ')}."
        )
    if found.idle:
        number = sum(found.idle.values())
        people = "1 person has" if number == 1 else f"{number} people have"
        sentences.append(
            f"{people} no label in labelled videos ({shown(list(found.idle))}). They count as "
            "unknown: label what they do, or 'nothing of these'."
        )
    return sentences


def _count(names: list[str], what: str) -> str:
    return f"1 {what} is" if len(names) == 1 else f"{len(names)} {what}s are"
