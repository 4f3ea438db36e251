"""Know the folder of each job, and delete what is not wanted any more."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Set
from pathlib import Path
from typing import IO

from stad.errors import InputError
from stad.serving.jobs import SOURCE, new_id
from stad.serving.settings import ServiceSettings
from stad.utils.files import make_folder

LOCK = "lock"


class ResultFolders:
    """The folders of the jobs. All names in them are made here, none by a client.

    Args:
        settings: of the service.

    Raises:
        InputError: the folder cannot be written, or another service uses it.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        for folder in (settings.jobs_folder, settings.incoming_folder, settings.trash_folder):
            make_folder(folder)
        self._lock = _lock(settings.folder / LOCK)

    def of_job(self, job_id: str) -> Path:
        """Return the folder of a job."""
        return self._settings.jobs_folder / job_id

    def new_upload(self) -> Path:
        """Return a name for a file that is being received."""
        return self._settings.incoming_folder / new_id()

    def keep(self, upload: Path, job_id: str) -> Path:
        """Make a received file the video of a job; return its new name."""
        folder = self.of_job(job_id)
        folder.mkdir()
        return upload.rename(folder / SOURCE)

    def link(self, video: Path, job_id: str) -> Path:
        """Make a video that stays where it is the video of a job; return its new name."""
        folder = self.of_job(job_id)
        folder.mkdir()
        place = folder / SOURCE
        place.symlink_to(video)
        return place

    def remove(self, job_id: str) -> None:
        """Delete the folder of a job; readers of its files are not disturbed."""
        folder = self.of_job(job_id)
        try:
            gone = folder.rename(self._settings.trash_folder / f"{job_id}-{new_id()}")
        except FileNotFoundError:
            return
        shutil.rmtree(gone, ignore_errors=True)

    def tidy(self, known: Set[str]) -> None:
        """Delete what an earlier service left: parts of uploads, and folders of no job.

        Args:
            known: ids of the jobs.
        """
        for folder in (self._settings.incoming_folder, self._settings.trash_folder):
            for path in folder.iterdir():
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)
        for path in self._settings.jobs_folder.iterdir():
            if path.name not in known:
                self.remove(path.name)

    def free_bytes(self) -> int:
        """Return the free space on the disk."""
        return shutil.disk_usage(self._settings.folder).free

    def close(self) -> None:
        """Let another service use the folder."""
        self._lock.close()


def _lock(path: Path) -> IO[bytes]:
    file = path.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise InputError(
            f"Another service uses the folder {path.parent}. Stop it, or give another --data."
        ) from error
    return file
