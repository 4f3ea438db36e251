"""Write the lists that ``VideoDataset`` reads, of the listed videos that are found."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from stad.annotations.label_maps import class_names
from stad.annotations.listed_videos import (
    ListedVideos,
    check_folder,
    find_listed,
)
from stad.annotations.video_lists import VideoList, list_text, plain_name
from stad.errors import InputError
from stad.utils.files import check_output, write_whole
from stad.utils.text import shown
from stad.video.clip_source import VideoFiles
from stad.video.unreadable import empty_videos, unreadable_videos

LABEL_MAP_FILE = "label_map.txt"
LEFT_OUT = "_left_out"


class SplitReport(NamedTuple):
    """Counts the videos of a split that were listed, and those that were not by their reason.

    Attributes:
        path: the list that was written.
        listed: rows of the source, the sum of the following.
        found: videos in the list that was written.
        missing: videos that were not found.
        broken: videos that are empty or, if that was tried, cannot be read.
        repeated: rows of a video that has an earlier row.
    """

    path: Path
    listed: int
    found: int
    missing: int
    broken: int
    repeated: int

    def __str__(self) -> str:
        repeated = f", {self.repeated} repeated" if self.repeated else ""
        return (
            f"{self.path}: {self.found} of {self.listed}, {self.missing} missing, "
            f"{self.broken} broken{repeated}"
        )


class WrittenLists(NamedTuple):
    """The splits that were written, and notes for the user, in sentences."""

    splits: list[SplitReport]
    notes: list[str]


class _Classes(NamedTuple):
    """Class names by number, their source, and whether that is the folder's own label map."""

    names: tuple[str, ...]
    source: str
    is_written: bool = False


class _Split(NamedTuple):
    """The rows of a list, and why other videos are not in it."""

    rows: list[tuple[str, int]]
    missing: dict[str, str]
    broken: dict[str, str]


def write_lists(
    folder: str | Path,
    lists: Mapping[str, VideoList],
    *,
    videos: str | Path,
    classes: Sequence[str] | None = None,
    label_map: str | None = None,
    probe: bool = False,
) -> WrittenLists:
    """Write ``SPLIT.txt`` of the videos that are found, and the label map.

    ``SPLIT_left_out.txt`` names the others and says why. If an error is raised nothing is
    written, but ``folder`` may have been made.

    Args:
        folder: of the lists; it is made.
        lists: by their splits.
        videos: folder that the paths in the lists start from.
        classes: names in the order of their numbers. None takes those of an existing label map in
            ``folder``, so that all of its lists have the same numbers, else those of ``lists``,
            sorted.
        label_map: source of ``classes``, for messages.
        probe: decode a frame of each video, and leave out those that have none. Empty files are
            always left out.

    Raises:
        InputError: there is no folder ``videos``, ``folder`` cannot be written, no video of a
            split is found, a video has two classes, or a label is not one of the classes.
    """
    folder = Path(folder)
    check_folder(videos)
    _make_folder(folder)
    chosen, notes = _choose_classes(folder, lists, classes, label_map)
    # Before any video is opened, which may take hours.
    found = {
        split: find_listed(listed, videos, chosen.names, label_map=chosen.source)
        for split, listed in lists.items()
    }
    splits = {
        split: _without_broken(found[split], listed, videos, probe=probe)
        for split, listed in lists.items()
    }
    if not chosen.is_written:
        write_whole(folder / LABEL_MAP_FILE, "".join(f"{name}\n" for name in chosen.names))
    reports = [
        _write_split(folder, split, one, listed=len(lists[split].names))
        for split, one in splits.items()
    ]
    return WrittenLists(reports, notes + [note for one in found.values() for note in one.notes])


def _choose_classes(
    folder: Path,
    lists: Mapping[str, VideoList],
    classes: Sequence[str] | None,
    label_map: str | None,
) -> tuple[_Classes, list[str]]:
    """Return the given classes, or those of the folder, or those of the lists; and notes."""
    if classes is not None:
        chosen = _Classes(tuple(classes), label_map or LABEL_MAP_FILE)
        return chosen, _changed_classes(folder, lists, chosen.names)
    path = folder / LABEL_MAP_FILE
    # The first of names that count as the same.
    by_plain = {
        plain_name(name): name
        for name in sorted({name for one in lists.values() for name in one.class_names})[::-1]
    }
    if path.exists():
        return _kept_classes(path, by_plain)
    if not by_plain:
        raise InputError(
            f"The labels of {next(iter(lists.values())).source} are numbers. Give the names of "
            "the classes with --label-map."
        )
    return _Classes(tuple(sorted(by_plain.values())), LABEL_MAP_FILE), []


def _kept_classes(path: Path, by_plain: Mapping[str, str]) -> tuple[_Classes, list[str]]:
    """Return the classes of an existing label map, which must have all names of the lists."""
    names = class_names(path)
    known = {plain_name(name) for name in names}
    if new := sorted(name for plain, name in by_plain.items() if plain not in known):
        raise InputError(
            f"The existing {path} has no class {shown([repr(name) for name in new], limit=1)}. "
            "Delete it and pass all splits in one run, or pass a complete --label-map and write "
            "the earlier lists again."
        )
    note = f"Kept the existing {path}: the lists use its numbers, of {len(names)} classes."
    return _Classes(names, str(path), is_written=True), [note]


def _changed_classes(
    folder: Path, lists: Mapping[str, VideoList], names: Sequence[str]
) -> list[str]:
    """Return a note if other lists in the folder have the numbers of other classes."""
    path = folder / LABEL_MAP_FILE
    if not path.exists():
        return []
    with contextlib.suppress(InputError):
        if class_names(path) == tuple(names):
            return []
    own = {LABEL_MAP_FILE, *(f"{split}.txt" for split in lists)}
    others = [
        one.name
        for one in sorted(folder.glob("*.txt"))
        if one.name not in own and not one.stem.endswith(LEFT_OUT)
    ]
    if not others:
        return []
    return [
        f"{path} had other classes or another order. Write these earlier lists again, their "
        f"numbers are outdated: {', '.join(others)}."
    ]


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"Cannot make the folder {folder}: {error.strerror or error}. Choose another one."
        ) from error
    check_output("FOLDER", folder / LABEL_MAP_FILE)


def _without_broken(
    found: ListedVideos, listed: VideoList, videos: str | Path, *, probe: bool
) -> _Split:
    find_broken = unreadable_videos if probe else empty_videos
    broken = find_broken(VideoFiles(videos), (path for path, _ in found.videos))
    rows = [row for row in found.videos if row[0] not in broken]
    if not rows:
        name, why = next(iter((found.missing | broken).items()))
        raise InputError(
            f"None of the {len(listed.names)} videos of {listed.source} can be used, for example "
            f"{name} ({why}). Give the folder of the videos with --videos."
        )
    return _Split(rows, found.missing, broken)


def _write_split(folder: Path, split: str, one: _Split, *, listed: int) -> SplitReport:
    path, others = folder / f"{split}.txt", folder / f"{split}{LEFT_OUT}.txt"
    write_whole(path, list_text(one.rows))
    others.unlink(missing_ok=True)
    left_out = one.missing | one.broken
    if left_out:
        write_whole(others, "".join(f"{name}: {why}\n" for name, why in left_out.items()))
    repeated = listed - len(one.rows) - len(left_out)
    return SplitReport(path, listed, len(one.rows), len(one.missing), len(one.broken), repeated)
