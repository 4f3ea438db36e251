"""Let labels follow videos that were moved or renamed."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from stad.annotations.csv_rows import csv_text, read_rows
from stad.annotations.own.fingerprint import fingerprint
from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.labels import renamed
from stad.annotations.own.split import SOURCES, SPLIT
from stad.errors import InputError
from stad.own_classes.people import cached_path
from stad.utils.files import write_whole, writing


def find_moved_videos(folder: OwnFolder) -> tuple[dict[str, str], list[str]]:
    """Return where videos with labels are now, and those that are nowhere.

    Files are compared by their content.

    Returns:
        The new name for each old one, and the names of the others that are gone.

    Raises:
        InputError: labels cannot be read.
    """
    videos = folder.videos()
    gone = [one for one in folder.labelled_videos() if one not in set(videos)]
    moved: dict[str, str] = {}
    missing: list[str] = []
    by_content: dict[str, list[str]] = {}
    for video in videos if gone else ():
        if not folder.labels_path(video).is_file():
            by_content.setdefault(_fingerprint(folder, video), []).append(video)
    for old in gone:
        mark = folder.read_labels(old).fingerprint
        if mark and by_content.get(mark):
            moved[old] = by_content[mark].pop(0)
        else:
            missing.append(old)
    return moved, missing


def follow_moved_videos(folder: OwnFolder) -> list[str]:
    """Rename the labels of videos that are gone, where the same file is there under another name.

    Their source and their part of the split stay theirs. Labels whose video is nowhere stay as they
    are.

    Returns:
        Sentences about what was done and what was not found.

    Raises:
        InputError: labels cannot be read or written.
    """
    moved, missing = find_moved_videos(folder)
    notes = []
    for old, new in moved.items():
        # The new name has no labels yet, so it begins at revision 0.
        folder.write_labels(replace(renamed(folder.read_labels(old), new), revision=0))
        _move_cache(folder, old, new)
        with writing(folder.labels_path(old)):
            folder.labels_path(old).unlink()
        notes.append(f"moved     {old} is {new} now: its labels were moved along")
    for name in (SOURCES, SPLIT) if moved else ():
        _rename_rows(folder.path / name, moved)
    for old in missing:
        notes.append(
            f"note      {folder.labels_path(old)} has labels of a video that is not there. "
            "They are kept; put the video back to use them."
        )
    return notes


def _rename_rows(path: Path, moved: Mapping[str, str]) -> None:
    """Give videos their new names in a table with a column 'video'."""
    if not path.is_file():
        return
    rows = [cells for _, cells in read_rows(path)]
    header = [cell.strip() for cell in rows[0]] if rows else []
    if "video" not in header:
        return
    place = header.index("video")
    names = [row[place].strip() if place < len(row) else "" for row in rows]
    if not {*names} & {*moved}:
        return
    for row, name in zip(rows, names, strict=True):
        if name in moved:
            row[place] = moved[name]
    write_whole(path, csv_text(rows))


def _fingerprint(folder: OwnFolder, video: str) -> str:
    try:
        return fingerprint(folder.video_path(video))
    except InputError:
        # Unreadable; that is reported where the video is needed.
        return ""


def _move_cache(folder: OwnFolder, old: str, new: str) -> None:
    """Keep the people that were found in a video under its new name."""
    before, after = cached_path(folder, old), cached_path(folder, new)
    if before.is_file() and not after.is_file():
        with writing(after):
            after.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(before, after)
