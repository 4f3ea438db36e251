"""Download AVA: resumable, with a record of checksums."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from stad.errors import InputError
from stad.utils.download import download_url, hash_file
from stad.utils.files import write_whole
from stad.zoo.archives import UNREADABLE

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


@dataclass(frozen=True)
class Wanted:
    """A file to download: its URL, and its path below the folder of the data set."""

    url: str
    name: str


def wanted_files(parts: Iterable[str], version: str) -> list[Wanted]:
    """List the files of AVA, without the videos, whose names are in one of them.

    Args:
        parts: any of 'annotations', 'proposals' and 'videos' (the list of their names).
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
    """List the videos that a file names, all or those with one of these ids.

    Raises:
        InputError: a line is not a file name.
    """
    names = names_file.read_text().split()
    if bad := [name for name in names if "/" in name or name.startswith(".")]:
        raise InputError(
            f"{names_file} is not a list of file names: it contains {bad[0]!r}. Delete it and run "
            "this again."
        )
    chosen = [name for name in names if ids is None or Path(name).stem in ids]
    return [Wanted(VIDEOS + name, f"videos/{name}") for name in chosen]


class Downloads:
    """The files of a data set in a folder; complete files are not downloaded again.

    Args:
        folder: of the data set; made if it does not exist.
        check: verify the checksums of existing files, and download those that changed again.
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
        """Return the path of a complete file; download it, or the rest of it, if need be.

        Raises:
            InputError: it cannot be downloaded; a part is kept and continued the next time.
        """
        path = self.folder / wanted.name
        if self._is_complete(path, wanted.name):
            return path
        download_url(wanted.url, path, resume=True)
        self._known[wanted.name] = hash_file(path)
        lines = [f"{digest}  {name}\n" for name, digest in sorted(self._known.items())]
        write_whole(self._record, "".join(lines))
        return path

    def _is_complete(self, path: Path, name: str) -> bool:
        if not path.is_file() or name not in self._known:
            return False
        return not self._check or hash_file(path) == self._known[name]


def unpack_annotations(archive: Path) -> list[Path]:
    """Unpack the CSV and label map files of a zip beside it, without their folders.

    Returns:
        The paths of the unpacked files.

    Raises:
        InputError: it is not a zip file.
    """
    try:
        with zipfile.ZipFile(archive) as content:
            found = [one for one in content.namelist() if one.endswith((".csv", ".pbtxt", ".txt"))]
            for name in found:
                path = archive.parent / Path(name).name
                write_whole(path, content.read(name))
    except UNREADABLE as error:
        raise InputError(
            f"{archive} is not a complete zip file. Delete it and run this again."
        ) from error
    return [archive.parent / Path(name).name for name in found]
