"""Run ``stad completion``: print a script that completes all commands and options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union

import tyro
from tyro.conf import Positional

from stad.cli.arguments import MARKERS, parse
from stad.cli.commands import Command, load
from stad.cli.option_types import number_registry, option

DESCRIPTION = """Print the completion script of a shell.

  bash: eval "$(stad completion bash)"          in ~/.bashrc
  zsh:  stad completion zsh > ~/.zfunc/_stad    in a folder of $fpath
  fish: stad completion fish > ~/.config/fish/completions/stad.fish"""


@dataclass(frozen=True, kw_only=True)
class CompletionOptions:
    """Options of ``stad completion``."""

    shell: Annotated[
        Literal["bash", "zsh", "fish"], Positional, option("bash, zsh or fish", metavar="SHELL")
    ]


def completion_main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> None:
    """Run ``stad completion``."""
    options = parse(CompletionOptions, arguments, prog=prog, description=DESCRIPTION)
    from stad.cli.main import COMMANDS, PROG

    tyro.cli(
        _options_of(COMMANDS),
        prog=PROG,
        args=["--tyro-print-completion", options.shell],
        config=MARKERS,
        registry=number_registry(),
    )


def _options_of(commands: Sequence[Command]) -> Any:
    """Return the union of all options, each under the name of its command."""
    kinds = []
    for one in commands:
        kind = load(one.options) if one.options else _options_of(load(one.commands))
        config = tyro.conf.subcommand(one.name, description=one.summary, prefix_name=False)
        kinds.append(Annotated[kind, config])
    return Union[tuple(kinds)]  # noqa: UP007 - there is no other way to join a list of types
