"""Keep a worker in a process of its own, which may crash, hang or be killed.

The process is ``python -m stad.corpus.worker_process DESCRIPTOR PARENT``. It gets a setup and tasks
through a pipe, and answers with pairs of a word and a value.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

from stad.corpus.tasks import Outcome, Task, TaskFailure, WorkerInfo, WorkerSetup
from stad.corpus.videos import is_url
from stad.errors import InputError
from stad.utils.files import last_bytes
from stad.utils.supervisor import end_with_parent

READY, BEGIN, DONE, OUTCOME, FATAL = "ready", "begin", "done", "outcome", "fatal"
# Loading includes downloads, and conversions for a runtime.
LOAD_SEC = 1800.0
# Opening a file, and reading one from far away.
OPEN_SEC, SLOW_BYTES_PER_SEC = 300.0, 1e6
REPORT_SEC = 1.0
COMPLAINT_BYTES = 4096
END_SEC = 5.0
# Of temporary files, followed by the number of the process that made it.
FOLDER = "stad-corpus-"


@dataclass(frozen=True)
class TimeLimit:
    """The time that a task may take.

    Attributes:
        ratio: seconds for each second of the video.
        base_sec: added to it, seconds.
    """

    ratio: float
    base_sec: float = 120.0

    def of(self, video_sec: float) -> float:
        """Return the limit for a video, seconds."""
        return self.base_sec + self.ratio * video_sec


class WorkerDiedError(InputError):
    """A worker died while it loaded its models."""


class WorkerProcess:
    """The parent's side of a worker; none of its methods waits.

    Args:
        setup: of all workers.
        number: of the worker, for messages.
        limit: for each task.
        cores: numbers of the cores that it may use; () for all.

    Attributes:
        connection: readable once there is something to ``receive``.
        info: what it said when it was ready; None before.
        task: what it is doing.
        done_sec: how many seconds of the video it has done.
    """

    def __init__(
        self, setup: WorkerSetup, *, number: int, limit: TimeLimit, cores: Sequence[int] = ()
    ) -> None:
        self.number, self._limit = number, limit
        self.info: WorkerInfo | None = None
        self.task: Task | None = None
        self.done_sec = self._video_sec = self._begun_sec = 0.0
        # Copies of remote videos, which a killed worker leaves.
        self._folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER}{os.getpid()}-"))
        # What libraries print would end in the middle of the progress bar.
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as this lives
        self.connection, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-P", "-m", "stad.corpus.worker_process"),
                    *(str(theirs.fileno()), str(os.getpid())),
                ],
                env=os.environ
                | {
                    # The child finds the same modules as this process.
                    "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
                    "OMP_NUM_THREADS": str(setup.num_threads),
                    "TMPDIR": str(self._folder),
                },
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._complaints,
                stderr=self._complaints,
            )
        self._deadline_sec = time.monotonic() + LOAD_SEC
        with contextlib.suppress(OSError):
            self.connection.send((setup, tuple(cores)))

    @property
    def is_idle(self) -> bool:
        """True if it waits for a task."""
        return self.info is not None and self.task is None

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def give(self, task: Task) -> None:
        """Let it do a task; it is idle."""
        self.task, self.done_sec, self._video_sec = task, 0.0, 0.0
        limit_sec = OPEN_SEC
        if is_url(task.video.path):
            limit_sec += task.video.size_bytes / SLOW_BYTES_PER_SEC
        self._deadline_sec = time.monotonic() + limit_sec
        # A worker that died meanwhile shows that in ``receive``.
        with contextlib.suppress(OSError):
            self.connection.send(task)

    def receive(self) -> Outcome | None:
        """Take in what the worker has said; return the outcome of its task once there is one.

        Raises:
            InputError: it cannot load its models or write the results, or it died at that.
            EOFError: it has died or was killed, and has to be replaced; see ``give_up``.
        """
        while self.connection.poll():
            try:
                word, value = self.connection.recv()
            except OSError as error:
                raise EOFError from error
            if word == READY:
                self.info = value
            elif word == BEGIN:
                self._video_sec, self._begun_sec = value, time.monotonic()
                self._deadline_sec = self._begun_sec + self._limit.of(value)
            elif word == DONE:
                self.done_sec = value
                # Some files are longer than they say, or do not say it.
                longer_sec = self._begun_sec + self._limit.of(value)
                self._deadline_sec = max(self._deadline_sec, longer_sec)
            elif word == FATAL:
                raise InputError(value)
            else:
                self.task = None
                return replace(value, worker=self.number)
        return None

    @property
    def is_late(self) -> bool:
        """True if the time for its task, or for loading the models, is over."""
        return not self.is_idle and time.monotonic() > self._deadline_sec

    def give_up(self) -> Outcome | None:
        """End a worker that is late or has died; return the outcome of its task.

        Raises:
            WorkerDiedError: it had not loaded its models yet.
        """
        was_late = self.is_late
        self.close(must_wait=not was_late)
        code = self._process.returncode
        if self.info is None:
            raise WorkerDiedError(
                f"A worker {'hung' if was_late else _death(code)} while it loaded the models. "
                f"{self._complaint()}Try --workers 1, or another --model or --runtime."
            )
        task, self.task = self.task, None
        if task is None:
            return None
        if was_late:
            known = f" ({self._video_sec:.0f} s)" if self._video_sec else ""
            message = (
                f"It was not done within the time for its length{known}, after "
                f"{self.done_sec:.0f} s of it. A larger --time-limit gives it more."
            )
            return Outcome(task, TaskFailure("timeout", message), worker=self.number)
        message = (
            f"The worker {_death(code)} after {self.done_sec:.0f} s of it. {self._complaint()}"
        )
        return Outcome(task, TaskFailure("crash", message.strip()), worker=self.number)

    def _complaint(self) -> str:
        """Return the last line that it printed, as a sentence."""
        printed = last_bytes(self._complaints, COMPLAINT_BYTES)
        lines = printed.decode("utf-8", errors="replace").strip().splitlines()
        return f"It printed: {lines[-1].strip()[:200]}. " if lines else ""

    def close(self, *, must_wait: bool = False) -> None:
        """End the process; ``must_wait``: it is ending by itself."""
        self.connection.close()
        if must_wait:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(END_SEC)
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def remove_stale_folders() -> None:
    """Remove the temporary files of runs that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER}*-*"):
        number = folder.name.removeprefix(FOLDER).partition("-")[0]
        if number.isdigit() and not Path("/proc", number).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _death(code: int) -> str:
    if code >= 0:
        return f"ended with code {code}"
    name = signal.Signals(-code).name
    if -code == signal.SIGKILL:
        return f"was killed ({name}), as happens when memory runs out,"
    return f"died of signal {-code} ({name})"


