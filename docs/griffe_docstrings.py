"""Prepare the docstrings for the API reference: doctests as code, one entry for each argument."""

from __future__ import annotations

import re

import griffe

# An entry that describes several names: "    width_px, height_px: upright size."
SHARED_ENTRY = re.compile(r"^( {4}\w+(?:, \w+)+): (.*)$")


def mark_examples(text: str) -> str:
    r"""Return a docstring whose doctests are in an "Examples:" section of Google style.

    >>> mark_examples("Add.\n\n>>> 1 + 1\n2")
    'Add.\n\nExamples:\n    >>> 1 + 1\n    2'
    """
    paragraphs = text.split("\n\n")
    for number, paragraph in enumerate(paragraphs):
        if paragraph.startswith(">>>"):
            lines = [f"    {line}" if line else line for line in paragraph.split("\n")]
            paragraphs[number] = "\n".join(["Examples:", *lines])
    return "\n\n".join(paragraphs)


def split_shared_entries(text: str) -> str:
    r"""Return a docstring in which each name of "a, b: text" has an entry with the text.

    >>> split_shared_entries("Args:\n    a, b: two\n        numbers.")
    'Args:\n    a: two\n        numbers.\n    b: two\n        numbers.'
    """
    lines = text.split("\n")
    found: list[str] = []
    while lines:
        match = SHARED_ENTRY.match(lines[0])
        first = lines.pop(0)
        if match is None:
            found.append(first)
            continue
        more = []
        while lines and lines[0].startswith(" " * 8):
            more.append(lines.pop(0))
        for name in match[1].strip().split(", "):
            found += [f"    {name}: {match[2]}", *more]
    return "\n".join(found)


class Docstrings(griffe.Extension):
    """Change every docstring before it is parsed."""

    def on_object(self, *, obj: griffe.Object, **kwargs) -> None:
        """Change the docstring of a function, class, attribute or module."""
        if obj.docstring is not None:
            obj.docstring.value = split_shared_entries(mark_examples(obj.docstring.value))
