"""List, check and count the shards of YouTube-8M, and say how to get them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from stad.datasets.records.index import build_index
from stad.datasets.records.modalities import Modality
from stad.datasets.records.shard_counts import Counts, Expected, count_shards
from stad.datasets.records.shards import SUFFIX, find_shards
from stad.datasets.records.tfrecord import Fault
from stad.errors import InputError
from stad.utils.text import and_more

LEVELS, SPLITS = ("frame", "video"), ("train", "validate", "test")
# Each split has one file for each pair of the 62 digits and letters.
SHARDS_OF_SPLIT = 62**2
MODALITIES = (Modality("rgb", 1024), Modality("audio", 128))
NUM_CLASSES = 3862
SHOWN_FAULTS = 10


def how_to_get(folder: str | Path) -> str:
    """Return the commands that download YouTube-8M into a folder."""
    return f"""\
To get YouTube-8M (frame level: 1.5 TB; the data is Google's, CC BY 4.0), run its download script:
  mkdir -p {folder}/frame && cd {folder}/frame
  curl data.yt8m.org/download.py | partition=2/frame/train mirror=us python
and the same with 2/frame/validate and 2/frame/test. The mirrors are us, eu and asia. To try it
with a hundredth of the files, put shard=1,100 before partition. Partition 2/video/... (31 GB) is
the level of videos, for {folder}/video; 3/frame/validate and 3/frame/test have rated segments."""


def find_splits(folder: Path) -> dict[str, str]:
    """Return 'level/split' -> the pattern of its shards, for those that have any.

    Args:
        folder: with the folders of the levels, or with the shards of one level.

    Raises:
        InputError: there are no shards; says how to get them.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}. {how_to_get(folder)}")
    found = {}
    for level in (*LEVELS, ""):
        for split in SPLITS:
            pattern = folder / level / f"{split}*{SUFFIX}"
            if find_shards(pattern):
                found[f"{level}/{split}".lstrip("/")] = str(pattern)
    if not found:
        raise InputError(
            f"{folder} has no shards: expected files such as {folder}/frame/train00{SUFFIX}. "
            f"{how_to_get(folder)}"
        )
    return found


def list_splits(splits: Mapping[str, str]) -> Iterator[str]:
    """Yield a table of the splits from the headers of their records, line by line."""
    yield f"{'split':<16} {'shards':>12} {'records':>10} {'faulty':>7} {'GB':>9}"
    for name, pattern in splits.items():
        shards, index = find_shards(pattern), build_index(pattern)
        size = sum(one.stat().st_size for one in shards) / 1e9
        counted = f"{len(shards)} of {SHARDS_OF_SPLIT}"
        yield f"{name:<16} {counted:>12} {len(index):>10} {len(index.faults):>7} {size:>9.3f}"


def faults_of_headers(splits: Mapping[str, str]) -> list[Fault]:
    """Return the faults in the headers of the records of splits."""
    return [fault for pattern in splits.values() for fault in build_index(pattern).faults]


def check_splits(splits: Mapping[str, str], *, processes: int | None = None) -> dict[str, Counts]:
    """Read all records, with a progress bar; shards that were read before are remembered.

    Args:
        splits: of ``find_splits``.
        processes: that read; as many as processors if None.

    Returns:
        The counts of each split.

    Raises:
        InputError: a file cannot be read.
    """
    shards = {name: find_shards(pattern) for name, pattern in splits.items()}
    paths = [path for found in shards.values() for path in found]
    counts = count_shards(paths, Expected(MODALITIES, NUM_CLASSES), processes=processes)
    return {name: Counts.total([counts[path] for path in found]) for name, found in shards.items()}


def count_table(counts: Mapping[str, Counts]) -> Iterator[str]:
    """Yield a table of what was read, line by line."""
    yield (
        f"{'split':<16} {'records':>10} {'frames each':>12} {'labels each':>12} {'unlabelled':>11} "
        f"{'ratings':>8} {'faulty':>7}"
    )
    for name, one in counts.items():
        number = max(1, one.records)
        yield (
            f"{name:<16} {one.records:>10} {one.frames / number:>12.1f} "
            f"{one.labels / number:>12.2f} {one.unlabelled:>11} {one.segments:>8} "
            f"{len(one.faults):>7}"
        )


def raise_faults(faults: Sequence[Fault]) -> None:
    """Raise InputError if there are records that cannot be used; it names them."""
    if faults:
        few = faults[:SHOWN_FAULTS]
        files = list(dict.fromkeys(one.file for one in faults))
        raise InputError(
            f"Training will skip records that cannot be used ({len(faults)}, in shards: "
            f"{len(files)}).",
            lines=[
                *(f"  {one}" for one in few),
                *([f"  {and_more(len(faults) - len(few))}"] if len(faults) > len(few) else []),
                "To have them, delete these shards and download them again.",
            ],
        )
