"""Measure the time and the memory of a command with all of its processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stad.errors import InputError

# Runs a command and writes its usage, with that of the processes that it waited for. The kernel
# counts the memory of the process that starts another one as its own, so this one is small.
LAUNCHER = """
import json, resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as file:
    json.dump([used.ru_utime + used.ru_stime, used.ru_maxrss], file)
sys.exit(code)
"""
# Every kind of output of 'stad annotate'.
OUTPUTS = {"--out": "a.mp4", "--json": "a.json", "--csv": "a.csv", "--html": "a.html"}


@dataclass(frozen=True)
class Cost:
    """The costs of a run, with all of its processes.

    Attributes:
        wall_sec: from start to end, seconds.
        cpu_sec: time of all cores, seconds.
        max_bytes: maximum memory of one process.
    """

    wall_sec: float
    cpu_sec: float
    max_bytes: int


def output_words(folder: Path) -> list[str]:
    """Return the options that write ``OUTPUTS`` into a folder."""
    files = [word for flag, name in OUTPUTS.items() for word in (flag, str(folder / name))]
    return [*files, "--overwrite", "--quiet"]


def run_measured(command: Sequence[str], *, folder: Path, python_path: Path) -> Cost:
    """Run a command in a new process and return its costs.

    Args:
        command: program and arguments.
        folder: where its output is written, as log.txt.
        python_path: where it finds stad.

    Raises:
        InputError: it fails.
    """
    log, usage = folder / "log.txt", folder / "usage.json"
    with log.open("w") as output:
        begin = time.monotonic()
        code = subprocess.call(
            [sys.executable, "-c", LAUNCHER, str(usage), *command],
            env={**os.environ, "PYTHONPATH": str(python_path.resolve())},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        wall_sec = time.monotonic() - begin
    if code:
        lines = log.read_text(errors="replace").strip().splitlines() or ["without a message"]
        raise InputError(f"The command ended with code {code}: {lines[-1]}")
    cpu_sec, max_kib = json.loads(usage.read_text())
    return Cost(wall_sec, cpu_sec, max_kib * 1024)
