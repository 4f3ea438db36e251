"""Bring the file of a video to this machine while it is worked on.

Videos of S3, Google Cloud Storage and web servers are copied to a temporary file, one for each
worker. FFmpeg could read http(s) itself, but not s3 or gs, and stad reads a file several times: for
its index, its key frames and its frames. A lost connection is tried again here, where in the middle
of decoding it would look like the end of the video.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from pathlib import Path, PurePosixPath

from stad.corpus.identity import Video
from stad.corpus.videos import is_url, open_url
from stad.errors import InputError
from stad.utils.text import first_line

TRIES, PAUSE_SEC = 3, 2.0
# What is left free on the disk, so that other programs can go on.
SPARE_BYTES = 1 << 30
CHUNK_BYTES = 1 << 22


class Fetcher:
    """Keeps the copy of the last remote video, as the parts of one come one after another."""

    def __init__(self) -> None:
        self._url = ""
        self._folder: Path | None = None
        self._path = Path()

    def path(self, video: Video) -> Path:
        """Return where the file of a video is; the copy of another video is deleted.

        Raises:
            InputError: it cannot be reached from this machine, or there is no room for it.
        """
        if not is_url(video.path):
            self.forget()
            path = Path(video.path)
            if not path.is_file():
                raise InputError(
                    f"There is no file {video.path} on this machine. A cluster needs videos that "
                    "each of its machines can read under the same path, or URLs such as s3://."
                )
            return path
        return self.fetch(video.path, video.size_bytes)

    def fetch(self, url: str, size_bytes: int) -> Path:
        """Return the copy of a file of a server; that of another one is deleted.

        Args:
            url: of the file.
            size_bytes: its size, for which there has to be room; 0 if it is not known.

        Raises:
            InputError: it cannot be read, or there is no room for it.
        """
        if url != self._url:
            self.forget()
            self._fetch(url, size_bytes)
            self._url = url
        return self._path

    def forget(self) -> None:
        """Delete the copy."""
        self._url = ""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _fetch(self, url: str, size_bytes: int) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="video-"))
        free = shutil.disk_usage(self._folder).free - SPARE_BYTES
        if size_bytes > free:
            raise InputError(
                f"{url} has {size_bytes / 1e9:.1f} GB, and {self._folder.parent} has "
                f"room for {max(free, 0) / 1e9:.1f}. Set TMPDIR to a folder with more."
            )
        # FFmpeg guesses the format of some files by their ending.
        self._path = self._folder / f"video{PurePosixPath(url).suffix}"
        for left in reversed(range(TRIES)):
            try:
                fs, path = open_url(url)
                with fs.open(path, "rb", block_size=CHUNK_BYTES) as remote:
                    _copy(remote, self._path)
                return
            except InputError:
                raise
            except Exception as error:
                if isinstance(error, FileNotFoundError) or not left:
                    raise InputError(
                        f"{url} cannot be read from this machine: {first_line(error)}. "
                        "Check the address and the access to it."
                    ) from error
                time.sleep(PAUSE_SEC)


def _copy(remote, path: Path) -> None:
    with contextlib.closing(remote), path.open("wb") as file:
        shutil.copyfileobj(remote, file, CHUNK_BYTES)
