"""Read the lists of videos that data sets publish, and folders of videos by class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from stad.annotations.listed_videos import check_folder, list_class_folders
from stad.annotations.video_lists import VideoList, read_video_list
from stad.errors import InputError
from stad.utils.files import read_json, read_text

# Names of the part that models are tested on during training.
SPLIT_NAMES = {"validate": "val", "validation": "val"}


def split_name(path: str | Path) -> str:
    """Return the split of an annotation file, from its name.

    >>> split_name("annotations/kinetics700_2020_validate.csv"), split_name("train.csv")
    ('val', 'train')
    """
    last = Path(path).stem.lower().replace("-", "_").rpartition("_")[2]
    return SPLIT_NAMES.get(last, last)


def read_ucf101(folder: str | Path, number: int) -> dict[str, VideoList]:
    """Read UCF101's ``trainlist01.txt`` and ``testlist01.txt`` as 'train' and 'val'.

    Args:
        folder: of these files.
        number: of the split, from 1.

    Raises:
        InputError: there is no such file, or a line is not the path of a video in its class.
    """
    lists = {}
    for split, prefix in (("train", "trainlist"), ("val", "testlist")):
        path = Path(folder) / f"{prefix}{number:02d}.txt"
        paths = [line.split()[0] for line in _lines(path)]
        if wrong := [one for one in paths if "/" not in one]:
            raise InputError(f"{path}: expected Class/video.avi, got {wrong[0]!r}.")
        lists[split] = _as_list(path, paths)
    return lists


def read_hmdb51(folder: str | Path, number: int) -> dict[str, VideoList]:
    """Read HMDB51's ``CLASS_test_split1.txt`` files as 'train' and 'val'.

    Args:
        folder: of these files.
        number: of the split, from 1.

    Raises:
        InputError: there are no such files, or a line is not a video and its part.
    """
    suffix = f"_test_split{number}.txt"
    files = sorted(Path(folder).glob(f"*{suffix}"))
    if not files:
        raise InputError(f"{folder} has no files CLASS{suffix}. Give the folder of the splits.")
    paths: dict[str, list[str]] = {"train": [], "val": []}
    for path in files:
        for line in _lines(path):
            name, _, part = line.rpartition(" ")
            if part not in ("0", "1", "2") or not name.strip():
                raise InputError(f"{path}: expected 'video.avi 0, 1 or 2', got {line[:60]!r}.")
            if part != "0":
                split = "train" if part == "1" else "val"
                paths[split].append(f"{path.name.removesuffix(suffix)}/{name.strip()}")
    return {split: _as_list(folder, found) for split, found in paths.items()}


def read_class_folders(folder: str | Path, splits: Sequence[str]) -> dict[str, VideoList]:
    """List ``folder/SPLIT/CLASS/*.mp4`` of each split, with paths relative to ``folder``.

    Raises:
        InputError: there is no such folder, or a split has no videos.
    """
    check_folder(folder)
    lists = {}
    for split in splits:
        listed = list_class_folders(Path(folder) / split)
        names = tuple((f"{split}/{name}",) for (name,) in listed.names)
        lists[split_name(split)] = VideoList(listed.source, names, listed.labels, has_paths=True)
    return lists


def read_files(paths: Iterable[str | Path]) -> dict[str, VideoList]:
    """Read annotation files of Kinetics or Something-Something, by their splits.

    Raises:
        InputError: a file has another format, or two are of the same split.
    """
    lists: dict[str, VideoList] = {}
    for path in paths:
        split = split_name(path)
        if split in lists:
            raise InputError(
                f"{path} and {lists[split].source} are both of the split {split!r}. Give one file "
                "for each split."
            )
        lists[split] = read_video_list(path)
    return lists


def read_class_file(path: str | Path) -> tuple[str, ...]:
    """Return the names in Something-Something's ``labels.json``, {name: number}, by number.

    Raises:
        InputError: the file has another format.
    """
    content = read_json(path)
    try:
        numbers = {str(name): int(k) for name, k in content.items()}
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise InputError(f"{path}: expected a JSON of names and numbers ({error}).") from error
    if sorted(numbers.values()) != list(range(len(numbers))):
        raise InputError(f"{path}: expected the numbers 0 to {len(numbers) - 1}, each once.")
    return tuple(sorted(numbers, key=numbers.__getitem__))


def _lines(path: Path) -> list[str]:
    try:
        text = read_text(path, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read ({error}). Check the file.") from error
    return [line.strip() for line in text.splitlines() if line.strip()]


def _as_list(source: str | Path, paths: Sequence[str]) -> VideoList:
    labels = tuple(path.partition("/")[0] for path in paths)
    return VideoList(str(source), tuple((path,) for path in paths), labels, has_paths=True)
