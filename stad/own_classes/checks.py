"""Say what is too little to learn from, before anything is trained."""

from __future__ import annotations

import numpy as np

from stad.annotations.own.examples import NEGATIVE, POSITIVE
from stad.errors import InputError
from stad.own_classes.example_set import ExampleSet

MIN_EXAMPLES = 3


def check_examples(examples: ExampleSet, *, is_unchecked: bool = False) -> None:
    """Raise InputError for a class that cannot be learnt, or whose learning cannot be checked.

    Args:
        examples: of all classes.
        is_unchecked: classes that only one source shows are fine.
    """
    problems = []
    for column, name in enumerate(examples.classes):
        problem = _problem(examples, column, name, is_unchecked=is_unchecked)
        if problem:
            problems.append(problem)
    if not problems:
        return
    left = [one for one in examples.classes if not any(f"{one!r}" in two for two in problems)]
    ways = f" Or leave it out: --classes {','.join(left)}" if left else ""
    raise InputError(" ".join(problems) + (f"{ways}." if ways else ""))


def _problem(examples: ExampleSet, column: int, name: str, *, is_unchecked: bool) -> str:
    """Return what is wrong with a class; '' if nothing is."""
    plain = examples.variants == 0
    labels, sources = examples.labels[plain, column], examples.sources[plain]
    positive, negative = labels == POSITIVE, labels == NEGATIVE
    if not positive.any():
        return f"The class {name!r} has no examples. Label some."
    if positive.sum() < MIN_EXAMPLES:
        return (
            f"The class {name!r} has {int(positive.sum())} positive examples and needs "
            f"{MIN_EXAMPLES} or more, better 30. Label more of it."
        )
    if not negative.any():
        return (
            f"The class {name!r} has no negative examples: nothing says where it is not. Label "
            "people who do something else, or who show none of the classes ('nothing of these' in "
            f"stad label), or put clips that do not show it into a folder 'no_{name}'."
        )
    if negative.sum() < MIN_EXAMPLES:
        return (
            f"The class {name!r} has {int(negative.sum())} negative examples and needs "
            f"{MIN_EXAMPLES} or more, better 30. Label more of what is not it."
        )
    for kind, rows in (("positive", positive), ("negative", negative)):
        found = np.unique(sources[rows])
        if len(found) == 1 and not is_unchecked:
            return (
                f"All {kind} examples of {name!r} are of one source ({found[0]}): whether it is "
                "recognized elsewhere cannot be checked. Label it in a second video, or train "
                "without a check: --unchecked."
            )
    return ""
