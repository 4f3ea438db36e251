"""Lists for ``VideoDataset`` out of what data sets publish and of what is on the disk."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from stad.datasets.clips import VideoFiles, unreadable_videos
from stad.datasets.video_lists import (
    VideoList,
    label_numbers,
    list_class_folders,
    list_text,
    locate,
    read_video_list,
)
from stad.errors import InputError
from stad.results.atomic import write_whole

LABEL_MAP_FILE = "label_map.txt"
_MISSING = "missing"
# What data sets call the part that models are tested on while they are trained.
SPLIT_NAMES = {"validate": "val", "validation": "val"}


class SplitReport(NamedTuple):
    """What became of the videos of a split.

    Attributes:
        path: the list that was written.
        listed, found, broken: how many videos were listed, are in the list, and are there but
            cannot be read.
    """

    path: Path
    listed: int
    found: int
    broken: int


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
        InputError: a split has no videos.
    """
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
    except (OSError, ValueError, TypeError, AttributeError) as error:
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
    probe: bool = False,
) -> list[SplitReport]:
    """Write ``SPLIT.txt`` of the videos that are there, and the label map.

    ``SPLIT_left_out.txt`` names the others and says why.

    Args:
        folder: where the lists go.
        lists: by their splits.
        videos: folder that the paths in the lists start from.
        classes: names in the order of their numbers; None takes those of the lists, sorted.
        probe: decode a frame of each video, and leave out those that have none.

    Raises:
        InputError: no video of a split is there, or a label that is none of ``classes``.
    """
    folder = Path(folder)
    if classes is None:
        classes = sorted({name for one in lists.values() for name in one.class_names})
    rows = {
        split: _sort_out(listed, videos, classes, probe=probe) for split, listed in lists.items()
    }
    write_whole(folder / LABEL_MAP_FILE, "".join(f"{name}\n" for name in classes))
    reports = []
    for split, (found, left_out) in rows.items():
        path, others = folder / f"{split}.txt", folder / f"{split}_left_out.txt"
        write_whole(path, list_text(found))
        others.unlink(missing_ok=True)
        if left_out:
            write_whole(others, "".join(f"{name}: {why}\n" for name, why in left_out.items()))
        broken = len(left_out) - sum(why == _MISSING for why in left_out.values())
        reports.append(SplitReport(path, len(lists[split].names), len(found), broken))
    return reports


def _sort_out(
    listed: VideoList, videos: str | Path, classes: Sequence[str], *, probe: bool
) -> tuple[list[tuple[str, int]], dict[str, str]]:
    """The rows of a list, and why each of the other videos is not in it."""
    numbers = label_numbers(listed, classes, label_map=LABEL_MAP_FILE)
    paths = locate(listed, videos)
    left_out = {
        names[0]: _MISSING for names, path in zip(listed.names, paths, strict=True) if path is None
    }
    found = [(path, number) for path, number in zip(paths, numbers, strict=True) if path]
    if probe:
        left_out |= unreadable_videos(VideoFiles(videos), {path for path, _ in found})
    found = [row for row in found if row[0] not in left_out]
    if not found:
        raise InputError(
            f"none of the {len(paths)} videos of {listed.source} is below {videos}, such as "
            f"{listed.names[0][0]}: name their folder with --videos"
        )
    return found, left_out


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read ({error})") from error
    return [line.strip() for line in text.splitlines() if line.strip()]


def _as_list(source: str | Path, paths: Sequence[str]) -> VideoList:
    labels = tuple(path.partition("/")[0] for path in paths)
    return VideoList(str(source), tuple((path,) for path in paths), labels, has_paths=True)
