"""Open npz files whose sizes were checked before memory is taken, and without pickles."""

from __future__ import annotations

import contextlib
import math
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from stad.errors import InputError
from stad.utils.limits import check_unpacked

# What a missing, damaged or foreign npz raises when it is opened and its arrays are read. The
# header of an array is a Python literal.
UNREADABLE = (
    *(OSError, EOFError, KeyError, TypeError, ValueError, MemoryError, OverflowError),
    *(zipfile.BadZipFile, zlib.error, RuntimeError, SyntaxError, tokenize.TokenError),
)


@contextlib.contextmanager
def open_npz(path: str | Path) -> Iterator[np.lib.npyio.NpzFile]:
    """Give the arrays of an npz file by their names.

    Raises:
        InputError: they would take more memory than the limit; other damage is one of
            ``UNREADABLE``.
    """
    with zipfile.ZipFile(path) as archive:
        check_unpacked(path, sum(one.file_size for one in archive.infolist()))
        for one in archive.infolist():
            with archive.open(one) as file:
                _check_header(path, one, file)
    with np.load(path, allow_pickle=False) as arrays:
        yield arrays


def _check_header(path: str | Path, member: zipfile.ZipInfo, file) -> None:
    """Raise InputError for an array that states more values than its member has."""
    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read(file)
    stated = math.prod(shape) * dtype.itemsize
    if stated > member.file_size:
        raise InputError(
            f"{path} is damaged: {member.filename} states {stated} bytes and has "
            f"{member.file_size}. Get it again."
        )
