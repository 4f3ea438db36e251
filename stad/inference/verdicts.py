"""Remember in the cache folder what the trial of a network has shown on this machine.

One JSON file holds one verdict: its key, the precision, the runtime and the reason. A damaged
file counts as absent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from signal import Signals

from stad.errors import InputError
from stad.utils.cache import cache_dir
from stad.utils.files import partial_file

PRECISIONS = ("float32", "bfloat16")
# Raised for a file that is missing or holds something else.
DAMAGE = (OSError, ValueError, TypeError, KeyError, RecursionError)


@dataclass(frozen=True)
class Verdict:
    """The precision to run a network in on this machine.

    Attributes:
        precision: 'float32' or 'bfloat16'.
        reason: shown to users, such as '1.9 times as fast as float32 on this CPU'.
        runtime: the library that runs it.
    """

    precision: str
    reason: str
    runtime: str = "torch"


def verdict_path(key: Mapping[str, object]) -> Path:
    """Return the file for the verdict of a key.

    Args:
        key: everything that the verdict depends on, as JSON values.
    """
    text = json.dumps(key, sort_keys=True)
    return cache_dir() / "precision" / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"


def read_verdict(key: Mapping[str, object]) -> Verdict | None:
    """Return the verdict of a key; None if there is none or its file is damaged."""
    path = verdict_path(key)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        verdict = Verdict(**found["verdict"])
        is_whole = found["key"] == json.loads(json.dumps(key)) and (
            verdict.precision in PRECISIONS
            and isinstance(verdict.reason, str)
            and isinstance(verdict.runtime, str)
        )
    except DAMAGE:
        return None
    return verdict if is_whole else None


def write_verdict(key: Mapping[str, object], verdict: Verdict) -> Path:
    """Remember a verdict; the file appears whole or not at all.

    Raises:
        InputError, OSError: the cache folder cannot be written.
    """
    path = verdict_path(key)
    text = json.dumps({"key": dict(key), "verdict": asdict(verdict)}, indent=2, sort_keys=True)
    with partial_file(path) as part:
        part.write_text(text + "\n", encoding="utf-8")
    return path


def withdraw(path: Path, number: int) -> None:
    """Change a verdict to float32 in torch because a run died of a signal.

    Args:
        path: of the verdict's file; nothing happens if it is gone.
        number: of the signal.
    """
    try:
        key = json.loads(path.read_text(encoding="utf-8"))["key"]
        verdict = read_verdict(key)
        if verdict is not None and verdict_path(key) == path:
            where = verdict.precision if verdict.runtime == "torch" else verdict.runtime
            reason = f"a run in {where} died of signal {number} ({Signals(number).name})"
            write_verdict(key, Verdict("float32", reason))
    except (*DAMAGE, InputError):
        # The crash itself is what the user has to know.
        return
