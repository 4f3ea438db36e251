"""The exception for problems that the user can fix, and the exit codes of the commands."""

from __future__ import annotations

import io
import logging
import os
import re
import select
import sys
from collections.abc import Callable, Sequence
from typing import TextIO

FROM_WORKER = "Caught InputError in "
EXIT_OK = 0
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130
# As a shell reports a command that died of SIGPIPE.
EXIT_CLOSED_PIPE = 141


# Control characters but tab and line end, and those that turn the direction of writing.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class InputError(Exception):
    """Input that cannot be used.

    The message is one or two sentences: what is wrong, with the value, and what to do. Scripts
    print it without a traceback and exit with code 2.

    Args:
        message: the sentences; a line end in it comes from a name, and is shown as an escape.
        lines: more lines, such as a table.
    """

    def __init__(self, message: object = "", *, lines: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.lines = tuple(lines)

    @property
    def message(self) -> str:
        """The sentences, without the lines after them."""
        return super().__str__()

    def __str__(self) -> str:
        """Return the message and the lines after it."""
        return "\n".join((self.message, *self.lines))


def harmless(text: str) -> str:
    r"""Return text that a terminal shows as it is: control characters are written as escapes.

    Names of files and classes come from others, and could move the cursor, hide or forge lines.

    >>> harmless("a\x1b[2Kb")
    'a\\x1b[2Kb'
    """
    return CONTROLS.sub(lambda found: repr(found[0])[1:-1], text)


def one_line(text: str) -> str:
    r"""Return text as ``harmless`` does, with line ends as escapes, too: it stays one line.

    >>> one_line("a\nerror: b")
    'a\\nerror: b'
    """
    return harmless(text).replace("\n", "\\n")


def run_script(main: Callable[[], int | None]) -> None:
    """Run a script's ``main`` and exit with a code for its outcome.

    ``InputError`` prints its message on stderr and exits with code 2, Ctrl-C with code 130. If the
    reader of stdout or stderr has ended, as in ``... | head``, the script ends silently with
    code 141. Any other exception is a bug and keeps its traceback.
    """
    # A log that cannot be written, as on a full disk, must not print tracebacks.
    logging.raiseExceptions = False
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
        message = _message_in_worker(error.message)
        print(f"error: {one_line(message)}", *map(one_line, error.lines), sep="\n", file=sys.stderr)
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
