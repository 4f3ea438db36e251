"""Read and write files below a folder or a URL of fsspec, each of them whole."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import fsspec
from fsspec.implementations.local import LocalFileSystem

from stad.errors import InputError
from stad.utils.files import writing
from stad.utils.text import first_line

PART = ".part-"
# No file takes that long to write.
ABANDONED_SEC = 24 * 3600.0


class Place:
    """A folder on this machine or in an object store; names are relative to it, with '/'.

    Args:
        url: path of a folder, or a URL such as s3://bucket/results.

    Raises:
        InputError: fsspec cannot open such a URL.
    """

    def __init__(self, url: str | Path) -> None:
        self.url = str(url).rstrip("/") or "/"
        try:
            # Others write to it, too: a listing is never kept.
            self.fs, self.root = fsspec.core.url_to_fs(self.url, use_listings_cache=False)
        except (ImportError, ValueError) as error:
            raise InputError(
                f"Cannot open {self.url}: {error}. Give a folder or a URL such as "
                "s3://bucket/results; pip install 'stad[cloud]' adds S3 and Google Cloud Storage."
            ) from error
        self.root = str(self.root).rstrip("/")
        self.is_local = isinstance(self.fs, LocalFileSystem)

    def path(self, name: str) -> str:
        """Return the path of a file, as fsspec and DuckDB open it."""
        path = f"{self.root}/{name}"
        return path if self.is_local else str(self.fs.unstrip_protocol(path))

    def names(self, folder: str = "", *, prefix: str = "") -> list[str]:
        """Return the names in a folder, sorted, without those that begin with '.'.

        A folder that does not exist is empty.

        Args:
            folder: below this one; "" for this one.
            prefix: only the files with this beginning; object stores list only these.
        """
        path = f"{self.root}/{folder}".rstrip("/")
        try:
            with self._reaching():
                if prefix and not self.is_local:
                    found = self.fs.find(path, prefix=prefix)
                else:
                    found = self.fs.ls(path, detail=False, refresh=True)
        except FileNotFoundError:
            return []
        names = {str(one).rstrip("/").rpartition("/")[2] for one in found if one != path}
        shown = (name for name in names if name and not name.startswith("."))
        return sorted(name for name in shown if name.startswith(prefix))

    def read(self, name: str) -> bytes | None:
        """Return the content of a file; None where there is none."""
        try:
            with self._reaching():
                return self.fs.cat_file(f"{self.root}/{name}")
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> None:
        """Write a small file; an old one is replaced at once."""
        with self.staging() as folder:
            part = folder / "content"
            part.write_bytes(content)
            self.publish(part, name)

    def create(self, name: str, content: bytes) -> bool:
        """Write a file that does not exist yet; return False where it does.

        Of several processes that try it at the same time, one succeeds.
        """
        path = f"{self.root}/{name}"
        if not self.is_local:
            try:
                with self._reaching(is_writing=True):
                    self.fs.pipe_file(path, content, mode="create")
            except FileExistsError:
                return False
            return True
        with self.staging() as folder:
            part = folder / "content"
            part.write_bytes(content)
            _sync(part)
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(part, path)
            except FileExistsError:
                return False
        return True

    @contextlib.contextmanager
    def staging(self) -> Iterator[Path]:
        """Give an empty folder on this machine, from which files are published."""
        with writing(self.url):
            if self.is_local:
                Path(self.root).mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix=PART, dir=self.root if self.is_local else None))
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    def publish(self, part: Path, name: str) -> None:
        """Move a finished file of ``staging`` to its place, where it appears whole."""
        path = f"{self.root}/{name}"
        if not self.is_local:
            with self._reaching(is_writing=True):
                self.fs.put_file(str(part), path)
            part.unlink()
            return
        _sync(part)
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        part.replace(path)

    def remove(self, name: str) -> None:
        """Remove a file; does nothing where there is none."""
        with contextlib.suppress(FileNotFoundError), self._reaching():
            self.fs.rm_file(f"{self.root}/{name}")

    def is_abandoned(self, name: str) -> bool:
        """Return whether a file is so old that no process is about to use it."""
        try:
            with self._reaching():
                changed = self.fs.modified(f"{self.root}/{name}")
        except FileNotFoundError:
            return False
        changed = changed if changed.tzinfo else changed.replace(tzinfo=UTC)
        return (datetime.now(UTC) - changed).total_seconds() > ABANDONED_SEC

    @contextlib.contextmanager
    def _reaching(self, *, is_writing: bool = False) -> Iterator[None]:
        """Turn the errors of object stores, which have classes of their own, into InputError."""
        try:
            yield
        except (FileExistsError, InputError):
            raise
        except OSError as error:
            if isinstance(error, FileNotFoundError) and not is_writing:
                raise
            raise InputError(
                f"Cannot use {self.url}: {error.strerror or error}. Check the name and your access "
                "to it."
            ) from error
        except Exception as error:
            if self.is_local:
                raise
            raise InputError(
                f"Cannot reach {self.url}: {first_line(error)} Check the address, your access to "
                "it, and the network."
            ) from error

    def remove_abandoned(self) -> None:
        """Remove what processes left that were killed while they wrote, a day ago or earlier."""
        if not self.is_local:
            return
        for folder in Path(self.root).glob(f"{PART}*"):
            with contextlib.suppress(OSError):
                if time.time() - folder.stat().st_mtime > ABANDONED_SEC:
                    shutil.rmtree(folder, ignore_errors=True)


def _sync(part: Path) -> None:
    """Bring a file to the disk: it must not be missing where its row of 'videos' is there."""
    with part.open("rb+") as file:
        try:
            os.fsync(file.fileno())
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
