"""List the videos of a corpus: folders, patterns, list files, single files and URLs of fsspec."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from stad.errors import InputError
from stad.utils.files import missing_file
from stad.utils.suffixes import VIDEO_SUFFIXES

LIST_SUFFIX = ".txt"
WILDCARDS = "*?["
# File systems that list folders; a web server does not.
WEB = ("http", "https")
# What stores call the hash of an object's content, with the listing and free of charge.
CONTENT_TAGS = ("ETag", "md5Hash", "crc32c")


@dataclass(frozen=True)
class ListedFile:
    """A file that may be a video.

    Attributes:
        path: absolute path, or URL.
        size_bytes: None where it is not known, or there is no such file.
        tag: what its store says about its content; '' where it says nothing.
    """

    path: str
    size_bytes: int | None = None
    tag: str = ""

    @property
    def is_url(self) -> bool:
        """True if it is read through fsspec."""
        return is_url(self.path)


def is_url(text: str) -> bool:
    """Return whether a name is a URL of fsspec, such as s3://bucket/a.mp4, and not a file."""
    return "://" in text and not Path(text).exists()


def list_files(inputs: Sequence[str]) -> list[ListedFile]:
    """List the files that the words of a command line name, each once, in their order.

    Args:
        inputs: folders (searched with all folders in them, for the endings of videos), patterns
            such as 'a/**/*.mp4', list files (.txt: one of these on each line), files and URLs.

    Raises:
        InputError: one does not exist, or names no video.
    """
    found: dict[str, ListedFile] = {}
    for word in inputs:
        count = len(found)
        files = list(_expand(word, base=Path()))
        found.update((one.path, found.get(one.path, one)) for one in files)
        if len(found) == count and not files:
            raise InputError(
                f"There is no video in {word}: no file ends in {', '.join(VIDEO_SUFFIXES[:3])} or "
                "another ending of videos. A file that is named itself is read whatever it is."
            )
    return list(found.values())


def _expand(word: str, *, base: Path, in_list: bool = False) -> Iterator[ListedFile]:
    """Yield the files of a word; ``base`` is the folder that paths are relative to."""
    if is_url(word):
        yield from _expand_url(word, in_list=in_list)
        return
    path = base / Path(word).expanduser()
    if path.is_dir():
        yield from _files_below(path)
    elif path.suffix.lower() == LIST_SUFFIX and path.is_file():
        if in_list:
            raise InputError(f"A list of videos names the list {path}. Give both to the command.")
        yield from _read_list(path.read_text(encoding="utf-8", errors="surrogateescape"), path)
    elif not path.exists() and any(one in word for one in WILDCARDS):
        matches = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207 - of any root
        files = [one for one in matches if Path(one).is_file()]
        yield from map(_local_file, _chosen(files, word))
    elif not path.exists() and not in_list:
        raise missing_file(path)
    else:
        yield _local_file(str(path))


def _files_below(folder: Path) -> Iterator[ListedFile]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for name in sorted(names):
            if _is_video_name(name):
                yield _local_file(str(Path(parent, name)))


def _local_file(path: str) -> ListedFile:
    try:
        size = Path(path).stat().st_size
    except OSError:
        size = None
    return ListedFile(os.path.abspath(path), size)  # noqa: PTH100 - links stay as they are named


def _is_video_name(name: str) -> bool:
    return not name.startswith(".") and name.lower().endswith(VIDEO_SUFFIXES)


def _chosen(paths: Iterable[str], pattern: str) -> list[str]:
    """Return the paths of a pattern; one without an ending of its own asks for videos."""
    has_ending = bool(PurePosixPath(pattern).suffix.strip(".*?"))
    return [one for one in paths if has_ending or _is_video_name(one.rpartition("/")[2])]


def _read_list(text: str, origin: str | Path) -> Iterator[ListedFile]:
    """Yield the files of a list; '#' begins a comment, and paths are relative to the list."""
    base = Path() if is_url(str(origin)) else Path(origin).parent
    for line in text.splitlines():
        word = line.strip()
        if word and not word.startswith("#"):
            yield from _expand(word, base=base, in_list=True)


def open_url(url: str) -> tuple[Any, str]:
    """Return the file system of a URL and the path in it.

    Raises:
        InputError: fsspec does not know such URLs, or lacks a package for them.
    """
    import fsspec

    try:
        return fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise InputError(
            f"Cannot read {url}: {error}. Videos may be in s3://, gs:// and http(s)://, after "
            "pip install 'stad[cloud]'."
        ) from error


def _expand_url(url: str, *, in_list: bool) -> Iterator[ListedFile]:
    fs, path = open_url(url)
    if url.partition("://")[0] in WEB:
        if url.endswith("/"):
            raise InputError(
                f"{url} is a folder of a web server, which cannot be listed. Name its videos, "
                f"such as in a list file ({LIST_SUFFIX})."
            )
        if url.lower().endswith(LIST_SUFFIX):
            yield from _read_list(fs.cat_file(path).decode("utf-8"), url)
        else:
            # Its size is asked for later, with that of the others at the same time.
            yield ListedFile(url)
        return
    try:
        yield from _expand_store(fs, path, url, in_list=in_list)
    except InputError:
        raise
    except Exception as error:
        # Each file system of fsspec has errors of its own.
        raise InputError(
            f"Cannot list {url}: {error or type(error).__name__}. Check the name and your access "
            "to it."
        ) from error


def _expand_store(fs: Any, path: str, url: str, *, in_list: bool) -> Iterator[ListedFile]:
    if any(one in path for one in WILDCARDS):
        found = fs.glob(path, detail=True)
        chosen = set(_chosen(found, path))
        infos = [one for name, one in found.items() if name in chosen and one["type"] == "file"]
    elif not url.endswith("/") and fs.isfile(path):
        if path.lower().endswith(LIST_SUFFIX):
            yield from _read_list(fs.cat_file(path).decode("utf-8"), url)
            return
        infos = [fs.info(path)]
    else:
        found = fs.find(path, detail=True)
        infos = [one for name, one in found.items() if _is_video_name(name.rpartition("/")[2])]
        if not found and not in_list:
            raise InputError(f"There is nothing at {url}. Check the name.")
        if not found:
            yield ListedFile(url)
    for info in infos:
        yield ListedFile(str(fs.unstrip_protocol(info["name"])), info.get("size"), _tag(info))


def _tag(info: dict[str, Any]) -> str:
    """Return what a store says about the content of an object."""
    return next((f"{key} {info[key]}" for key in CONTENT_TAGS if info.get(key)), "")
