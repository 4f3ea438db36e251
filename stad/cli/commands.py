"""Find commands by name: a command line goes to the function of its first word."""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stad.errors import InputError

HELP = ("-h", "--help")


@dataclass(frozen=True)
class Command:
    """A command and the place of its function; nothing is imported before it is used.

    Attributes:
        name: the first word of the command line.
        main: 'module:function'; takes the other words and ``prog``, and gives an exit code or None.
        summary: one line for ``--help``.
        options: 'module:class' of its options; empty for a command of commands.
        commands: 'module:tuple' of the commands below it, if there are any.
        is_supervised: whether it runs in a process of its own, see ``stad.cli.run``.
        for_folder: of the commands below it, the name of the one that a folder may be given to
            without its name, as in ``stad evaluate data/mine``; empty for none.
    """

    name: str
    main: str
    summary: str
    options: str = ""
    commands: str = ""
    is_supervised: bool = False
    for_folder: str = ""

    def run(self, words: Sequence[str], *, prog: str) -> int | None:
        """Run the command with the words after its name."""
        return load(self.main)(list(words), prog=f"{prog} {self.name}")


def load(place: str) -> Any:
    """Import what 'module:name' names."""
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


def find_command(commands: Sequence[Command], words: Sequence[str]) -> Command | None:
    """Return the command that the first words name, such as 'evaluate', 'poses'; None for none."""
    command = next((one for one in commands if words and one.name == words[0]), None)
    if command is None or not command.commands:
        return command
    below = load(command.commands)
    return find_command(below, add_name(below, words[1:], for_folder=command.for_folder)) or command


def add_name(
    commands: Sequence[Command], words: Sequence[str], *, for_folder: str
) -> Sequence[str]:
    """Return the words with the name of the command for folders in front of a folder.

    Args:
        commands: one of them may be named.
        words: the command line.
        for_folder: name of the command; empty leaves the words as they are.
    """
    if not (for_folder and words) or words[0].startswith("-"):
        return words
    if any(one.name == words[0] for one in commands):
        return words
    is_folder = "/" in words[0].rstrip("/") or Path(words[0]).is_dir()
    return [for_folder, *words] if is_folder else words


def choose(
    commands: Sequence[Command],
    words: Sequence[str],
    *,
    prog: str,
    description: str,
    notes: Sequence[str] = (),
) -> Command | None:
    """Return the command that the first word names; print the commands if that is ``--help``.

    Args:
        commands: to choose from.
        words: the command line.
        prog: how the command line was called.
        description: what the commands do.
        notes: last lines of the help.

    Raises:
        InputError: there is no such command.
    """
    if words and words[0] in HELP:
        print(format_commands(commands, prog=prog, description=description, notes=notes))
        return None
    names = [one.name for one in commands]
    if not words:
        raise InputError(f"Name a command: {', '.join(names)}. Run '{prog} --help' to see them.")
    if words[0] in names:
        return commands[names.index(words[0])]
    near = difflib.get_close_matches(words[0].lower().replace("-", "_"), names, n=1)
    hint = f" Perhaps you meant {near[0]}." if near else f" There are {', '.join(names)}."
    raise InputError(f"{prog} has no command {words[0]!r}.{hint}")


def run_group(
    commands: Sequence[Command],
    arguments: Sequence[str] | None,
    *,
    prog: str | None,
    description: str,
    notes: Sequence[str] = (),
    for_folder: str = "",
) -> int | None:
    """Run the command that the first word names; see ``choose`` and ``add_name``."""
    from stad.cli.arguments import program_name

    words = sys.argv[1:] if arguments is None else list(arguments)
    words = add_name(commands, words, for_folder=for_folder)
    prog = prog or program_name()
    command = choose(commands, words, prog=prog, description=description, notes=notes)
    return None if command is None else command.run(words[1:], prog=prog)


def format_commands(
    commands: Sequence[Command], *, prog: str, description: str, notes: Sequence[str] = ()
) -> str:
    """Return the help of a command of commands, one line for each."""
    width = max(len(one.name) for one in commands) + 2
    lines = [f"  {one.name.ljust(width)}{one.summary}" for one in commands]
    parts = [f"usage: {prog} COMMAND ...", description, "\n".join(lines)]
    parts.append("\n".join([f"Run '{prog} COMMAND --help' for the options of a command.", *notes]))
    return "\n\n".join(parts)
