"""Run the main function of a command in a supervised process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from stad.utils.supervisor import Fact, run_supervised


def run_command(main: Callable[[], int | None]) -> None:
    """Run ``main`` in a child process and exit with its code; see ``run_supervised``."""
    run_supervised(main, on_fault=_withdraw_verdict)


def _withdraw_verdict(number: int, facts: Mapping[str, Fact]) -> None:
    """Stop choosing the runtime and precision in which a run died of the signal ``number``."""
    paths = facts.get("verdicts")
    if paths:
        from stad.inference.verdicts import withdraw

        for path in paths:
            withdraw(Path(path), number)
