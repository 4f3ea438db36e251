"""The one error that is the user's to mend, and the exit codes of the scripts."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

FROM_WORKER = "Caught InputError in "
EXIT_OK = 0
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130


class InputError(Exception):
    """Something the user gave cannot be used.

    The message is one sentence or two: what was expected, what came, what to do.
    Scripts print it without a traceback and exit with code 2.
    """


def run_script(main: Callable[[], int | None]) -> None:
    """Run a script's ``main`` and turn its outcome into an exit code.

    ``InputError`` -> its message on stderr, code 2; Ctrl-C -> code 130; anything else is a
    bug and keeps its traceback.
    """
    # File names on Linux are bytes, and a terminal may not have every letter.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = main()
    except InputError as error:
        print(f"error: {_own_words(str(error))}", file=sys.stderr)
        code = EXIT_BAD_INPUT
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        code = EXIT_INTERRUPTED
    sys.exit(code or EXIT_OK)


def _own_words(message: str) -> str:
    """What was said in a process of a data loader; torch puts that process's traceback around."""
    _, mark, words = message.rpartition(f"{InputError.__module__}.{InputError.__name__}: ")
    return words.strip() if mark and message.startswith(FROM_WORKER) else message
