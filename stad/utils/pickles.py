"""Read pickles of numpy arrays without running code."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy._core import multiarray

from stad.errors import InputError
from stad.utils.text import first_line


def read_numpy_pickle(path: str | Path) -> Any:
    """Return the content of a pickle of containers, strings, numbers and numpy arrays.

    Strings of Python 2 are read as latin-1, where every byte is a letter.

    Raises:
        InputError: the file is missing, damaged or no pickle, or holds anything but plain data.
    """
    path = Path(path)
    first_bytes(path)
    with path.open("rb") as file:
        try:
            return _NumpyUnpickler(file, encoding="latin1").load()
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
        # A damaged pickle can fail in any of these ways.
        except (
            pickle.UnpicklingError,
            EOFError,
            ValueError,
            TypeError,
            KeyError,
            IndexError,
            AttributeError,
            MemoryError,
            OverflowError,
            UnicodeError,
            RecursionError,
        ) as error:
            raise InputError(
                f"{path} cannot be read as a pickle ({first_line(error)}). It is damaged or "
                "incomplete: get it again."
            ) from error


def _encode_latin1(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise ValueError(f"bytes are pickled as latin1, not {encoding}")
    return text.encode("latin1")


def _array_from_buffer(
    buffer: bytes,
    dtype: np.dtype,
    shape: tuple[int, ...],
    order: Literal["C", "F"],
    axes: Any = None,
) -> np.ndarray:
    """Do what numpy does for arrays of protocol 5, except for permuted axes."""
    if axes is not None:
        raise ValueError("an array with permuted axes")
    return np.frombuffer(buffer, dtype=dtype).reshape(shape, order=order)


class _ArrayType:
    """Stands in for numpy.ndarray, which a pickle only names: called, it would take any memory."""

    def __new__(cls, *_args: Any) -> _ArrayType:
        """Refuse to make an array."""
        raise pickle.UnpicklingError("it makes arrays in an unusual way")


def _empty_array(kind: Any, shape: Any, _code: Any) -> np.ndarray:
    """Make the empty array that numpy then fills; the size is that of the pickled bytes."""
    if kind is not _ArrayType or shape != (0,):
        raise pickle.UnpicklingError("it makes arrays in an unusual way")
    return np.ndarray((0,), np.int8)


# The parts of numpy arrays, under the names of numpy 1 and 2, and bytes in old protocols.
ADMITTED = {
    ("_codecs", "encode"): _encode_latin1,
    ("collections", "OrderedDict"): OrderedDict,
    ("numpy", "dtype"): np.dtype,
    ("numpy", "ndarray"): _ArrayType,
    ("numpy._core.multiarray", "_reconstruct"): _empty_array,
    ("numpy._core.multiarray", "scalar"): multiarray.scalar,
    ("numpy._core.numeric", "_frombuffer"): _array_from_buffer,
    ("numpy.core.multiarray", "_reconstruct"): _empty_array,
    ("numpy.core.multiarray", "scalar"): multiarray.scalar,
    ("numpy.core.numeric", "_frombuffer"): _array_from_buffer,
}


class _NumpyUnpickler(pickle.Unpickler):
    """Refuses all classes and functions except those of ``ADMITTED``."""

    def find_class(self, module: str, name: str) -> Any:
        """Return the class or function of that name if it is admitted."""
        try:
            return ADMITTED[module, name]
        except KeyError:
            raise InputError(
                f"The pickle asks for {module}.{name}. A file of arrays does not need it, and it "
                "could run code: the file was not read. Get one from a source that you trust."
            ) from None


def first_bytes(path: Path) -> bytes:
    """Return up to 512 bytes from the beginning of a file.

    Raises:
        InputError: the file is missing, unreadable or empty.
    """
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except FileNotFoundError:
        raise InputError(f"No such file: {path}. Check the name and the folder.") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder. Give the name of a file.") from None
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}). Check its permissions."
        ) from error
    if not head:
        raise InputError(f"{path} is empty. Get it again.")
    return head
