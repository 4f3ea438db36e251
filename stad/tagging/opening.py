"""Open a folder of records to add to it, and check that its features are of the same kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from stad.errors import InputError
from stad.tagging import TABLE
from stad.tagging.kind import FeatureKind
from stad.tagging.pca import Pca, load_pca, save_pca
from stad.tagging.table import PCA, RecordsTable, is_records, read_table
from stad.utils.download import hash_file


def open_pca(out: Path, given: Path | None, kind: FeatureKind) -> Pca | None:
    """Return the PCA of a folder, or the one that is given, which the folder then has.

    Args:
        out: the folder.
        given: file of a PCA; None for the folder's.
        kind: of the features.

    Returns:
        None if one is to be fitted.

    Raises:
        InputError: it is of features of another kind, or another one than the folder's.
    """
    path = out / PCA
    has_one = path.is_file() and is_records(out)
    if given is not None:
        pca, content = load_pca(given)
        check_kind(content, kind, what=str(given))
        if not has_one:
            save_pca(path, pca, content)
        elif not _is_same(pca, load_pca(path)[0]):
            raise InputError(
                f"--pca: {out} has another PCA already. Leave the option out, or give another "
                "--out."
            )
    elif not has_one:
        # Without a table, nothing was written with it.
        path.unlink(missing_ok=True)
        return None
    pca, content = load_pca(path)
    check_kind(content, kind, what=str(out))
    return pca


def _is_same(one: Pca, other: Pca) -> bool:
    return np.array_equal(one.mean, other.mean) and np.array_equal(one.components, other.components)


def check_kind(content: Mapping[str, Any], kind: FeatureKind, *, what: str) -> None:
    """Raise InputError, which begins with ``what``, if features are of another kind."""
    if difference := FeatureKind.from_json(content).difference(kind):
        raise InputError(
            f"{what} has features of {difference}. Use the same --backbone and --weights, or "
            "another --out."
        )


def open_table(
    out: Path, backbone: str, weights: str, *, kind: FeatureKind, classes: Sequence[str]
) -> RecordsTable:
    """Return the table of a folder with the new classes behind its own, or a new one.

    Raises:
        InputError: it has features of another kind, or its PCA is missing.
    """
    path = out / PCA
    if is_records(out):
        table = read_table(out)
        check_kind(table.kind.to_json(), kind, what=str(out))
        if not path.is_file():
            raise InputError(
                f"{path} is missing, which the records were made with. Put it back, or delete "
                f"{out / TABLE} to begin again."
            )
        return replace(table, classes=tuple(dict.fromkeys([*table.classes, *classes])))
    return RecordsTable(
        kind=kind,
        backbone=_place(backbone),
        weights=_place(weights),
        pca_sha256=hash_file(path) if path.is_file() else "",
        num_channels=load_pca(path)[0].num_components if path.is_file() else 0,
        classes=tuple(classes),
    )


def _place(name: str) -> str:
    """Return the name of a model as it is, and a path so that it holds from any folder."""
    path = Path(name).expanduser()
    return str(path.resolve()) if path.is_file() else name
