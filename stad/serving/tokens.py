"""Know the tokens of the service, and the cookies of browsers that have shown one."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Sequence
from pathlib import Path

from stad.errors import InputError

VARIABLE = "STAD_SERVE_TOKEN"
MIN_LETTERS = 16
ALLOWED = re.compile(r"[\x21-\x7e]+")
SESSION = b"stad serve: session of a browser"


class Tokens:
    """The secrets that clients show; without any, all that reach the service may use it.

    Args:
        tokens: any number of them.
    """

    def __init__(self, tokens: Sequence[str] = ()) -> None:
        self._tokens = [one.encode() for one in tokens]
        self._sessions = [
            hmac.new(one, SESSION, hashlib.sha256).hexdigest().encode() for one in self._tokens
        ]
        # Cookies belong to a host, whatever the port: two services there have two names.
        name = hashlib.sha256(b"\n".join(self._sessions)).hexdigest()[:8]
        self.cookie = f"stad_session_{name}"

    @property
    def is_needed(self) -> bool:
        """True if clients must show a token."""
        return bool(self._tokens)

    def accepts(self, token: str) -> bool:
        """Return whether a token is one of these."""
        return _is_any(token, self._tokens)

    def accepts_session(self, value: str) -> bool:
        """Return whether the value of a cookie is that of one of these tokens."""
        return _is_any(value, self._sessions)

    def session_of(self, token: str) -> str:
        """Return the value of the cookie for a token."""
        return hmac.new(token.encode(), SESSION, hashlib.sha256).hexdigest()


def _is_any(given: str, known: Sequence[bytes]) -> bool:
    """Compare with all, each in a time that does not depend on what differs."""
    content = given.encode(errors="replace")
    return sum([hmac.compare_digest(content, one) for one in known]) > 0


def read_tokens(path: Path | None) -> Tokens:
    """Return the tokens of a file, one a line, and of the environment variable.

    Empty lines, and lines that begin with '#', are comments.

    Args:
        path: of the file; None without one.

    Raises:
        InputError: the file cannot be read, or a token can be guessed too easily.
    """
    found = []
    if path is not None:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise InputError(
                f"--token-file {path} cannot be read ({reason}). Give a text file with a token in "
                "each line."
            ) from error
        found = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        if not found:
            raise InputError(f"--token-file {path} has no token. Write one into it.")
    if token := os.environ.get(VARIABLE, "").strip():
        found.append(token)
    for token in found:
        if len(token) < MIN_LETTERS or not ALLOWED.fullmatch(token):
            raise InputError(
                f"A token must have {MIN_LETTERS} or more letters, digits and signs, without "
                "spaces. The command openssl rand -hex 24 makes one."
            )
    return Tokens(found)
