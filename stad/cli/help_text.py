"""Format the text of ``--help``: one line an option, everyday options first, no boxes.

tyro's own help has boxes and a second line for each long option: some 70 lines with headings for
``stad annotate``, where this takes 52.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, get_args, get_type_hints

from tyro.conf import Positional

MAX_WIDTH = 100
# Longer options have their text on the next line.
MAX_COLUMN = 34
HELP_ROW = ("-h, --help", "show this help")
OPTIONS_HEADING = "options"


@dataclass(frozen=True)
class OptionRow:
    """An option as ``--help`` shows it.

    Attributes:
        field: name of the field that defines it.
        name: as it is written on the command line; empty for a positional argument.
        metavar: placeholder of its value; empty for a switch.
        help: one line, with the default.
        heading: what it is listed under.
    """

    field: str
    name: str
    metavar: str
    help: str
    heading: str

    @property
    def invocation(self) -> str:
        """Return the option with the placeholder of its value."""
        return f"{self.name} {self.metavar}".strip()


def option_rows(options: type) -> list[OptionRow]:
    """Return the options that a dataclass defines, those of its own first, then its bases'."""
    hints = get_type_hints(options, include_extras=True)
    fields = {one.name: one for one in dataclasses.fields(options)}
    rows = []
    for owner in options.__mro__:
        names = [name for name in vars(owner).get("__annotations__", {}) if name in fields]
        rows += [_row(fields.pop(name), hints[name], owner) for name in names]
    return rows


def _row(field: dataclasses.Field, hint: Any, owner: type) -> OptionRow:
    metadata = get_args(hint)[1:]
    (config,) = (one for one in metadata if hasattr(one, "help_behavior_hint"))
    name = "" if Positional in metadata else "--" + (config.name or field.name).replace("_", "-")
    metavar = config.metavar or ""
    if not metavar and get_args(hint)[0] is not bool:
        metavar = field.name.upper()
    heading = getattr(owner, "HEADING", OPTIONS_HEADING)
    return OptionRow(field.name, name, metavar, _with_default(config.help, field.default), heading)


def _with_default(text: str, default: object) -> str:
    """Add a default that is a number, a word or a path."""
    is_shown = isinstance(default, int | float | str | PurePath) and default != ""
    if isinstance(default, bool) or not is_shown or "default" in text:
        return text
    return f"{text} (default: {f'{default:g}' if isinstance(default, float) else default})"


def format_help(
    options: type,
    *,
    prog: str,
    description: str = "",
    examples: Sequence[str] = (),
    everyday: Sequence[str] = (),
) -> str:
    """Return the text of ``--help``.

    Args:
        options: dataclass of the options.
        prog: how the command was called.
        description: what it does.
        examples: what follows ``prog``.
        everyday: fields that come first, without a heading.
    """
    rows = option_rows(options)
    by_field = {row.field: row for row in rows}
    first = [by_field[name] for name in everyday or [row.field for row in rows if not row.name]]
    groups: dict[str, list[tuple[str, str]]] = {"": [(row.invocation, row.help) for row in first]}
    for row in rows:
        if row not in first:
            groups.setdefault(row.heading, []).append((row.invocation, row.help))
    groups[list(groups)[-1]].append(HELP_ROW)
    width = min(shutil.get_terminal_size().columns, MAX_WIDTH)
    column = min(MAX_COLUMN, max(len(text) for rows in groups.values() for text, _ in rows)) + 4
    positional = " ".join(row.metavar for row in rows if not row.name)
    parts = [f"usage: {prog} [OPTIONS] {positional}".rstrip(), description.strip()]
    for heading, lines in groups.items():
        title = [_bold(f"{heading}:")] if heading else []
        parts.append("\n".join(title + [_line(*line, column, width) for line in lines]))
    if examples:
        parts.append("\n".join([_bold("examples:"), *(f"  {prog} {one}" for one in examples)]))
    return "\n\n".join(part for part in parts if part)


def _line(invocation: str, text: str, column: int, width: int) -> str:
    start = f"  {invocation}".ljust(column)
    first = f"{start}\n{' ' * column}" if len(start) > column else start
    lines = textwrap.wrap(text, max(width - column, 30), break_on_hyphens=False) or [""]
    return (first + f"\n{' ' * column}".join(lines)).rstrip()


def _bold(text: str) -> str:
    is_plain = not sys.stdout.isatty() or "NO_COLOR" in os.environ
    return text if is_plain else f"\033[1m{text}\033[0m"
