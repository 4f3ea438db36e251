"""Read pickles of numpy arrays without running code."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
from numpy._core import multiarray

from stad.errors import InputError


def read_numpy_pickle(path: str | Path) -> Any:
    """What a pickle holds: containers, strings, numbers and numpy arrays, and nothing else.

    Strings of Python 2 are taken as latin-1, in which every byte is a letter.

    Raises:
        InputError: no such file, not a pickle, damaged, or anything but plain data in it.
    """
    path = Path(path)
    first_bytes(path)
    with path.open("rb") as file:
        try:
            return _NumpyUnpickler(file, encoding="latin1").load()
        except InputError as error:
            raise InputError(f"{path} {error}") from error
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
        ) as error:
            raise InputError(
                f"{path} is not a readable pickle ({first_line(error)}): it is damaged or "
                "incomplete, get it again"
            ) from error


def _encode_latin1(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise ValueError(f"bytes are pickled as latin1, not {encoding}")
    return text.encode("latin1")


def _array_from_buffer(
    buffer: bytes, dtype: np.dtype, shape: tuple[int, ...], order: str, axes: Any = None
) -> np.ndarray:
    """What numpy's own function of protocol 5 does for arrays without permuted axes."""
    if axes is not None:
        raise ValueError("an array with permuted axes")
    return np.frombuffer(buffer, dtype=dtype).reshape(shape, order=order)


# What numpy arrays are made of, under the names of numpy 1 and 2, and bytes in old protocols.
ADMITTED = {
    ("_codecs", "encode"): _encode_latin1,
    ("collections", "OrderedDict"): OrderedDict,
    ("numpy", "dtype"): np.dtype,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy._core.multiarray", "_reconstruct"): multiarray._reconstruct,
    ("numpy._core.multiarray", "scalar"): multiarray.scalar,
    ("numpy._core.numeric", "_frombuffer"): _array_from_buffer,
    ("numpy.core.multiarray", "_reconstruct"): multiarray._reconstruct,
    ("numpy.core.multiarray", "scalar"): multiarray.scalar,
    ("numpy.core.numeric", "_frombuffer"): _array_from_buffer,
}


class _NumpyUnpickler(pickle.Unpickler):
    """Refuses every class and function but those of ``ADMITTED``."""

    def find_class(self, module: str, name: str) -> Any:
        """The class or function of that name, if it is admitted."""
        try:
            return ADMITTED[module, name]
        except KeyError:
            raise InputError(
                f"asks for {module}.{name}: a file of arrays has no use for it, and it could run "
                "code, so it is not read; get the file from a source that you trust"
            ) from None


def first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror})") from error
    if not head:
        raise InputError(f"{path} is empty: get it again")
    return head


def first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
