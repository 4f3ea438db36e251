"""Lists for ``VideoDataset`` out of what data sets publish and of what is on the disk."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from stad.annotations.label_maps import class_names
from stad.annotations.video_lists import (
    ListedVideos,
    VideoList,
    check_folder,
    find_listed,
    list_class_folders,
    list_text,
    plain_name,
    read_video_list,
)
from stad.errors import InputError
from stad.utils.files import check_output, write_whole
from stad.video.clip_source import VideoFiles, empty_videos, unreadable_videos

LABEL_MAP_FILE = "label_map.txt"
LEFT_OUT = "_left_out"
# What data sets call the part that models are tested on while they are trained.
SPLIT_NAMES = {"validate": "val", "validation": "val"}


class SplitReport(NamedTuple):
    """What became of the videos of a split.

    Attributes:
        path: the list that was written.
        listed: how many rows there were. They are the sum of the following.
        found: videos in the list that was written.
        missing: videos that are not there.
        broken: those that are there, but empty or, where that was tried, cannot be read.
        repeated: rows of a video that another row has.
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
    """What was written, and what else there is to say, in sentences."""

    splits: list[SplitReport]
    notes: list[str]


class _Classes(NamedTuple):
    """Names in the order of their numbers, where they come from, whether that is the folder's."""

    names: tuple[str, ...]
    source: str
    is_written: bool = False


class _Split(NamedTuple):
    """The rows of a list, and why other videos are not in it."""

    rows: list[tuple[str, int]]
    missing: dict[str, str]
    broken: dict[str, str]


def split_name(path: str | Path) -> str:
    """The split that an annotation file is of, by its name.

    >>> split_name("annotations/kinetics700_2020_validate.csv"), split_name("train.csv")
    ('val', 'train')
    """
    last = Path(path).stem.lower().replace("-", "_").rpartition("_")[2]
    return SPLIT_NAMES.get(last, last)


def read_ucf101(folder: str | Path, number: int) -> dict[str, VideoList]:
    """UCF101's ``trainlist01.txt`` and ``testlist01.txt`` as 'train' and 'val'.

    Raises:
        InputError: no such file, or a line that is no path of a class.
    """
    lists = {}
    for split, prefix in (("train", "trainlist"), ("val", "testlist")):
        path = Path(folder) / f"{prefix}{number:02d}.txt"
        paths = [line.split()[0] for line in _lines(path)]
        if wrong := [one for one in paths if "/" not in one]:
            raise InputError(f"{path}: expected Class/video.avi, got {wrong[0]!r}")
        lists[split] = _as_list(path, paths)
    return lists


def read_hmdb51(folder: str | Path, number: int) -> dict[str, VideoList]:
    """HMDB51's ``CLASS_test_split1.txt`` files as 'train' and 'val'.

    Raises:
        InputError: no such files, or a line that is none of theirs.
    """
    suffix = f"_test_split{number}.txt"
    files = sorted(Path(folder).glob(f"*{suffix}"))
    if not files:
        raise InputError(f"{folder} has no files CLASS{suffix}: give the folder of the splits")
    paths: dict[str, list[str]] = {"train": [], "val": []}
    for path in files:
        for line in _lines(path):
            name, _, part = line.rpartition(" ")
            if part not in ("0", "1", "2") or not name.strip():
                raise InputError(f"{path}: expected 'video.avi 0, 1 or 2', got {line[:60]!r}")
            if part != "0":
                split = "train" if part == "1" else "val"
                paths[split].append(f"{path.name.removesuffix(suffix)}/{name.strip()}")
    return {split: _as_list(folder, found) for split, found in paths.items()}


def read_class_folders(folder: str | Path, splits: Sequence[str]) -> dict[str, VideoList]:
    """``folder/SPLIT/CLASS/*.mp4`` for each split, paths from ``folder`` on.

    Raises:
        InputError: no such folder, or a split has no videos.
    """
    check_folder(folder)
    lists = {}
    for split in splits:
        listed = list_class_folders(Path(folder) / split)
        names = tuple((f"{split}/{name}",) for (name,) in listed.names)
        lists[split_name(split)] = VideoList(listed.source, names, listed.labels, has_paths=True)
    return lists


def read_files(paths: Iterable[str | Path]) -> dict[str, VideoList]:
    """Annotation files of Kinetics or Something-Something by their splits.

    Raises:
        InputError: a file that is none, or two of the same split.
    """
    lists: dict[str, VideoList] = {}
    for path in paths:
        split = split_name(path)
        if split in lists:
            raise InputError(f"{path} and {lists[split].source} are both of the split {split!r}")
        lists[split] = read_video_list(path)
    return lists


