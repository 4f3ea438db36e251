"""Show the doctests of docstrings as code in the API reference."""

from __future__ import annotations

import griffe


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


class Doctests(griffe.Extension):
    """Mark the doctests of every docstring before it is parsed."""

    def on_object(self, *, obj: griffe.Object, **kwargs) -> None:
        """Change the docstring of a function, class, attribute or module."""
        if obj.docstring is not None:
            obj.docstring.value = mark_examples(obj.docstring.value)
