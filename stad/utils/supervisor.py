"""Run a script's job in a process of its own, so that a death by a signal ends in a clear error.

A library can kill its process: no ``except`` catches that, and there is no message. A script
therefore forks before it loads anything large; the child does the work, and the parent, which
needs almost no memory, waits for it. The child writes what it is doing on a board, memory that the
two share.
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

from stad.errors import EXIT_BAD_INPUT, EXIT_INTERRUPTED, one_line, run_script
from stad.utils.locks import delete_dead_lock
from stad.utils.part_files import delete_dead

# Enough for the paths of all outputs, however long.
BOARD_BYTES = 1 << 18
# Signals of a fault in a library, which the user did not send.
FAULTS = frozenset(
    (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGSYS)
)
PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
WATCHED = (signal.SIGCHLD, *PASSED_ON)
# Set in the processes of torchrun, which itself reports which of them died of what.
RANK_VARIABLE = "RANK"
PR_SET_PDEATHSIG = 1

Fact = str | list[str] | None

_board: mmap.mmap | None = None
_facts: dict[str, Fact] = {}


def note(**facts: Fact) -> None:
    """Tell the supervisor what this process is doing; without one, do nothing.

    Args:
        **facts: any of
            network, precision, device, instruction_set: what computes.
            avoid: how to avoid a fault, as a request to the user ('give --precision float32').
            save_memory: how to need less memory, as a request to the user.
            state: path of the file that lets the same command with --resume continue.
            unfinished: paths of incomplete files, to be removed after a death.
            locks: paths of lock files, to be removed after a death.
            verdicts: paths of verdicts to withdraw after a fault, see ``note_verdict``.
    """
    if _board is None:
        return
    _facts.update(facts)
    text = json.dumps(_facts).encode("ascii")[: BOARD_BYTES - 1]
    _board[: len(text) + 1] = text + b"\0"


def note_verdict(path: str) -> None:
    """Tell the supervisor of one more verdict to withdraw, see ``stad.inference.verdicts``.

    Args:
        path: of its file.
    """
    known = _facts.get("verdicts")
    note(verdicts=[*(known if isinstance(known, list) else []), path])


def run_supervised(
    main: Callable[[], int | None],
    *,
    on_fault: Callable[[int, Mapping[str, Fact]], None] | None = None,
) -> None:
    """Run a script's ``main`` as ``run_script`` does, in a child process.

    The exit code is that of ``run_script``. If the child died of a fault or was killed, the user
    gets one error on stderr and code 2; if it died of another signal, so does this process, but
    for Ctrl-C, whose code is always the same.

    Args:
        main: does the work.
        on_fault: called with the signal and the facts of ``note`` if the child died of a fault.
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
        _run_child(main)
    status = _wait(child)
    if os.WIFEXITED(status):
        sys.exit(os.WEXITSTATUS(status))
    number, facts = os.WTERMSIG(status), _read(board)
    if number in FAULTS and on_fault is not None:
        on_fault(number, facts)
    _report_death(number, facts)


def _run_child(main: Callable[[], int | None]) -> None:
    """Run ``main`` and exit; from then on, signals only make the process end sooner."""
    code = EXIT_INTERRUPTED
    try:
        try:
            run_script(lambda: _advised(main))
        except SystemExit as stopped:
            code = stopped.code if isinstance(stopped.code, int) else 0
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: os._exit(code))
            raise
    except KeyboardInterrupt:
        # In between, where it would be shown with a traceback.
        os._exit(code)


def _advised(main: Callable[[], int | None]) -> int | None:
    """Run ``main``; if Ctrl-C ends it at once, say how to continue it."""
    try:
        return main()
    except KeyboardInterrupt:
        if kept := _kept(_facts):
            print(kept, file=sys.stderr)
        raise


def _open_standard_streams() -> None:
    """Open stdin, stdout and stderr on the null device where they are closed.

    Otherwise the next file that is opened would take their numbers and be written into.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            # The lowest free number is taken, which is this one.
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
        parent: its process id, in case it has already ended.
    """
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def _wait(child: int) -> int:
    """Pass signals on until the child has ended; return its status as ``os.waitpid`` does."""
    while True:
        # They are blocked, so those that came earlier wait here too.
        received = signal.sigwaitinfo(WATCHED)
        if received.si_signo != signal.SIGCHLD:
            # The terminal itself sends Ctrl-C to both processes (si_code of the kernel: above 0).
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
    """Report what happened and exit; or die of the same signal if the user sent it."""
    # Not those that another run has taken since.
    for path in facts.get("unfinished") or ():
        delete_dead(Path(path))
    for path in facts.get("locks") or ():
        delete_dead_lock(path)
    if number not in FAULTS and number != signal.SIGKILL:
        if kept := _kept(facts):
            print(f"\n{kept}", file=sys.stderr)
        if number == signal.SIGINT:
            sys.exit(EXIT_INTERRUPTED)
        signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
        os.kill(os.getpid(), number)
    # The worker's last line, such as a progress bar, may lack its line end.
    print(f"\nerror: {one_line(death_message(number, facts))}", file=sys.stderr)
    sys.exit(EXIT_BAD_INPUT)


def death_message(number: int, facts: Mapping[str, Fact]) -> str:
    """Return the message: which signal ended the process, what it computed, and what to do.

    Args:
        number: the signal.
        facts: as in ``note``.
    """
    name = signal.Signals(number).name
    if number == signal.SIGKILL:
        cause = f"was killed (signal {number}, {name}), as happens when memory runs out"
        advice = facts.get("save_memory")
    else:
        cause = f"died of signal {number} ({name}): a fault in a library, not in the options"
        advice = facts.get("avoid")
    message = f"the process {_busy_with(facts)} {cause}."
    if advice:
        message += f" {advice}."
    if kept := _kept(facts):
        message += f" {kept}"
    return message


def _kept(facts: Mapping[str, Fact]) -> str:
    """Return how to continue a run that has left its state; "" without one."""
    state = facts.get("state")
    if isinstance(state, str) and state and Path(state).exists():
        return "Finished results were kept: repeat the command with --resume to continue."
    return ""


def _busy_with(facts: Mapping[str, Fact]) -> str:
    if not facts.get("network"):
        return "that did the work"
    isa = f", instruction set {facts['instruction_set']}" if facts.get("instruction_set") else ""
    return f"that ran {facts['network']} in {facts['precision']} ({facts['device']}{isa})"