def read_class_file(path: str | Path) -> tuple[str, ...]:
    """Something-Something's ``labels.json``, {name: number}: the names by their numbers.

    Raises:
        InputError: it is none.
    """
    try:
        numbers = {str(name): int(k) for name, k in json.loads(Path(path).read_text()).items()}
    except (
        OSError,
        ValueError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        raise InputError(f"{path}: expected a JSON of names and numbers ({error})") from error
    if sorted(numbers.values()) != list(range(len(numbers))):
        raise InputError(f"{path}: expected the numbers 0 to {len(numbers) - 1}, each once")
    return tuple(sorted(numbers, key=numbers.__getitem__))


def write_lists(
    folder: str | Path,
    lists: dict[str, VideoList],
    *,
    videos: str | Path,
    classes: Sequence[str] | None = None,
    label_map: str | None = None,
    probe: bool = False,
) -> WrittenLists:
    """Write ``SPLIT.txt`` of the videos that are there, and the label map.

    ``SPLIT_left_out.txt`` names the others and says why. Nothing is written where an error is
    raised, but ``folder`` may be made.

    Args:
        folder: where the lists go; it is made.
        lists: by their splits.
        videos: folder that the paths in the lists start from.
        classes: names in the order of their numbers; None takes those of the label map that is
            in ``folder`` from before, so that all of its lists have the same numbers, or where
            there is none those of ``lists``, sorted.
        label_map: where ``classes`` come from, for people.
        probe: decode a frame of each video, and leave out those that have none. Empty files are
            always left out.

    Raises:
        InputError: there is no folder ``videos``, ``folder`` cannot be written, no video of a
            split is there, a video has two classes, or a label is none of the classes.
    """
    folder = Path(folder)
    check_folder(videos)
    _make_folder(folder)
    if classes is None:
        chosen, notes = _own_classes(folder, lists)
    else:
        chosen = _Classes(tuple(classes), label_map or LABEL_MAP_FILE)
        notes = _changed_classes(folder, lists, chosen.names)
    # Before any video is opened, for that may take hours.
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


def _own_classes(folder: Path, lists: dict[str, VideoList]) -> tuple[_Classes, list[str]]:
    """The classes of the folder's label map if there is one, else those of the lists."""
    path = folder / LABEL_MAP_FILE
    # Of names that count as the same, the first.
    by_plain = {
        plain_name(name): name
        for name in sorted({name for one in lists.values() for name in one.class_names})[::-1]
    }
    if not path.exists():
        if not by_plain:
            raise InputError(
                f"the labels of {next(iter(lists.values())).source} are numbers: give the names "
                "of the classes with --label-map"
            )
        return _Classes(tuple(sorted(by_plain.values())), LABEL_MAP_FILE), []
    names = class_names(path)
    before = {plain_name(name) for name in names}
    if new := sorted(name for plain, name in by_plain.items() if plain not in before):
        more = f" and {len(new) - 1} more" if len(new) > 1 else ""
        raise InputError(
            f"{path} is there from before and has no class {new[0]!r}{more}: remove it and "
            "give all splits in one run, or name a label map of all classes with --label-map and "
            "write the lists of before anew"
        )
    note = f"{path} was there and is kept: the lists have its numbers, of {len(names)} classes"
    return _Classes(names, str(path), is_written=True), [note]


def _changed_classes(folder: Path, lists: dict[str, VideoList], names: Sequence[str]) -> list[str]:
    """What to say where lists are in the folder that have the numbers of other classes."""
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
        f"{path} had other classes or another order: lists with the numbers of before are to be "
        f"written anew ({', '.join(others)})"
    ]


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder {folder}: {error.strerror or error}") from error
    check_output("FOLDER", folder / LABEL_MAP_FILE)


def _without_broken(
    found: ListedVideos, listed: VideoList, videos: str | Path, *, probe: bool
) -> _Split:
    look = unreadable_videos if probe else empty_videos
    broken = look(VideoFiles(videos), (path for path, _ in found.videos))
    rows = [row for row in found.videos if row[0] not in broken]
    if not rows:
        name, why = next(iter((found.missing | broken).items()))
        raise InputError(
            f"none of the {len(listed.names)} videos of {listed.source} can be listed, such as "
            f"{name} ({why}): name their folder with --videos"
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


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read ({error})") from error
    return [line.strip() for line in text.splitlines() if line.strip()]


def _as_list(source: str | Path, paths: Sequence[str]) -> VideoList:
    labels = tuple(path.partition("/")[0] for path in paths)
    return VideoList(str(source), tuple((path,) for path in paths), labels, has_paths=True)
