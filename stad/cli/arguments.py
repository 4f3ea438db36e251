"""Read a command line into a dataclass of options, with any file name and plain errors."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar, get_args, get_origin, get_type_hints

import tyro
from tyro.constructors import PrimitiveConstructorSpec

from stad.cli.help_text import format_help, option_rows
from stad.cli.option_types import number_registry
from stad.cli.parse_errors import plain_errors
from stad.errors import InputError

OPTION = re.compile(r"--?[A-Za-z][A-Za-z0-9-]*(=.*)?", re.DOTALL)
FILE_SUFFIX = re.compile(r"\.(?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{1,8}$")
HELP = ("-h", "--help")
# After this word all others are positional.
END = "--"
MARKERS = (tyro.conf.FlagCreatePairsOff, tyro.conf.DisallowNone)

Options = TypeVar("Options")


def parse(
    options: type[Options],
    args: Sequence[str] | None = None,
    *,
    prog: str | None = None,
    description: str | None = None,
    examples: Sequence[str] = (),
    everyday: Sequence[str] = (),
) -> Options:
    """Read the options of a command line; ``--help`` prints them and exits.

    Args:
        options: dataclass, each field annotated with ``stad.cli.option_types.option``.
        args: the words after the command; None takes those of this process.
        prog: how the command was called, for messages; None looks at this process.
        description: what the command does, for ``--help``.
        examples: command lines after ``prog``, for ``--help``.
        everyday: fields that ``--help`` shows first.

    Raises:
        InputError: the command line is wrong; says what was expected and what to do.
    """
    words = [as_path(one) for one in (sys.argv[1:] if args is None else args)]
    prog = prog or program_name()
    head = words[: words.index(END)] if END in words else words
    if any(word in HELP for word in head):
        print(
            format_help(
                options,
                prog=prog,
                description=description or "",
                examples=examples,
                everyday=everyday,
            )
        )
        raise SystemExit(0)
    words = join_repeats(head, _names_with_several_values(options)) + words[len(head) :]
    given = [word.partition("=")[0] for word in head if OPTION.fullmatch(word.replace("_", "-"))]
    with plain_errors(prog=prog, words=given, names=_option_names(options)):
        return tyro.cli(options, prog=prog, args=words, config=MARKERS, registry=number_registry())


def program_name() -> str:
    """Return how this process was called: 'stad-annotate', or 'python tools/train.py'."""
    name = sys.argv[0]
    return f"python {name}" if name.endswith(".py") else Path(name).name


def as_path(argument: str) -> str:
    """Return an argument as a value, if it is the name of a file that begins with a dash.

    >>> as_path("-clip.mp4"), as_path("--out"), as_path("-0.5"), as_path("--out=-clip.mp4")
    ('./-clip.mp4', '--out', '-0.5', '--out=-clip.mp4')
    """
    if not argument.startswith("-") or OPTION.fullmatch(argument):
        return argument
    is_file = FILE_SUFFIX.search(argument) or Path(argument).exists()
    return f"./{argument}" if is_file else argument


def join_repeats(words: Sequence[str], names: frozenset[str]) -> list[str]:
    """Return a command line in which options with several values are used once, with all values.

    Args:
        words: the command line.
        names: of the options with several values.

    Raises:
        InputError: one of them has no value.

    >>> join_repeats(["--a", "1", "2", "--b", "--a", "3"], frozenset(["--a"]))
    ['--b', '--a', '1', '2', '3']
    """
    rest: list[str] = []
    values: dict[str, list[str]] = {}
    target = rest
    for word in words:
        name, equals, value = word.partition("=")
        if name in names:
            target = values.setdefault(name, [])
            target += [value] if equals else []
            continue
        if OPTION.fullmatch(word):
            target = rest
        target.append(word)
    for name, given in values.items():
        if not given:
            raise InputError(f"{name} needs at least one value.")
        rest += [name, *given]
    return rest


def _option_names(options: type) -> list[str]:
    return [row.name for row in option_rows(options) if row.name]


def _names_with_several_values(options: type) -> frozenset[str]:
    """Return the options whose one use takes several words."""
    hints = get_type_hints(options, include_extras=True)
    return frozenset(
        row.name for row in option_rows(options) if row.name and _takes_several(hints[row.field])
    )


def _takes_several(hint: object) -> bool:
    kind, *metadata = get_args(hint)
    if tyro.conf.UseAppendAction in metadata:
        return False
    specs = [one for one in metadata if isinstance(one, PrimitiveConstructorSpec)]
    kinds = (kind, *(one for one in get_args(kind) if one is not type(None)))
    return any(one.nargs == "*" for one in specs) or (
        not specs and any(get_origin(one) is tuple for one in kinds)
    )
