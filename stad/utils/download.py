"""Download files by HTTP: verified, then renamed into place."""

from __future__ import annotations

import hashlib
import http
import http.client
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPResponse
from pathlib import Path

from tqdm import tqdm

import stad
from stad.errors import InputError
from stad.utils.files import partial_file, writing
from stad.utils.locks import only_writer
from stad.utils.part_files import open_here

TIMEOUT_SEC = 10
# Weights have other sources; large files of data do not, so the timeout is longer.
RESUME_TIMEOUT_SEC = 30
CHUNK_BYTES = 1 << 20
MD5 = re.compile(r'"?([0-9a-f]{32})"?')

# Host -> until when it counts as unreachable (seconds, monotonic), and why. Several candidates on
# one host then wait for it once only, and a long session may get its network back.
_unreachable: dict[str, tuple[float, str]] = {}
UNREACHABLE_SEC = 120.0
# Hosts that have answered: one failure among many files does not make them unreachable.
_answered: set[str] = set()


def download_url(
    url: str, path: Path, *, sha256: str = "", resume: bool = False, progress: bool = True
) -> None:
    """Download a file; it appears at ``path`` complete and verified, or not at all.

    Args:
        url: http or https.
        path: where to put it; its folder is created if needed.
        sha256: the hash or its beginning, in hex; '' accepts any content.
        resume: keep an interrupted download in ``path``.part and continue it the next time.
            If the server sends the MD5 of the file as its ETag, as S3 does, it is verified.
        progress: show a bar on stderr where that is a terminal.

    Raises:
        InputError: no connection, no such file, an interrupted download, a wrong hash or a full
            disk.
    """
    check_reachable(urllib.parse.urlsplit(url).netloc, url)
    if resume:
        _download_resumable(url, path, sha256=sha256, progress=progress)
        return
    with partial_file(path) as part, _open(url) as response:
        _copy(response, part, url=url, progress=progress)
        verify(part, sha256, origin=url)


def _download_resumable(url: str, path: Path, *, sha256: str, progress: bool) -> None:
    part = path.with_name(path.name + ".part")
    with writing(part):
        path.parent.mkdir(parents=True, exist_ok=True)
    with only_writer(path):
        _resume_into(part, url, path, sha256=sha256, progress=progress)


def _resume_into(part: Path, url: str, path: Path, *, sha256: str, progress: bool) -> None:
    """Continue the part of a download that only this process writes."""
    with writing(part):
        begin = part.stat().st_size if part.is_file() else 0
        with _open(url, begin=begin, timeout_sec=RESUME_TIMEOUT_SEC) as response:
            # A server without ranges sends the whole file, with another status.
            begin = begin if response.status == http.HTTPStatus.PARTIAL_CONTENT else 0
            _copy(response, part, url=url, progress=progress, begin=begin, resume=True)
            etag = MD5.fullmatch(response.headers.get("ETag") or "")
    try:
        verify(part, sha256, origin=url)
        if etag:
            _verify_md5(part, etag[1], origin=url)
    except InputError:
        part.unlink()
        raise
    with writing(path):
        part.replace(path)


def _verify_md5(path: Path, md5: str, *, origin: str) -> None:
    with path.open("rb") as file:
        got = hashlib.file_digest(file, "md5").hexdigest()
    if got != md5:
        raise InputError(
            f"{origin}: MD5 mismatch (expected {md5}, got {got}). The damaged download was "
            "deleted: run this again."
        )


def verify(path: Path, sha256: str, *, origin: str) -> None:
    """Raise InputError unless the hash of the file begins with ``sha256``."""
    if not has_hash(path, sha256):
        got = hash_file(path)[: max(len(sha256), 8)]
        raise InputError(
            f"{origin}: SHA-256 mismatch (expected {sha256}, got {got}). The file was damaged or "
            "replaced on the way; the download was deleted: run this again."
        )


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def has_hash(path: Path, sha256: str) -> bool:
    """Return whether the hash of a file begins with ``sha256``; with '', whether it has content."""
    if not sha256:
        return path.stat().st_size > 0
    return hash_file(path).startswith(sha256.lower())


def check_reachable(host: str, origin: str) -> None:
    """Raise InputError if the host did not answer a short time ago.

    Args:
        host: its name.
        origin: what to call the file in the message.
    """
    until_sec, reason = _unreachable.get(host, (0.0, ""))
    if time.monotonic() < until_sec:
        raise InputError(
            f"{origin} cannot be fetched: {host} cannot be reached ({reason}). Try again later."
        )


def remember_unreachable(host: str, reason: str) -> None:
    """Let ``check_reachable`` fail for this host during the next ``UNREACHABLE_SEC``."""
    _unreachable[host] = (time.monotonic() + UNREACHABLE_SEC, reason)


def _open(url: str, *, begin: int = 0, timeout_sec: float = TIMEOUT_SEC) -> HTTPResponse:
    """Return the answer to a request for the bytes from ``begin`` on, or for the whole file."""
    host = urllib.parse.urlsplit(url).netloc
    headers = {"User-Agent": f"stad/{stad.__version__}"}
    if begin:
        headers["Range"] = f"bytes={begin}-"
    try:
        request = urllib.request.Request(url, headers=headers)
        response = urllib.request.urlopen(request, timeout=timeout_sec)
    except urllib.error.HTTPError as error:
        if begin and error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            # The partial file is complete already, or is of another file.
            return _open(url, timeout_sec=timeout_sec)
        raise InputError(
            f"{url} cannot be fetched: {host} answered {error.code}. Check the address."
        ) from error
    except OSError as error:
        reason = getattr(error, "reason", None) or error
        if host not in _answered:
            remember_unreachable(host, str(reason))
        raise InputError(
            f"{url} cannot be fetched: {host} cannot be reached ({reason}). Check the network."
        ) from error
    except http.client.HTTPException as error:
        raise InputError(f"{url} was interrupted ({type(error).__name__}). Try again.") from error
    _answered.add(host)
    return response


def _copy(
    response: HTTPResponse,
    part: Path,
    *,
    url: str,
    progress: bool,
    begin: int = 0,
    resume: bool = False,
) -> None:
    """Write the received bytes to ``part``, after its first ``begin`` bytes."""
    total = begin + int(response.headers.get("Content-Length") or 0)
    advice = "The received part is kept: run this again to resume." if resume else "Try again."
    bar = tqdm(
        total=total or None,
        initial=begin,
        desc=url.rpartition("/")[2],
        unit="B",
        unit_scale=True,
        unit_divisor=1024,
        dynamic_ncols=True,
        # None shows it on a terminal only.
        disable=None if progress else True,
    )
    with open_here(part, "ab" if begin else "wb") as file, bar:
        while chunk := _receive(response, url, advice):
            file.write(chunk)
            bar.update(len(chunk))
        size = file.tell()
    if size < total:
        raise InputError(f"{url} was interrupted after {size} of {total} bytes. {advice}")


def _receive(response: HTTPResponse, url: str, advice: str) -> bytes:
    try:
        return response.read(CHUNK_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise InputError(
            f"{url} was interrupted ({error or type(error).__name__}). {advice}"
        ) from error
