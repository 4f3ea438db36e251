"""Unpack published zip files, once, and check the hashes that their publishers or users give."""

from __future__ import annotations

import hashlib
import zipfile
from functools import partial
from pathlib import Path, PurePosixPath

from stad.errors import InputError
from stad.utils.files import write_whole, writing
from stad.zoo.archives import UNREADABLE


def unpack_zip(archive: Path, folder: Path) -> int:
    """Unpack a zip into a folder; files that are there with their size are kept.

    Interrupted, the next call unpacks what is missing.

    Returns:
        The number of files that were written.

    Raises:
        InputError: it is not a zip file, a name in it leaves the folder, or the disk is full.
    """
    written = 0
    try:
        with zipfile.ZipFile(archive) as content:
            for one in content.infolist():
                path = PurePosixPath(one.filename)
                if path.is_absolute() or ".." in path.parts:
                    raise InputError(
                        f"{archive} has a file {one.filename!r} that would leave {folder}: it was "
                        "not unpacked. Get the archive from its publisher."
                    )
                target = folder / path
                if one.is_dir() or (target.is_file() and target.stat().st_size == one.file_size):
                    continue
                with writing(target):
                    target.parent.mkdir(parents=True, exist_ok=True)
                write_whole(target, content.read(one))
                written += 1
    except UNREADABLE as error:
        raise InputError(
            f"{archive} is not a complete zip file. Delete it and run this again."
        ) from error
    return written


def check_md5(path: Path, expected: str) -> None:
    """Raise InputError unless a file has the MD5 that its publisher's copies have.

    Args:
        path: of the file.
        expected: in hex, lower case.
    """
    with path.open("rb") as file:
        found = hashlib.file_digest(file, partial(hashlib.md5, usedforsecurity=False)).hexdigest()
    if found != expected:
        raise InputError(
            f"{path} has the MD5 {found}, expected {expected}: it is damaged, or the "
            "publisher changed it. Delete it and run this again."
        )
