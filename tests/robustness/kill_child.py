"""Run commands of stad in forked processes, and let each of them die at a chosen moment.

``python -m tests.robustness.kill_child`` imports what the commands need once. It reads a request a
line from stdin, a JSON object:

    words       of the command line, without 'stad'; after 'job', those of one of ``kill_jobs``
    folder      where changes of files are counted
    plan        how the process is ended; {} for a run that is only watched
    log         the file that takes what the command prints

and answers with {"code": status, "events": [...]}; a code below 0 is a signal.

A plan is one of

    {"before": 7, "signals": [9], "group": true}
        before the 7th change of a file: it is opened to be written, renamed or removed
    {"bytes": 100, "of": "state" or "text"}
        after 100 bytes of the file of results so far, or of all the text files together
    {"size": 1000}
        when any file grows beyond 1000 bytes; the kernel sees to that
    {"after_sec": 0.5, "signals": [2, 2]}
        after this time, with a pause between two signals
"""

from __future__ import annotations

import contextlib
import importlib
import json
import math
import os
import resource
import signal
import sys
import threading
import time
from multiprocessing import get_context
from pathlib import Path
from typing import Any, ClassVar

# Before torch: the children of a run share few cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["TQDM_DISABLE"] = "1"

# A signal that follows another one sooner is taken for its echo, see ``StopRequest``.
PAUSE_SEC = 0.35
# Of the line that names what a run has imported.
MODULES = "modules "
LIMIT_SEC = 120.0
CHANGES = ("os.rename", "os.remove", "os.link", "os.rmdir", "shutil.rmtree")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC


class Moments:
    """Counts the changes of files below a folder, in all processes of a run together.

    Args:
        folder: files elsewhere do not count.
        plan: see the module.
        events: takes a line for each change.
    """

    def __init__(self, folder: str, plan: dict[str, Any], events: int) -> None:
        self._folder, self._plan, self._events = folder, plan, events
        self._count = get_context("fork").Value("i", 0)
        self._is_inside = threading.local()

    def see(self, event: str, arguments: tuple) -> None:
        """Take an event of ``sys.addaudithook``, which comes before what it tells of."""
        if event != "open" and event not in CHANGES:
            return
        if getattr(self._is_inside, "value", False):
            return
        path = arguments[0]
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & WRITES):
            return
        if not isinstance(path, str | bytes | os.PathLike):
            return
        name = Path.cwd() / os.fsdecode(path)
        if not name.is_relative_to(self._folder):
            return
        self._is_inside.value = True
        try:
            self.note(f"{event} {name.relative_to(self._folder)}")
        finally:
            self._is_inside.value = False

    def note(self, text: str) -> None:
        """Count a change, and end the run if the plan says so."""
        with self._count.get_lock():
            self._count.value += 1
            number = self._count.value
        os.write(self._events, f"{text}\n".encode())
        if number == self._plan.get("before"):
            end_by(self._plan)


def end_by(plan: dict[str, Any]) -> None:
    """Send the signals of a plan to this process, or to all of the run."""
    for place, number in enumerate(plan.get("signals", [signal.SIGKILL])):
        if place:
            time.sleep(PAUSE_SEC)
        if plan.get("group"):
            os.killpg(0, number)
        else:
            os.kill(os.getpid(), number)


class CutFile:
    """A text file that ends the process in the middle of a write."""

    left = 0.0
    plan: ClassVar[dict[str, Any]] = {}

    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, text: str) -> None:
        """Write, at most as many bytes as are left."""
        if len(text) < CutFile.left:
            CutFile.left -= len(text)
            self._file.write(text)
            return
        left, CutFile.left = int(CutFile.left), math.inf
        self._file.write(text[:left])
        self._file.flush()
        end_by(CutFile.plan)
        self._file.write(text[left:])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def cut_files(plan: dict[str, Any]) -> None:
    """Let files that are written end the process after a number of bytes."""
    from stad.inference import journal
    from stad.utils.part_files import PartFile

    CutFile.left, CutFile.plan = plan["bytes"], plan
    if plan["of"] == "state":
        original = journal.open_here

        def open_cut(path: Path, mode: str, **options: Any) -> Any:
            file = original(path, mode, **options)
            return CutFile(file) if mode in ("w", "a") else file

        journal.open_here = open_cut
    else:
        open_text = PartFile.open_text
        PartFile.open_text = lambda self: CutFile(open_text(self))


def limit_sizes(num_bytes: int) -> None:
    """Let the kernel end the process when a file becomes larger; Python ignores that signal."""
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, num_bytes))


def run_child(request: dict[str, Any], events: int) -> None:
    """Run the command in this process, which is new and a group of its own."""
    os.setsid()
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.update(request.get("environment", {}))
    plan, words = request["plan"], request["words"]
    from stad.cli.main import stad_main
    from stad.cli.run import run_command

    if "bytes" in plan:
        cut_files(plan)
    if "size" in plan:
        limit_sizes(plan["size"])
    moments = Moments(request["folder"], plan, events)
    sys.addaudithook(moments.see)
    os.chdir(request.get("cwd", "/"))

    def main() -> int | None:
        try:
            if words[0] != "job":
                return stad_main(words)
            from tests.robustness import kill_jobs

            kill_jobs.note_changes_of_queue(moments.note)
            return kill_jobs.main(words[1:])
        finally:
            if not plan:
                os.write(events, f"{MODULES}{' '.join(sys.modules)}\n".encode())

    run_command(main)


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Run a request in a child and wait for it; return its end and the changes of files."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reader)
            run_child(request, writer)
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        except BaseException:
            import traceback

            traceback.print_exc()
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    os.close(writer)
    lines: list[str] = []
    thread = threading.Thread(target=read_lines, args=(reader, lines))
    thread.start()
    plan = request["plan"]
    if "after_sec" in plan:
        time.sleep(plan["after_sec"])
        for place, number in enumerate(plan["signals"]):
            if place:
                time.sleep(PAUSE_SEC)
            with contextlib.suppress(ProcessLookupError):
                (os.killpg if plan.get("group") else os.kill)(child, number)
    code = wait(child)
    # Nothing of a run may outlive it; what does would keep the pipe open.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    thread.join()
    for line in lines:
        if line.startswith(MODULES):
            learn(line.removeprefix(MODULES).split())
    return {"code": code, "events": [one for one in lines if not one.startswith(MODULES)]}


def learn(names: list[str]) -> None:
    """Import the modules that a run needed, so that the next one need not."""
    for name in names:
        if name not in sys.modules:
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def wait(child: int) -> int | str:
    """Return the exit code of a child, or 'hang'."""
    end_sec = time.monotonic() + LIMIT_SEC
    while time.monotonic() < end_sec:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "hang"


def read_lines(reader: int, lines: list[str]) -> None:
    """Collect the lines of a pipe until all its writers have ended."""
    with os.fdopen(reader) as file:
        lines += [line.rstrip("\n") for line in file]


def main() -> None:
    """Answer the requests of stdin."""
    import torch

    import stad.cli.annotate_job
    import stad.inference.annotation
    import stad.outputs.annotate_files  # noqa: F401

    torch.set_num_threads(1)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
