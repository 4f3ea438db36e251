"""Find the videos that files of labels name, and bring those that are elsewhere into the folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from stad.annotations.importers.contract import FileVideo
from stad.annotations.importers.matching import match_video, plain_path
from stad.annotations.listed_videos import find_videos
from stad.annotations.own.fingerprint import fingerprint
from stad.annotations.own.folder import OwnFolder
from stad.errors import InputError
from stad.utils.files import make_folder, partial_file, writing
from stad.utils.suffixes import VIDEO_SUFFIXES
from stad.utils.text import shown

Transfer = Literal["copy", "link"]


class VideoFinder:
    """Finds the videos of a folder that names in files mean.

    Args:
        folder: of the videos.
        videos: a folder to look in, below ``folder`` or elsewhere; None for what the files say.
        transfer: how videos that are elsewhere are brought.

    Attributes:
        missing: names that were not found, and why.
        outside: where the videos are that are not below the folder, by the names in the files.

    Raises:
        InputError: ``videos`` is not a folder.
    """

    def __init__(
        self, folder: OwnFolder, videos: Path | None, *, transfer: Transfer | None = None
    ) -> None:
        if videos is not None and not videos.is_dir():
            raise InputError(f"--videos: there is no folder {videos}. Check the path.")
        self._folder, self._own = folder, _videos_of(folder)
        self._transfer: Transfer | None = transfer
        self._elsewhere: Path | None = None
        self._first_hint: tuple[str, ...] = ()
        if videos is not None:
            inside = _below(videos, folder.path)
            self._elsewhere = videos if inside is None else None
            self._first_hint = () if inside is None else (inside,)
        self._listed = find_videos(self._elsewhere) if self._elsewhere else []
        self._to_bring: dict[str, Path] = {}
        self.missing: dict[str, str] = {}
        self.outside: dict[str, Path] = {}

    def find_all(
        self, read: Sequence[FileVideo], *, keep_missing: bool = False
    ) -> dict[str, list[FileVideo]]:
        """Return what files say of each video of the folder.

        Args:
            read: from the files.
            keep_missing: also those that are not there, under their names in the files.
        """
        matches = [self._match(one) for one in read]
        # Two names for one video, of which only the end agrees: one of them is wrong. So is a guess
        # where another file has the video for sure.
        names: dict[str, set[str]] = {}
        for one, (video, _) in zip(read, matches, strict=True):
            names.setdefault(video or "", set()).add(plain_path(one.name))
        known = {video for video, is_guess in matches if not is_guess}
        found: dict[str, list[FileVideo]] = {}
        for one, (video, is_guess) in zip(read, matches, strict=True):
            if video and is_guess and (len(names[video]) > 1 or video in known):
                self.missing[self._key(one)] = f"is not in {self._folder.path}"
            elif video:
                found.setdefault(video, []).append(one)
        lost = [one for one, (video, _) in zip(read, matches, strict=True) if not video]
        for one in lost:
            name = plain_path(one.name)
            if keep_missing and name.lower().endswith(VIDEO_SUFFIXES) and not self._transfer:
                found.setdefault(name, []).append(one)
        self._place_outside(lost, found)
        return found

    def path_of(self, video: str) -> Path | None:
        """Return the file of a video, also of one that is still elsewhere."""
        if video in self._to_bring:
            return self._to_bring[video]
        path = self._folder.video_path(video)
        return path if path.is_file() else None

    def bring(self) -> list[str]:
        """Copy or link the videos that are elsewhere.

        Returns:
            Their names in the folder.

        Raises:
            InputError: a file cannot be written.
        """
        for video, source in self._to_bring.items():
            target = self._folder.path / video
            make_folder(target.parent)
            if target.exists():
                continue
            if self._transfer == "link":
                with writing(target):
                    target.symlink_to(source.resolve())
            else:
                with partial_file(target) as part:
                    shutil.copyfile(source, part)
        return list(self._to_bring)

    def why_none(self) -> str:
        """Return the message for an import that found no video."""
        if self.outside:
            return self._outside_text(self.outside)
        name, reason = next(iter(self.missing.items()), ("", ""))
        count = len(self.missing)
        what = f"None of the {count} videos is there" if count > 1 else "The video is not there"
        return (
            f"{what}: {name} {reason}. Put the videos below {self._folder.path}, or give the "
            "folder in which they are with --videos DIR and --link."
        )

    def _match(self, one: FileVideo) -> tuple[str | None, bool]:
        hints = [_below(hint, self._folder.path) for hint in one.folders]
        match = match_video(
            one.name,
            self._own,
            hints=(*self._first_hint, *(hint for hint in hints if hint is not None)),
            paths=[f"{hint.absolute().as_posix()}/{plain_path(one.name)}" for hint in one.folders],
            where=str(self._folder.path),
        )
        if match.video is None:
            self.missing[self._key(one)] = match.reason
            self._look_elsewhere(one)
        return match.video, match.is_guess

    def _look_elsewhere(self, one: FileVideo) -> None:
        name = plain_path(one.name)
        if self._elsewhere is not None:
            match = match_video(name, self._listed, where=str(self._elsewhere))
            if match.video is not None:
                self.outside[self._key(one)] = self._elsewhere / match.video
            else:
                self.missing[self._key(one)] = match.reason
            return
        for folder in one.folders:
            if (folder / name).is_file() and name.lower().endswith(VIDEO_SUFFIXES):
                self.outside[self._key(one)] = folder / name
                return

    @staticmethod
    def _key(one: FileVideo) -> str:
        """Return a name for messages; two files may name different videos alike."""
        return f"{one.name} ({one.place})"

    def _place_outside(self, lost: Sequence[FileVideo], found: dict[str, list[FileVideo]]) -> None:
        """Choose the places of videos that are brought, or say that they are elsewhere."""
        if not self.outside:
            return
        if not self._transfer:
            for one in lost:
                path = self.outside.get(self._key(one))
                if path is not None:
                    self.missing[self._key(one)] = (
                        f"is {path}, which is not below {self._folder.path}: add --link or --copy"
                    )
            return
        roots = [one.folders[-1] for one in lost if one.folders]
        top = self._elsewhere or Path(os.path.commonpath([root.absolute() for root in roots]))
        for one in lost:
            path = self.outside.get(self._key(one))
            if path is None:
                continue
            video = self._free_place(path, top)
            self._to_bring[video] = path
            self.missing.pop(self._key(one), None)
            found.setdefault(video, []).append(one)

    def _free_place(self, path: Path, top: Path) -> str:
        """Return the name of a video in the folder, under which there is no other file."""
        inside = _below(path, top) or path.name
        parts = path.absolute().parts
        for length in range(len(Path(inside).parts), len(parts)):
            video = "/".join(parts[-length:])
            target = self._folder.path / video
            other = self._to_bring.get(video, target)
            if not other.exists() or fingerprint(other) == fingerprint(path):
                return video
        raise InputError(f"{path} cannot be brought: another video has its name. Rename one.")

    def _outside_text(self, outside: dict[str, Path]) -> str:
        paths = [str(one) for one in outside.values()]
        return (
            f"The videos are not below {self._folder.path}: {shown(paths, limit=1)}. Add --link or "
            "--copy to bring them there, or move them."
        )


def _videos_of(folder: OwnFolder) -> list[str]:
    try:
        return folder.videos()
    except InputError:
        # An empty folder may get its videos by --link or --copy.
        return []


def _below(path: Path, top: Path) -> str | None:
    """Return a path relative to a folder that has it, with '/'; '' for itself, None outside."""
    absolute, root = (Path(os.path.normpath(one.absolute())) for one in (path, top))
    if not absolute.is_relative_to(root):
        return None
    inside = absolute.relative_to(root).as_posix()
    return "" if inside == "." else inside
