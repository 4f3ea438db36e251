"""Run a trial in a process of its own, which may crash, and read what it wrote.

The process is ``python -m MODULE JSON PARENT``; it writes lines of JSON, see ``say``.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from stad.inference.verdicts import Verdict
from stad.utils.supervisor import FAULTS, end_with_parent

LIMIT_SEC = 180.0
# A smaller gain does not count: the time of a trial varies by some percent.
GAIN = 1.1


@dataclass(frozen=True)
class Outcome:
    """The outcome of a trial.

    Attributes:
        verdict: how to run the network now.
        is_lasting: whether the next run would find the same; a trial that was killed from outside
            says nothing about the network.
    """

    verdict: Verdict
    is_lasting: bool = True


@dataclass(frozen=True)
class TrialEnd:
    """The end of a trial's process.

    Attributes:
        code: exit code, negative for a signal; None after the time limit.
        said: stdout; lines of other origin are skipped.
        complaint: stderr.
        limit_sec: the time limit, seconds.
    """

    code: int | None
    said: str
    complaint: str = ""
    limit_sec: float = LIMIT_SEC

    def records(self, kind: str) -> list[Any]:
        """Return the values that the trial wrote under a name, in order."""
        found = []
        for line in self.said.splitlines():
            if line.startswith('{"trial": '):
                found.append(json.loads(line)["trial"])
        return [record[kind] for record in found if kind in record]

    @property
    def began(self) -> str:
        """The precision that the trial began last; 'first' if none."""
        return (self.records("begin") or ["first"])[-1]

    @property
    def failure(self) -> str:
        """The reason that ended the trial early; '' if it reached its end."""
        if self.code is None:
            return f"the {self.began} trial did not end within {self.limit_sec:g} s"
        if self.code < 0:
            name = signal.Signals(-self.code).name
            return f"the {self.began} trial died of signal {-self.code} ({name})"
        if self.code:
            lines = self.complaint.strip().splitlines() or ["no message"]
            return f"the {self.began} trial failed ({lines[-1][:200]})"
        return ""

    @property
    def is_lasting(self) -> bool:
        """False if it was killed from outside, as when memory runs out."""
        return self.code is None or self.code >= 0 or -self.code in FAULTS


def run_process(module: str, asked: object, *, limit_sec: float = LIMIT_SEC) -> TrialEnd:
    """Run a trial in a child process.

    Args:
        module: its ``main`` calls ``serve``.
        asked: what to try, as JSON values.
        limit_sec: how long it may take, seconds.
    """
    # The child finds the same modules as this process.
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", module, json.dumps(asked), str(os.getpid())],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    try:
        said, complaint = process.communicate(timeout=limit_sec)
    except subprocess.TimeoutExpired:
        process.kill()
        said, complaint = process.communicate()
        return TrialEnd(None, said, complaint, limit_sec)
    except BaseException:
        process.kill()
        process.wait()
        raise
    return TrialEnd(process.returncode, said, complaint, limit_sec)


def serve(attempt: Callable[[Any], Iterable[dict[str, object]]]) -> None:
    """Run the trial that the command line asks for and write its records.

    Args:
        attempt: takes what was asked and yields the records.
    """
    asked, parent = sys.argv[1:]
    end_with_parent(int(parent))
    # A trial that crashes leaves no core dump.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for record in attempt(json.loads(asked)):
        print(json.dumps({"trial": record}), flush=True)