def main() -> None:
    """Run the worker."""
    descriptor, parent = map(int, sys.argv[1:])
    end_with_parent(parent)
    # Ctrl-C on the terminal reaches all processes; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A crash leaves no core dump.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    connection = Connection(descriptor)
    setup, cores = connection.recv()
    everywhere = os.sched_getaffinity(0)
    if cores:
        os.sched_setaffinity(0, cores)
    try:
        # Imported here: the number of threads follows the cores.
        import cv2
        import torch

        from stad.corpus.worker import CorpusWorker

        torch.set_num_threads(setup.num_threads)
        cv2.setNumThreads(setup.num_threads)
        worker = CorpusWorker(setup)
    except InputError as error:
        connection.send((FATAL, str(error)))
        return
    info = worker.info()
    if info.device != "cpu":
        # Decoding and resizing feed the GPU with all cores.
        os.sched_setaffinity(0, everywhere)
    connection.send((READY, info))
    try:
        _serve(worker, connection)
    finally:
        worker.close()


def _serve(worker, connection: Connection) -> None:
    """Do tasks until the parent ends this process or closes the pipe."""
    from stad.corpus.part_files import ResultsError

    said_sec = 0.0

    def report(done_sec: float) -> None:
        nonlocal said_sec
        if time.monotonic() - said_sec > REPORT_SEC:
            said_sec = time.monotonic()
            connection.send((DONE, float(done_sec)))

    while True:
        try:
            task = connection.recv()
        except EOFError:
            return
        # Only the complaints of the last task are of interest.
        with contextlib.suppress(OSError):
            os.ftruncate(2, 0)
            os.lseek(2, 0, os.SEEK_SET)
        try:
            outcome = worker.do(
                task, begin=lambda sec: connection.send((BEGIN, float(sec))), report=report
            )
        except ResultsError as error:
            connection.send((FATAL, str(error)))
            return
        connection.send((OUTCOME, outcome))


if __name__ == "__main__":
    main()
