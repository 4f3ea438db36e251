"""The exception for problems that the user can fix, and the exit codes of the commands."""

from __future__ import annotations

import io
import os
import select
import sys
from collections.abc import Callable
from typing import TextIO

FROM_WORKER = "Caught InputError in "
EXIT_OK = 0
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130
# As a shell reports a command that died of SIGPIPE.
EXIT_CLOSED_PIPE = 141


class InputError(Exception):
    """Input that cannot be used.

    The message is one or two sentences: what is wrong, with the value, and what to do. Scripts
    print it without a traceback and exit with code 2.
    """


def run_script(main: Callable[[], int | None]) -> None:
    """Run a script's ``main`` and exit with a code for its outcome.

    ``InputError`` prints its message on stderr and exits with code 2, Ctrl-C with code 130. If the
    reader of stdout or stderr has ended, as in ``... | head``, the script ends silently with
    code 141. Any other exception is a bug and keeps its traceback.
    """
    # File names on Linux are bytes, and a terminal may not show every character.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(main)
        # What is still buffered would fail when Python exits, where nothing catches it.
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        streams = [stream for stream in (sys.stdout, sys.stderr) if stream is not None]
        closed = [stream for stream in streams if _is_closed_pipe(stream)]
        if not closed:
            raise
        for stream in closed:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        code = EXIT_CLOSED_PIPE
    sys.exit(code or EXIT_OK)


def _run(main: Callable[[], int | None]) -> int | None:
    try:
        return main()
    except InputError as error:
        print(f"error: {_message_in_worker(str(error))}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED


def _is_closed_pipe(stream: TextIO) -> bool:
    """Return whether the stream is a pipe or socket that has no reader any more."""
    try:
        poll = select.poll()
        poll.register(stream.fileno(), 0)
        return any(event & select.POLLERR for _, event in poll.poll(0))
    except (OSError, ValueError):
        return False


def _message_in_worker(message: str) -> str:
    """Return the error's own message; torch adds the traceback of a data loader's process."""
    _, mark, words = message.rpartition(f"{InputError.__module__}.{InputError.__name__}: ")
    return words.strip() if mark and message.startswith(FROM_WORKER) else message
