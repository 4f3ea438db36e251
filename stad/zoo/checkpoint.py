"""Read checkpoint files into state dicts, without running code that a file may hold."""

from __future__ import annotations

import pickle
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from stad.errors import InputError
from stad.utils.limits import check_unpacked
from stad.utils.pickles import first_bytes, read_numpy_pickle
from stad.utils.text import first_line

# Keys of the weights in a file that holds more: of mmengine, PySlowFast, others and DeepSpeed.
STATE_KEYS = ("state_dict", "model_state", "model", "module")
# Keys of the training config, as text: mmengine and mmaction2 1.x have it under 'cfg' in 'meta',
# mmaction2 0.x under 'config' in 'meta', PySlowFast and TimeSformer's authors under 'cfg'.
META_KEY = "meta"
CONFIG_KEYS = ("cfg", "config")
# The first bytes of torch's format before 1.6: a pickled magic number.
LEGACY_TORCH = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
ZIP = b"PK\x03\x04"
PICKLE = b"\x80"


# What torch raises for damaged files.
DAMAGE = (
    *(RuntimeError, EOFError, ValueError, LookupError, OSError, TypeError, AttributeError),
    *(AssertionError, MemoryError, OverflowError, zipfile.BadZipFile, struct.error),
)


class _Ignored:
    """Placeholder for non-tensor objects in a checkpoint; accepts any arguments, stores nothing."""

    def __init__(self, *values: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        pass


# Objects that training stores beside the weights (loss histories, configs, numpy numbers). None of
# them is run or imported: each is read as _Ignored.
IGNORED_NAMES = (
    "builtins.getattr",
    "mmengine.logging.history_buffer.HistoryBuffer",
    "numpy._core.multiarray._reconstruct",
    "numpy._core.multiarray.scalar",
    "numpy.core.multiarray._reconstruct",
    "numpy.core.multiarray.scalar",
    "numpy.dtype",
    "numpy.ndarray",
    "argparse.Namespace",
    "datetime.datetime",
    "pathlib.PosixPath",
)


@dataclass(frozen=True)
class Checkpoint:
    """The content of a file of weights.

    Attributes:
        path: the file.
        state: names to tensors, on the CPU, under the file's own names.
        config_text: the config that the network was trained with, as text; '' if the file holds
            none.
    """

    path: Path
    state: dict[str, Tensor]
    config_text: str = ""


def read_checkpoint(path: str | Path) -> dict[str, Tensor]:
    """Return the weights in a checkpoint, under their own names; see ``open_checkpoint``."""
    return open_checkpoint(path).state


def open_checkpoint(path: str | Path) -> Checkpoint:
    """Read a checkpoint of any supported kind.

    The content tells the kind: torch (zipped or older), safetensors, or the pickles of PySlowFast's
    Caffe2 models and of DeepMind's I3D. Code in a file is never run: torch's files are read with
    ``weights_only=True``, pickles with numpy arrays only.

    Args:
        path: a file.

    Raises:
        InputError: the file is missing, damaged or no checkpoint, or reading it would run code.
    """
    path = Path(path)
    head = first_bytes(path)
    if head.startswith(ZIP) or head.startswith(LEGACY_TORCH):
        content = _read_torch(path, head)
    elif _is_safetensors(path, head):
        # Before pickles: the length that comes first may begin with the byte of theirs.
        return Checkpoint(path, _read_safetensors(path))
    elif head.startswith(PICKLE):
        content = _unwrap_pickle(path, read_numpy_pickle(path))
    else:
        raise InputError(f"{path} is not a checkpoint: {_guess_content(head)}.")
    return Checkpoint(path, _tensors(path, content), _config_text(content))


def _guess_content(head: bytes) -> str:
    if head.startswith(b"version https://git-lfs"):
        return "it is the pointer that git keeps for a large file. Run 'git lfs pull'"
    if head.lstrip()[:1] == b"<":
        return "it is a web page that a server sent instead of the file. Download it again"
    if head.isascii():
        return "it is text. Check the path"
    return "it is damaged, or not a file of torch, safetensors or PySlowFast. Get it again"


def _read_torch(path: Path, head: bytes) -> Any:
    try:
        if head.startswith(ZIP):
            if not zipfile.is_zipfile(path):
                raise InputError(f"{path} is incomplete. Get it again.")
            with zipfile.ZipFile(path) as archive:
                check_unpacked(path, sum(one.file_size for one in archive.infolist()))
        with torch.serialization.safe_globals([(_Ignored, name) for name in IGNORED_NAMES]):
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise InputError(
            f"{path} was not read: it holds more than weights, which could run code "
            f"({_refused_name(error)}). Get a file that holds only the state dict."
        ) from error
    except DAMAGE as error:
        raise InputError(
            f"{path} cannot be read as a file of torch ({first_line(error)}). It is damaged or "
            "incomplete: get it again."
        ) from error


def _refused_name(error: Exception) -> str:
    for word in ("GLOBAL ", "Unsupported class ", "Unsupported operand "):
        _, found, rest = str(error).partition(word)
        if found:
            return f"{rest.split()[0]} is refused"
    return first_line(error)


def _unwrap_pickle(path: Path, content: Any) -> Any:
    if not isinstance(content, dict):
        return content
    if {"params", "batch_stats"} <= content.keys():
        from stad.zoo.deepmind_i3d import convert_deepmind_i3d

        try:
            return convert_deepmind_i3d(content)
        except (ValueError, AttributeError, KeyError) as error:
            raise InputError(
                f"{path} is not the published I3D ({first_line(error)}). Get that file again."
            ) from error
    # Caffe2's name for arrays.
    return content.get("blobs", content)


def _is_safetensors(path: Path, head: bytes) -> bool:
    # Eight bytes give the length of a JSON object that follows them.
    if len(head) < 9 or head[8:9] != b"{":
        return False
    return struct.unpack("<Q", head[:8])[0] <= path.stat().st_size


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, ValueError, OSError, TypeError, MemoryError) as error:
        raise InputError(
            f"{path} cannot be read as safetensors ({first_line(error)}). Get it again."
        ) from error


def _config_text(content: Any) -> str:
    """Return the config in a file's content as text, '' if there is none."""
    if not isinstance(content, Mapping):
        return ""
    for holder in (content.get(META_KEY), content):
        if not isinstance(holder, Mapping):
            continue
        for key in CONFIG_KEYS:
            found = holder.get(key)
            if isinstance(found, str | Mapping):
                return str(found)
    return ""


def _tensors(path: Path, content: Any) -> dict[str, Tensor]:
    """Return the tensors of a mapping, found under one of ``STATE_KEYS`` or at the top."""
    for key in STATE_KEYS:
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
            break
    state: dict[str, Tensor] = {}
    if isinstance(content, Mapping):
        for name, value in content.items():
            if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
                value = torch.from_numpy(np.ascontiguousarray(value))
            if isinstance(name, str) and isinstance(value, Tensor):
                state[name] = value
    # Strides of 0 make a tensor of any size from a few bytes.
    check_unpacked(path, sum(one.numel() * one.element_size() for one in state.values()))
    if not state:
        raise InputError(
            f"{path} holds no weights: expected a state dict of named tensors. Give another file."
        )
    return state
