"""Read a folder with a folder of videos for each class: they label the videos as a whole."""

from __future__ import annotations

from pathlib import Path

from stad.annotations.importers.contract import (
    SECONDS,
    WHOLE,
    FileSpan,
    FileVideo,
    ImportedFile,
    ReadOptions,
    wrong_file,
)
from stad.annotations.listed_videos import find_videos

EXPECTED = "a folder such as 'fighting/a.mp4', 'no_fighting/b.mp4'"


def recognizes(path: Path) -> bool:
    """Return whether a folder has folders with videos."""
    return path.is_dir() and any("/" in one for one in find_videos(path))


def read(path: Path, options: ReadOptions) -> ImportedFile:
    """Read the class of each video off the first folder above it.

    Raises:
        InputError: no video is in a folder.
    """
    if not path.is_dir():
        raise wrong_file(path, "is not a folder", EXPECTED)
    videos = [one for one in find_videos(path) if "/" in one and not one.startswith(".")]
    if not videos:
        raise wrong_file(path, "has no folders with videos", EXPECTED)
    found = tuple(
        FileVideo(
            one,
            str(path),
            SECONDS,
            spans=(FileSpan(None, one.split("/")[0], 0, WHOLE),),
            folders=(path,),
        )
        for one in videos
    )
    labels = dict.fromkeys(one.split("/")[0] for one in videos)
    return ImportedFile(found, tuple(labels))
