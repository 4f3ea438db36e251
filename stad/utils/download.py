"""Download files by HTTP: verified, then renamed into place."""

from __future__ import annotations

import hashlib
import http.client
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from tqdm import tqdm

import stad
from stad.errors import InputError
from stad.utils.files import partial_file

TIMEOUT_SEC = 10
CHUNK_BYTES = 1 << 20

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
    check_reachable(host, url)
    with partial_file(path) as part:
        _transfer(url, part, progress=progress)
        verify(part, sha256, origin=url)


def verify(path: Path, sha256: str, *, origin: str) -> None:
    """Raise InputError unless the hash of the file begins with ``sha256``."""
    if not has_hash(path, sha256):
        got = hash_file(path)[: max(len(sha256), 8)]
        raise InputError(
            f"{origin} came with the SHA-256 {got}, expected {sha256}: it was damaged or replaced "
            "on the way and is deleted"
        )


def hash_file(path: Path) -> str:
    """The SHA-256 of a file, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def has_hash(path: Path, sha256: str) -> bool:
    if not sha256:
        return path.stat().st_size > 0
    return hash_file(path).startswith(sha256.lower())


def check_reachable(host: str, origin: str) -> None:
    until_sec, reason = _unreachable.get(host, (0.0, ""))
    if time.monotonic() < until_sec:
        raise InputError(f"{origin} cannot be fetched: {host} cannot be reached ({reason})")


def remember_unreachable(host: str, reason: str) -> None:
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
        remember_unreachable(host, str(reason))
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
