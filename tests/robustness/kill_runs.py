"""Make runs of stad's commands, end them at any moment, and compare what the next run makes."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av

ROOT = Path(__file__).parents[2]
KILL, TERM, INT = int(signal.SIGKILL), int(signal.SIGTERM), int(signal.SIGINT)
INTERRUPTED = 130
SEED = int(os.environ.get("STAD_DAMAGE_SEED", "1"))


@dataclass(frozen=True)
class Ended:
    """A run that is over.

    Attributes:
        code: as ``subprocess`` gives it, below 0 for a signal; 'hang'.
        text: what it printed.
        events: the changes of files, in order.
    """

    code: int | str
    text: str
    events: list[str]


class Runs:
    """Runs commands in processes that are forked from one that has imported stad.

    Args:
        folder: for what they print.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.robustness.kill_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT), "STAD_HOME": str(folder / "home")},
        )

    def run(
        self, words: Sequence[object], folder: Path, plan: dict[str, Any], **more: Any
    ) -> Ended:
        """Run a command; see ``kill_child`` for the plan and what else a request has."""
        log = self._folder / "log.txt"
        request = {"words": [str(one) for one in words], "folder": str(folder), "plan": plan}
        request |= {"log": str(log), **more}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return Ended(answer["code"], log.read_text(errors="replace"), answer["events"])

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=60)


@dataclass
class Counts:
    """Counts the kinds of ends, and keeps what was wrong."""

    ends: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(self, kind: str, ended: Ended, faults: Iterable[str]) -> None:
        """Add a run that was to be ended in a way, and what was wrong with it and with the next."""
        code = ended.code
        name = code if isinstance(code, str) or code >= 0 else signal.Signals(-code).name
        self.ends[f"{kind}: exit {name}"] += 1
        self.faults += faults

    def report(self) -> str:
        """Return the counts as lines."""
        lines = [f"{count:6d} {name}" for name, count in sorted(self.ends.items())]
        return "\n".join([*lines, f"{len(self.faults):6d} faults"])

    def settle(self, record_property: Callable[[str, object], None]) -> None:
        """Have the counts printed at the end, and assert that nothing was wrong."""
        record_property("counts", self.report())
        assert self.faults == []


def name_of(plan: dict[str, Any]) -> str:
    """Return the kind of a plan, without its numbers."""
    signals = plan.get("signals", [KILL])
    names = "+".join(signal.Signals(one).name[3:].lower() for one in signals)
    how = {"before": "before a change", "bytes": "in a write", "size": "at a size"}
    moment = next((text for key, text in how.items() if key in plan), "at random")
    return f"{names if 'size' not in plan else 'xfsz'} {moment}"


def fault_of_end(ended: Ended, plan: dict[str, Any], *, has_state: bool) -> str:
    """Return what is wrong with how a run ended; "" if nothing is."""
    signals = plan.get("signals", [KILL])
    allowed = {0, INTERRUPTED} if INT in signals else {0, 2, -KILL, -signal.SIGXFSZ}
    if TERM in signals:
        # As every program: where nothing has to be finished.
        allowed = {0, INTERRUPTED, -TERM}
    if ended.code not in allowed:
        return f"exit {ended.code}: {ended.text[-300:]}"
    if "Traceback" in ended.text or "Exception ignored" in ended.text:
        return f"traceback: {ended.text[-600:]}"
    is_asked = ended.code in (INTERRUPTED, 2, -TERM)
    if is_asked and has_state and "with --resume to continue" not in ended.text:
        return f"no advice: {ended.text[-300:]}"
    return ""


def media_facts(path: Path) -> dict[str, Any]:
    """Return what must be equal in two mp4s: times of the frames, and lengths of the tracks."""
    with av.open(str(path)) as container:
        tracks = [
            (one.type, one.frames, float((one.duration or 0) * one.time_base))
            for one in container.streams
        ]
        times = [frame.time for frame in container.decode(video=0)]
    return {"tracks": sorted(tracks), "times": times}


def fresh(folder: Path) -> Path:
    """Return an empty folder of this name."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def sample(numbers: Sequence[int], count: int, rng: random.Random) -> list[int]:
    """Return some of the numbers; of three or more, two are the first and the last."""
    inner = list(numbers[1:-1])
    if count < 3:
        return sorted(rng.sample(inner, count))
    return sorted({numbers[0], numbers[-1], *rng.sample(inner, min(count - 2, len(inner)))})
