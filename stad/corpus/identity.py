"""Recognize videos by their content, cheaply: a file that moved or was copied is the same video."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from stad.annotations.own.fingerprint import content_mark, fingerprint
from stad.corpus.schema import short_key
from stad.corpus.videos import ListedFile, open_url
from stad.errors import InputError
from stad.utils.text import first_line

# Reading a few places of a file is waiting, for a disk or a server.
NUM_THREADS = 16


@dataclass(frozen=True)
class Video:
    """A video of a corpus.

    Attributes:
        key: of its content; of its path where the content cannot be read.
        path: absolute path, or URL.
        size_bytes: 0 where it is not known.
        problem: (kind, message) of a file that is certainly not a video; None for others.
        copies: other paths with the same content.
    """

    key: str
    path: str
    size_bytes: int
    problem: tuple[str, str] | None = None
    copies: tuple[str, ...] = ()


def identify(
    files: Sequence[ListedFile], *, progress: Callable[[], object] = lambda: None
) -> list[Video]:
    """Return the videos of some files: one for each content, in the order of the first file.

    Args:
        files: as ``list_files`` returns them.
        progress: called for each file.
    """
    found: dict[str, Video] = {}
    copies: dict[str, list[str]] = {}
    with ThreadPoolExecutor(NUM_THREADS) as pool:
        for video in pool.map(_identify, files):
            progress()
            if video.key in found:
                copies.setdefault(video.key, []).append(video.path)
            else:
                found[video.key] = video
    return [
        Video(one.key, one.path, one.size_bytes, one.problem, tuple(copies.get(key, ())))
        for key, one in found.items()
    ]


def _identify(file: ListedFile) -> Video:
    try:
        size, mark = _remote_mark(file) if file.is_url else _local_mark(file)
    except Exception as error:
        kind = "missing" if isinstance(error, FileNotFoundError) else "unreadable"
        message = f"There is no such file: {file.path}." if kind == "missing" else first_line(error)
        return Video(short_key(file.path), file.path, 0, (kind, message))
    if size == 0:
        # Empty files have the same content, but each is a problem of its own.
        problem = "empty", f"{file.path} is empty (0 bytes). Copy it again."
        return Video(short_key(file.path), file.path, 0, problem)
    return Video(short_key(size, mark), file.path, size)


def _local_mark(file: ListedFile) -> tuple[int, str]:
    if file.size_bytes is None:
        raise FileNotFoundError(file.path)
    return file.size_bytes, fingerprint(file.path) if file.size_bytes else ""


def _remote_mark(file: ListedFile) -> tuple[int, str]:
    """Return the size and what identifies the content: the store's own hash, or some bytes."""
    if file.size_bytes is not None and file.tag:
        return file.size_bytes, file.tag
    fs, path = open_url(file.path)
    info = fs.info(path)
    size = info.get("size")
    if size is None:
        raise InputError(f"The server does not say how large {file.path} is.")
    if info.get("partial") is False:
        # Parts of a file cannot be read from this server.
        return size, file.path
    return size, content_mark(
        size, lambda begin, end: fs.cat_file(path, start=begin, end=end) if end > begin else b""
    )
