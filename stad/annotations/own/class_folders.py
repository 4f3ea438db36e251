"""Read labels off the folders of videos: a folder per class labels its videos as a whole."""

from __future__ import annotations

from collections.abc import Sequence

from stad.annotations.own.labels import NOTHING

# A folder of one of these names has videos that show none of the classes.
NOTHING_FOLDERS = ("nothing", "none", "negative", "negatives", "background", "other", "others")
NO_PREFIXES = ("no_", "no-", "no ", "non_", "non-", "not_", "not-", "not ")


def folder_label(video: str, classes: Sequence[str]) -> str | None:
    """Return the class that a video's folder names, ``NOTHING``, or None for neither.

    Names match without regard to case, and '_' or '-' for a blank.

    >>> folder_label("Fight/a.mp4", ["fight"]), folder_label("no_fight/a.mp4", ["fight"])
    ('fight', '')
    >>> folder_label("a.mp4", ["fight"]) is None, folder_label("camera 1/fight/a.mp4", ["fight"])
    (True, 'fight')
    """
    by_name = {plain_name(name): name for name in classes}
    # The folder next to the video first.
    for folder in reversed(video.split("/")[:-1]):
        if plain_name(folder) in by_name:
            return by_name[plain_name(folder)]
        if _is_nothing(folder, by_name):
            return NOTHING
    return None


def classes_of_folders(videos: Sequence[str]) -> tuple[str, ...]:
    """Return the classes that the first folders of videos name; () if a video is in none.

    >>> classes_of_folders(["fight/a.mp4", "no_fight/b.mp4", "phone/c.mp4"])
    ('fight', 'phone')
    >>> classes_of_folders(["fight/a.mp4", "b.mp4"])
    ()
    """
    if not has_only_class_folders(videos):
        return ()
    folders = sorted({video.split("/")[0] for video in videos})
    plain = {plain_name(one): one for one in folders}
    return tuple(one for one in folders if not _is_nothing(one, plain))


def has_only_class_folders(videos: Sequence[str]) -> bool:
    """Return whether each video is in a folder, and they are at least two folders."""
    return all("/" in one for one in videos) and len({one.split("/")[0] for one in videos}) > 1


def _is_nothing(folder: str, by_name: Sequence[str] | dict[str, str]) -> bool:
    name = folder.strip().lower()
    if plain_name(name) in NOTHING_FOLDERS:
        return True
    prefix = next((one for one in NO_PREFIXES if name.startswith(one)), "")
    return bool(prefix) and plain_name(name[len(prefix) :]) in by_name


def plain_name(name: str) -> str:
    """Return a name as names are compared: without regard to case, '_' or '-' for a blank."""
    return name.strip().lower().replace("_", " ").replace("-", " ")
