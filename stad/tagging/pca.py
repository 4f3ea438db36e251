"""Reduce features by PCA, whiten them, and quantise them to a byte, as YouTube-8M does.

Abu-El-Haija et al., "YouTube-8M: A Large-Scale Video Classification Benchmark", 2016, section 3.2.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stad.datasets.records.features import quantise
from stad.errors import InputError
from stad.utils.download import hash_file
from stad.utils.files import write_whole

FORMAT = "stad-pca"
MAX_COMPONENTS = 1024
# Components with less than this part of the first one's variance are rounding errors.
MIN_VARIANCE_RATIO = 1e-7
# A variance takes several vectors to be known: more components are noise. A few are taken anyway.
VECTORS_PER_COMPONENT, MIN_COMPONENTS = 10, 32
# Taggers divide the components into groups.
MULTIPLE = 8


@dataclass(frozen=True)
class Pca:
    """A projection of vectors to their principal components.

    Attributes:
        mean: (C,) float32.
        components: (K, C) float32, orthonormal rows.
        eigenvalues: (K,) float32, variance of each component, descending, above 0.
        num_vectors: that it was fitted on.
    """

    mean: np.ndarray
    components: np.ndarray
    eigenvalues: np.ndarray
    num_vectors: int = 0

    @property
    def num_inputs(self) -> int:
        """C, the size of the vectors."""
        return self.components.shape[1]

    @property
    def num_components(self) -> int:
        """K, the size of the projected vectors."""
        return len(self.components)

    def whiten(self, vectors: np.ndarray) -> np.ndarray:
        """Project vectors (N, C) to (N, K) float32 of mean 0 and variance 1."""
        centred = np.asarray(vectors, np.float32) - self.mean
        return (centred @ self.components.T) / np.sqrt(self.eigenvalues)

    def quantise(self, vectors: np.ndarray) -> np.ndarray:
        """Project vectors (N, C) to (N, K) uint8; what is beyond [-2, 2] is cut off."""
        return quantise(self.whiten(vectors))

    @property
    def scale(self) -> np.ndarray:
        """(K,) float32 deviation of each component, the largest 1: undoes the whitening."""
        return np.sqrt(self.eigenvalues / self.eigenvalues[0])


def fit_pca(vectors: np.ndarray, *, max_components: int = MAX_COMPONENTS) -> Pca:
    """Fit a PCA to vectors (N, C) float; it has as many components as N vectors allow, see above.

    Raises:
        InputError: there are fewer than 2 vectors, or all are equal.
    """
    count, size = vectors.shape
    mean = vectors.mean(axis=0, dtype=np.float64)
    centred = vectors - mean
    # In float64: the smallest components are differences of large numbers.
    values, rows = np.linalg.eigh(centred.T @ centred / max(count - 1, 1))
    values, rows = values[::-1], rows.T[::-1]
    enough = max(count // VECTORS_PER_COMPONENT, min(MIN_COMPONENTS, count // 2))
    most = min(max_components, size, max(1, enough))
    keep = int((values[:most] > max(values[0], 0.0) * MIN_VARIANCE_RATIO).sum())
    keep -= keep % MULTIPLE if keep > MULTIPLE else 0
    if count < 2 or not keep:
        raise InputError(
            f"A PCA needs vectors that differ, and there are {count} of them, from the first "
            "videos. Give more seconds of video, or one that was fitted before with --pca FILE."
        )
    rows = rows[:keep]
    # The sign of a component is free: the largest number in it is positive, always.
    signs = np.sign(rows[np.arange(keep), np.abs(rows).argmax(axis=1)])
    return Pca(
        mean.astype(np.float32),
        (rows * signs[:, None]).astype(np.float32),
        values[:keep].astype(np.float32),
        count,
    )


def save_pca(path: Path, pca: Pca, kind: dict[str, Any]) -> str:
    """Write a PCA with the kind of features that it is for; return the SHA-256 of the file.

    Raises:
        InputError: it cannot be written.
    """
    from safetensors.numpy import save

    arrays = {"mean": pca.mean, "components": pca.components, "eigenvalues": pca.eigenvalues}
    # One entry: safetensors writes several in any order, and equal files have equal hashes.
    meta = {FORMAT: json.dumps({"num_vectors": pca.num_vectors, "kind": kind})}
    tensors = {name: np.ascontiguousarray(one) for name, one in arrays.items()}
    write_whole(path, save(tensors, metadata=meta))
    return hash_file(path)


def load_pca(path: str | Path) -> tuple[Pca, dict[str, Any]]:
    """Read a PCA; return it and the kind of features that it is for.

    Raises:
        InputError: there is no such file, or it is not a PCA.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            meta = json.loads((file.metadata() or {}).get(FORMAT, "null"))
            if meta is None:
                raise InputError(f"{path} is not a PCA that stad features wrote.")
            arrays: Sequence[np.ndarray] = [
                file.get_tensor(name) for name in ("mean", "components", "eigenvalues")
            ]
        return Pca(*arrays, num_vectors=int(meta["num_vectors"])), meta["kind"]
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read as a PCA ({error}). Give the pca.safetensors of a folder that "
            "stad features wrote."
        ) from error
