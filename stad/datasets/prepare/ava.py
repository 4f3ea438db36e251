"""Fetching a large public data set: resumable downloads with a record of checksums."""

from __future__ import annotations

import hashlib
import http.client
import re
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

import stad
from stad.errors import InputError
from stad.utils.download import hash_file

S3 = "https://s3.amazonaws.com/ava-dataset/"
PROPOSALS = "https://download.openmmlab.com/mmaction/dataset/ava/"
ANNOTATIONS = {
    "2.1": S3 + "annotations/ava_v2.1.zip",
    "2.2": S3 + "annotations/ava_v2.2.zip",
}
VIDEO_NAMES = S3 + "annotations/ava_file_names_trainval_v2.1.txt"
VIDEOS = S3 + "trainval/"
PROPOSAL_FILES = (
    "ava_dense_proposals_train.FAIR.recall_93.9.pkl",
    "ava_dense_proposals_val.FAIR.recall_93.9.pkl",
)
# sha256sum -c reads it.
RECORD = "SHA256SUMS"
CHUNK_BYTES = 1 << 20
TIMEOUT_SEC = 30
MD5 = re.compile(r'"?([0-9a-f]{32})"?')


@dataclass(frozen=True)
class Wanted:
    """A file to fetch: from where, and where to, below the data set's folder."""

    url: str
    name: str


def wanted_files(parts: Iterable[str], version: str) -> list[Wanted]:
    """The files of AVA, without the videos, whose names are in one of them.

    Args:
        parts: of 'annotations', 'proposals' and 'videos' (the list of their names).
        version: '2.1' or '2.2'.
    """
    files = []
    if "annotations" in parts:
        url = ANNOTATIONS[version]
        files.append(Wanted(url, "annotations/" + url.rpartition("/")[2]))
    if "proposals" in parts:
        files += [Wanted(PROPOSALS + name, f"annotations/{name}") for name in PROPOSAL_FILES]
    if "videos" in parts:
        files.append(Wanted(VIDEO_NAMES, "annotations/" + VIDEO_NAMES.rpartition("/")[2]))
    return files


def wanted_videos(names_file: Path, ids: frozenset[str] | None = None) -> list[Wanted]:
    """The videos that a list of names has, all or those with one of these ids."""
    names = names_file.read_text().split()
    if bad := [name for name in names if "/" in name or name.startswith(".")]:
        raise InputError(f"{names_file} is no list of file names: it has {bad[0]!r}; delete it")
    chosen = [name for name in names if ids is None or Path(name).stem in ids]
    return [Wanted(VIDEOS + name, f"videos/{name}") for name in chosen]


class Downloads:
    """The files of a data set in a folder; what is complete is not fetched again.

    Args:
        folder: of the data set; made if need be.
        check: compute the checksums of files that are there, and fetch those that changed.
    """

    def __init__(self, folder: str | Path, *, check: bool = False) -> None:
        self.folder, self._check = Path(folder), check
        self._record = self.folder / RECORD
        self._known: dict[str, str] = {}
        if self._record.is_file():
            for line in self._record.read_text().splitlines():
                digest, _, name = line.partition("  ")
                self._known[name] = digest

    def fetch(self, wanted: Wanted) -> Path:
        """The path of a complete file, fetched or gone on with if it is not there.

        Raises:
            InputError: it cannot be fetched; what has come is kept for the next time.
        """
        path = self.folder / wanted.name
        if self._is_complete(path, wanted.name):
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        _download(wanted.url, part)
        self._known[wanted.name] = hash_file(part)
        part.replace(path)
        lines = [f"{digest}  {name}\n" for name, digest in sorted(self._known.items())]
        beside = self._record.with_name(f".{RECORD}.part")
        beside.write_text("".join(lines))
        beside.replace(self._record)
        return path

    def _is_complete(self, path: Path, name: str) -> bool:
        if not path.is_file() or name not in self._known:
            return False
        return not self._check or hash_file(path) == self._known[name]


def _download(url: str, part: Path) -> None:
    """Fetch into ``part``, from where it ends; check the length, and the MD5 if it is given."""
    begin = part.stat().st_size if part.is_file() else 0
    headers = {"User-Agent": f"stad/{stad.__version__}"}
    if begin:
        headers["Range"] = f"bytes={begin}-"
    try:
        request = urllib.request.Request(url, headers=headers)
        with urllib.request.urlopen(request, timeout=TIMEOUT_SEC) as response:
            if begin and response.status != 206:
                # A server without ranges starts again.
                begin = 0
            total = begin + int(response.headers.get("Content-Length") or 0)
            _copy(response, part, begin=begin, total=total, name=url.rpartition("/")[2])
            etag = MD5.fullmatch(response.headers.get("ETag") or "")
    except urllib.error.HTTPError as error:
        if error.code == 416:
            # There is nothing after the end of the part: it is complete, or of another file.
            part.unlink()
            return _download(url, part)
        raise InputError(f"{url} cannot be fetched: the server answered {error.code}") from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise InputError(
            f"{url} cannot be fetched ({reason}): what has come is kept, run this again to go on"
        ) from error
    if part.stat().st_size < total:
        raise InputError(f"{url} broke off: what has come is kept, run this again to go on")
    _check_md5(url, part, etag)
    return None


def _copy(response, part: Path, *, begin: int, total: int, name: str) -> None:
    bar = tqdm(total=total or None, initial=begin, desc=name, unit="B", unit_scale=True)
    with part.open("ab" if begin else "wb") as file, bar:
        while chunk := response.read(CHUNK_BYTES):
            file.write(chunk)
            bar.update(len(chunk))


def _check_md5(url: str, part: Path, etag: re.Match | None) -> None:
    """S3's tag is the MD5 of files that were not sent in pieces."""
    if etag is None:
        return
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "md5").hexdigest()
    if digest != etag[1]:
        part.unlink()
        raise InputError(f"{url} came damaged (MD5 {digest}, expected {etag[1]}): run this again")


def unpack_annotations(archive: Path) -> list[Path]:
    """The CSV and label map files of a zip, beside it, whatever folders are in it.

    Raises:
        InputError: it is no zip.
    """
    try:
        with zipfile.ZipFile(archive) as content:
            found = [one for one in content.namelist() if one.endswith((".csv", ".pbtxt", ".txt"))]
            for name in found:
                path = archive.parent / Path(name).name
                path.write_bytes(content.read(name))
    except zipfile.BadZipFile as error:
        raise InputError(f"{archive} is no zip file: delete it and run this again") from error
    return [archive.parent / Path(name).name for name in found]
