"""Let labels follow videos that were moved or renamed."""

from __future__ import annotations

import shutil
from dataclasses import replace

from stad.annotations.own.fingerprint import fingerprint
from stad.annotations.own.folder import OwnFolder
from stad.annotations.own.labels import renamed
from stad.errors import InputError
from stad.own_classes.people import cached_path
from stad.utils.files import writing


def follow_moved_videos(folder: OwnFolder) -> list[str]:
    """Rename the labels of videos that are gone, where the same file is there under another name.

    Files are compared by their content. Labels whose video is nowhere stay as they are.

    Returns:
        Sentences about what was done and what was not found.

    Raises:
        InputError: labels cannot be read or written.
    """
    videos = folder.videos()
    gone = [one for one in folder.labelled_videos() if one not in set(videos)]
    if not gone:
        return []
    by_content: dict[str, list[str]] = {}
    for video in videos:
        if not folder.labels_path(video).is_file():
            by_content.setdefault(_fingerprint(folder, video), []).append(video)
    notes = []
    for old in gone:
        labels = folder.read_labels(old)
        found = by_content.get(labels.fingerprint, []) if labels.fingerprint else []
        if not found:
            notes.append(
                f"note      {folder.labels_path(old)} has labels of a video that is not there. "
                "They are kept; put the video back to use them."
            )
            continue
        new = found.pop(0)
        # The new name has no labels yet, so it begins at revision 0.
        folder.write_labels(replace(renamed(labels, new), revision=0))
        _move_cache(folder, old, new)
        with writing(folder.labels_path(old)):
            folder.labels_path(old).unlink()
        notes.append(f"moved     {old} is {new} now: its labels were moved along")
    return notes


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
