"""Turn tyro's errors in boxes into one plain sentence or two."""

from __future__ import annotations

import contextlib
import difflib
import io
import os
import re
from collections.abc import Iterator, Sequence

from stad.errors import InputError

ANSI = re.compile(r"\033\[[0-9;]*m")
CORNERS = ("╭", "╰")
EDGE = "│ "
# The text of a box begins here.
INDENT = 2
# Room for any message: nothing is wrapped, so that a line is a line.
COLUMNS = "10000"
# What tyro writes -> what stad writes.
VALUE = re.compile(r"Error parsing (?P<name>[^:]+): (?P<message>.*)")
CHOICE = re.compile(
    r"invalid choice '(?P<value>.*)' for argument '(?P<name>[^']*)'\. "
    r"Expected one of \((?P<choices>.*)\)\."
)
MISSING_VALUE = re.compile(r"Missing value for argument '(?P<name>[^']*)'")
MISSING = "Missing from "
UNKNOWN = re.compile(r"Unrecognized options: (?P<words>.*)")


@contextlib.contextmanager
def plain_errors(
    *, prog: str, words: Sequence[str] = (), names: Sequence[str] = ()
) -> Iterator[None]:
    """Turn the boxes that tyro prints before it exits into an InputError.

    Args:
        prog: how the command was called.
        words: the options on the command line, without values.
        names: the options that there are.

    Raises:
        InputError: the command line is wrong; says what was expected and what to do.
    """
    printed = io.StringIO()
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = COLUMNS
    try:
        with contextlib.redirect_stderr(printed):
            yield
    except SystemExit as stop:
        if not stop.code:
            raise
        raise InputError(
            plain_error(printed.getvalue(), prog=prog, words=words, names=names)
        ) from None
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before


def plain_error(
    boxed: str, *, prog: str, words: Sequence[str] = (), names: Sequence[str] = ()
) -> str:
    """Return the sentences of an error that tyro printed.

    Args:
        boxed: as printed, nothing wrapped.
        prog: how the command was called, for its help.
        words: the options on the command line, without values.
        names: the options that there are.
    """
    sections = _sections(boxed)
    first = " ".join(line.strip() for line in sections[0])
    unknown = [word for word in words if word.replace("_", "-") not in names]
    if unknown and _lacks_argument(first):
        # A misspelt option takes the words after it along, so that an argument seems missing.
        sentence = _no_option(unknown, _similar(unknown, names))
    else:
        sentence = _sentence(first, sections)
    return f"{sentence} Run '{prog} --help' for all options."


def _sections(boxed: str) -> list[list[str]]:
    """Return the lines of a box, cut at its horizontal lines.

    Where stdout is not UTF-8, the title is a line of its own, and there are no edges.
    """
    lines = [line for line in ANSI.sub("", boxed).splitlines() if line.strip()]
    if lines and lines[0].startswith(" "):
        lines = lines[1:]
    sections: list[list[str]] = [[]]
    for line in lines:
        if line.startswith(CORNERS):
            continue
        text = line[INDENT:].rstrip(EDGE)
        if text.strip("─- "):
            sections[-1].append(text)
        elif text:
            sections.append([])
    return [section for section in sections if section] or [["The command line is wrong."]]


def _sentence(first: str, sections: list[list[str]]) -> str:
    if found := CHOICE.fullmatch(first):
        choices = found["choices"].strip(",").replace("'", "")
        name = found["name"] if found["name"].startswith("-") else found["name"].upper()
        return f"{name} must be one of {choices}, got {found['value']!r}."
    if found := MISSING_VALUE.match(first):
        return f"{found['name']} needs a value."
    if found := VALUE.fullmatch(first):
        separator = " " if found["message"].startswith("must ") else ": "
        return f"{found['name']}{separator}{found['message']}"
    if found := UNKNOWN.fullmatch(first):
        return _unknown(found["words"], sections[1:])
    if first.startswith(MISSING):
        # Names are indented by 4, their help by 8.
        names = [line.strip() for line in sections[0] if re.match(r" {4}\S", line)]
        return f"{', '.join(names)} must be given."
    return first if first.endswith(".") else f"{first}."


def _lacks_argument(first: str) -> bool:
    """Return whether an argument or a required option is missing, not the value of an option."""
    missing = MISSING_VALUE.match(first)
    return first.startswith(MISSING) or bool(missing and not missing["name"].startswith("-"))


def _similar(unknown: Sequence[str], names: Sequence[str]) -> list[str]:
    return [near for word in unknown for near in difflib.get_close_matches(word, names, n=1)]


def _unknown(words: str, sections: list[list[str]]) -> str:
    """Say what is not an option, with similar ones where there are any."""
    similar = []
    for section in sections:
        if section[0].startswith(("Perhaps", "Arguments similar")):
            similar += [line.split()[0] for line in section[1:] if re.match(r" {4}\S", line)]
    names = [word for word in words.split(", ") if word.startswith("-")]
    # The names that begin as the word does come first.
    similar.sort(key=lambda one: not one.startswith(tuple(names)))
    if not names:
        return f"Unexpected argument {words!r}."
    return _no_option(names, similar)


def _no_option(names: Sequence[str], similar: Sequence[str]) -> str:
    several = len(names) > 1
    text = (
        f"There {'are' if several else 'is'} no option{'s' if several else ''} {', '.join(names)}."
    )
    return f"{text} Perhaps you meant {' or '.join(dict.fromkeys(similar))}." if similar else text
