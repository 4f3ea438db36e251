"""Take single files out of archives; no path of an archive is ever used to write."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from stad.errors import InputError

# A damaged, encrypted or oddly compressed archive; zipfile raises RuntimeError for the last two.
UNREADABLE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)


def unpack_member(archive: Path, member: str, target: Path) -> None:
    """Write one file of a zip (or wheel) or tar archive to ``target``, and nothing else.

    Raises:
        InputError: it is not an archive, or has no such file.
    """
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as wheel, wheel.open(member) as source:
                _write(source, target)
        else:
            with tarfile.open(archive) as tar:
                entry = tar.getmember(member)
                # A link could point anywhere: read plain files only.
                if not entry.isfile():
                    raise KeyError(member)
                _write(tar.extractfile(entry), target)
    except KeyError as error:
        raise InputError(f"{archive.name} has no file {member}.") from error
    except UNREADABLE as error:
        raise InputError(f"{archive.name} is not a readable archive ({error}).") from error


def find_member(archive: Path, file_name: str) -> str:
    """Return the path, inside a zip archive, of the only file with that name.

    Raises:
        InputError: it is not a zip archive, or has no such file, or several.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            names = opened.namelist()
    except UNREADABLE as error:
        raise InputError(f"{archive.name} is not a readable archive ({error}).") from error
    found = [name for name in names if PurePosixPath(name).name == file_name]
    if len(found) != 1:
        raise InputError(
            f"{archive.name} has {len(found)} files named {file_name}; one was expected."
        )
    return found[0]


def _write(source, target: Path) -> None:
    with target.open("wb") as file:
        shutil.copyfileobj(source, file)
