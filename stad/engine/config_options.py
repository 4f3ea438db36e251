"""``--cfg-options KEY=VALUE`` of the commands: changes of a config."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from mmengine.config import DictAction

from stad.errors import InputError


def read_changes(pairs: Sequence[str]) -> dict[str, object]:
    """Return dotted keys of a config and their new values, of the types that they are written as.

    Args:
        pairs: such as 'train_cfg.max_epochs=5' or 'stages=[1,2]'.

    Raises:
        InputError: one is not KEY=VALUE.
    """
    for one in pairs:
        if "=" not in one.strip("="):
            raise InputError(
                f"--cfg-options: expected KEY=VALUE, such as train_cfg.max_epochs=5, got {one!r}."
            )
    found = SimpleNamespace(changes={})
    # mmengine's reader of values is an action of argparse. It uses neither the parser nor the type
    # of the namespace, so both are left out here, and the checker is told.
    read: Any = DictAction([], "changes")
    read(None, found, list(pairs))
    return found.changes
