"""Write torch modules as ONNX files, kept in the cache folder."""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import io
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from unittest import mock

import numpy as np
import torch
from torch import Tensor, nn

import stad
from stad.errors import InputError
from stad.utils.cache import cache_dir
from stad.utils.files import partial_file
from stad.utils.text import first_line

# The first version whose RoIAlign can shift by half a cell is 16.
OPSET = 17
# The files of networks that were not used for the longest time are deleted beyond this size.
MAX_CACHE_BYTES = 4 * 2**30


class ConversionError(InputError):
    """A torch module that cannot be written as ONNX."""


def onnx_file(network: nn.Module, inputs: Sequence[Tensor], *, name: str, any_size: bool) -> Path:
    """Return the ONNX file of a module; write it if it is not in the cache.

    Args:
        network: in eval mode; in: the inputs, out: a tensor or a tuple of tensors.
        inputs: examples, (1, ...) each.
        name: the name that users read.
        any_size: leave height and width open.

    Raises:
        ConversionError: the module cannot be written as ONNX.
        InputError, OSError: the cache folder cannot be written.
    """
    shapes = [tuple(one.shape[1:]) for one in inputs]
    if any_size:
        shapes = [shape[:-2] for shape in shapes]
    path = cache_dir() / "networks" / f"{network_key(network, shapes)}.onnx"
    if path.is_file():
        os.utime(path)
        return path
    with partial_file(path) as part:
        write_onnx(network, inputs, part, name=name, any_size=any_size)
    _prune(path.parent, keep=path)
    return path


def write_onnx(
    network: nn.Module, inputs: Sequence[Tensor], path: Path, *, name: str, any_size: bool
) -> None:
    """Write a module as an ONNX file; arguments and errors are those of ``onnx_file``."""
    names = [f"input_{i}" for i in range(len(inputs))]
    axes = {
        name: {array.ndim - 2: f"{name}_height", array.ndim - 1: f"{name}_width"}
        for name, array in zip(names, inputs, strict=True)
    }
    try:
        with quiet_export(), torch.no_grad():
            torch.onnx.export(
                network,
                tuple(inputs),
                str(path),
                dynamo=False,
                opset_version=OPSET,
                input_names=names,
                dynamic_axes=axes if any_size else None,
            )
    except MemoryError:
        raise
    # The exporter's errors have no common base; any of them means the same here.
    except Exception as error:
        reason = first_line(error)[:200]
        raise ConversionError(f"{name} cannot be written as ONNX ({reason}).") from error


@contextlib.contextmanager
def quiet_export() -> Iterator[None]:
    """Hide what torch's exporter says: the trace is compared with the network afterwards."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        # Where it fails, torch 2.11 prints the whole graph past Python's stdout.
        mock.patch.object(torch._C, "_jit_onnx_log", return_value=None),
    ):
        warnings.simplefilter("ignore")
        yield


def network_key(network: nn.Module, shapes: Sequence[tuple[int, ...]]) -> str:
    """Return a text that differs between networks with other weights, code, options or shapes.

    Args:
        network: the module.
        shapes: of one item of each input.
    """
    digest = hashlib.sha256()
    for fact in (stad.__version__, torch.__version__, OPSET, tuple(shapes)):
        digest.update(repr(fact).encode())
    for name, part in network.named_modules():
        digest.update(f"{name} {_describe(part)}\n".encode())
    for path in sorted(_sources(network)):
        digest.update(_hash_source(path))
    for name, one in sorted(network.state_dict().items()):
        digest.update(name.encode() + repr(one.shape).encode())
        digest.update(one.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()[:32]


# What torch keeps in each module beside its options: weights, which count by themselves, and hooks.
_OWN = frozenset(vars(nn.Module()))


def _describe(value: object, depth: int = 0) -> str:
    """Return a text that differs between options that make a network compute something else.

    The text of a module alone is not enough: a shift between frames does not show in it.
    """
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes, torch.dtype)):
        return repr(value)
    if depth > 8:
        raise ConversionError(f"the options of {type(value).__name__} refer to themselves")
    if isinstance(value, nn.Module) and depth:
        # It is described in its own place.
        return type(value).__qualname__
    if isinstance(value, Mapping):
        pairs = [f"{key!r}: {_describe(one, depth + 1)}" for key, one in value.items()]
        return f"{{{', '.join(sorted(pairs))}}}"
    if isinstance(value, (list, tuple, set, frozenset)):
        texts = [_describe(one, depth + 1) for one in value]
        return f"[{', '.join(sorted(texts) if isinstance(value, (set, frozenset)) else texts)}]"
    if isinstance(value, (Tensor, np.ndarray)):
        content = value.detach().cpu().numpy() if isinstance(value, Tensor) else value
        return hashlib.sha256(np.ascontiguousarray(content).tobytes()).hexdigest()
    if isinstance(value, partial):
        return f"partial {_describe([value.func, value.args, value.keywords], depth + 1)}"
    name = getattr(value, "__qualname__", None) or type(value).__qualname__
    options = {k: v for k, v in getattr(value, "__dict__", {}).items() if k not in _OWN}
    cells = getattr(value, "__closure__", None) or ()
    options |= {f"cell {i}": cell.cell_contents for i, cell in enumerate(cells)}
    bound = getattr(value, "__self__", None)
    if bound is not None and not isinstance(bound, (ModuleType, nn.Module)):
        options["__self__"] = bound
    return f"{name} {_describe(options, depth + 1)}" if options else name


def _sources(network: nn.Module) -> set[str]:
    """Return the files of the classes of a module's parts, but torch's own."""
    kinds = {type(part) for part in network.modules()}
    return {
        inspect.getfile(kind) for kind in kinds if not kind.__module__.startswith(("torch.", "__"))
    }


@cache
def _hash_source(path: str) -> bytes:
    source = Path(path)
    return hashlib.sha256(source.read_bytes()).digest() if source.is_file() else b""


def _prune(folder: Path, *, keep: Path) -> None:
    """Delete the files that were not used for the longest time, where all are too large."""
    with contextlib.suppress(OSError):
        files = sorted(folder.glob("*.onnx"), key=lambda one: one.stat().st_mtime, reverse=True)
        total = 0
        for path in files:
            total += path.stat().st_size
            if total > MAX_CACHE_BYTES and path != keep:
                path.unlink()
