"""Recognize a file by its content, also after it was moved or renamed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from stad.errors import InputError

PART_BYTES = 1 << 16
LENGTH = 24


def fingerprint(path: str | Path) -> str:
    """Return 24 hex digits of a file's size, first 64 KiB, middle 64 KiB and last 64 KiB.

    A video of gigabytes takes a millisecond.

    Raises:
        InputError: the file cannot be read.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        with path.open("rb") as file:

            def read(start: int, end: int) -> bytes:
                file.seek(start)
                return file.read(end - start)

            return content_mark(size, read)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from error


def content_mark(size: int, read: Callable[[int, int], bytes]) -> str:
    """Return the fingerprint of content that may be anywhere.

    Args:
        size: bytes.
        read: returns the bytes from a place up to another.
    """
    digest = hashlib.sha256(str(size).encode())
    for start in sorted({0, max(size // 2, 0), max(size - PART_BYTES, 0)}):
        digest.update(read(start, min(start + PART_BYTES, size)))
    return digest.hexdigest()[:LENGTH]
