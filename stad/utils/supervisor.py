"""Runs a script's job in a process of its own, so that a death by a signal ends in a clear error.

A library that computes can kill its process: no ``except`` sees that, and nothing is said. So a
script forks before it loads anything large; the child does the work, and the parent, which needs
next to no memory, waits for it. What the child is busy with it writes on a board, a page of memory
that the two share.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from stad.errors import EXIT_BAD_INPUT, run_script

# Room for the paths of all outputs, however long.
BOARD_BYTES = 1 << 18
# A fault of what computes or decodes, and not a wish of the user's.
FAULTS = frozenset(
    (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGSYS)
)
PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
WATCHED = (signal.SIGCHLD, *PASSED_ON)
# Of torchrun's processes: torchrun itself says which of them died of what.
RANK_VARIABLE = "RANK"
PR_SET_PDEATHSIG = 1

Fact = str | list[str] | None

_board: mmap.mmap | None = None
_facts: dict[str, Fact] = {}


def note(**facts: Fact) -> None:
    """Let the supervisor know what this process is busy with; without one, nothing happens.

    Args:
        facts: any of
            network, precision, device, instruction_set: what computes.
            avoid: what avoids a fault, as a request to the user ('give --precision float32').
            save_memory: what needs less memory, likewise.
            state: path of a file from which the same command with --resume goes on.
            unfinished: paths of files to be removed after a death, as they are not complete.
            verdict: path of the verdict to be withdrawn, see ``stad.inference.verdicts``.
    """
    if _board is None:
        return
    _facts.update(facts)
    text = json.dumps(_facts).encode("ascii")[: BOARD_BYTES - 1]
    _board[: len(text) + 1] = text + b"\0"


def run_supervised(
    main: Callable[[], int | None],
    *,
    on_fault: Callable[[int, Mapping[str, Fact]], None] | None = None,
) -> None:
    """Run a script's ``main`` as ``run_script`` does, in a child process.

    The exit code is that of ``run_script``. A child that died of a fault, or was killed, gives one
    error on stderr and code 2; one that died of another signal lets this process die of it too.

    Args:
        main: does the work.
        on_fault: called with the signal and the facts of ``note`` when the child died of a fault.
    """
    global _board
    if RANK_VARIABLE in os.environ:
        run_script(main)
    _open_standard_streams()
    sys.stdout.flush()
    sys.stderr.flush()
    board, parent = mmap.mmap(-1, BOARD_BYTES), os.getpid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    child = os.fork()
    if child == 0:
        end_with_parent(parent)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        _board = board
        run_script(main)
    status = _wait(child)
    if os.WIFEXITED(status):
        sys.exit(os.WEXITSTATUS(status))
    number, facts = os.WTERMSIG(status), _read(board)
    if number in FAULTS and on_fault is not None:
        on_fault(number, facts)
    _report_death(number, facts)


def _open_standard_streams() -> None:
    """Give a script that was started without them a stdin, stdout and stderr that go nowhere.

    A file that it opens would take their numbers otherwise, and be written into.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            # The lowest free number is taken, and so this one.
            descriptor = os.open(os.devnull, os.O_RDWR)
            if descriptor != number:
                os.dup2(descriptor, number)
            setattr(sys, name, os.fdopen(number, mode))


def is_supervised() -> bool:
    """Return whether this process is the child of a supervisor."""
    return _board is not None


def end_with_parent(parent: int) -> None:
    """Let the kernel kill this process when its parent ends.

    Args:
        parent: its process id, for the case that it has ended already.
    """
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def _wait(child: int) -> int:
    """Pass signals on until the child has ended; give its status as ``os.waitpid`` does."""
    while True:
        # They are blocked, so those that came before wait here too.
        received = signal.sigwaitinfo(WATCHED)
        if received.si_signo != signal.SIGCHLD:
            # A terminal (the kernel) sends Ctrl-C to both processes by itself.
            if received.si_code <= 0:
                os.kill(child, received.si_signo)
            continue
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status


def _read(board: mmap.mmap) -> dict[str, Fact]:
    text = board[:].partition(b"\0")[0]
    return json.loads(text) if text else {}


def _report_death(number: int, facts: Mapping[str, Fact]) -> None:
    """Say what happened and end; or die of the same signal, where the user sent it."""
    if number not in FAULTS and number != signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
        os.kill(os.getpid(), number)
    for path in facts.get("unfinished") or ():
        Path(path).unlink(missing_ok=True)
    # The worker's last line, such as that of a progress bar, may not have ended.
    print(f"\nerror: {death_message(number, facts)}", file=sys.stderr)
    sys.exit(EXIT_BAD_INPUT)


def death_message(number: int, facts: Mapping[str, Fact]) -> str:
    """Say that a process died of a signal, what it computed, and what to do.

    Args:
        number: of the signal.
        facts: as ``note`` takes them.
    """
    name = signal.Signals(number).name
    if number == signal.SIGKILL:
        cause = f"was killed from outside (signal {number}, {name}), as when memory runs out"
        advice = facts.get("save_memory")
    else:
        cause = f"died of signal {number} ({name}), a fault in a library and not in the options"
        advice = facts.get("avoid")
    message = f"the process {_busy_with(facts)} {cause}."
    if advice:
        message += f" {advice}."
    if facts.get("state") and Path(facts["state"]).exists():
        message += " What was computed is kept: the same command with --resume goes on from there."
    return message


def _busy_with(facts: Mapping[str, Fact]) -> str:
    if not facts.get("network"):
        return "that did the work"
    isa = f", instruction set {facts['instruction_set']}" if facts.get("instruction_set") else ""
    return f"that ran {facts['network']} in {facts['precision']} ({facts['device']}{isa})"
