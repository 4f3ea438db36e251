"""Make the posture data set, a folder in AVA's layout: public videos, annotations, splits."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from stad.datasets.prepare.poses.videos import VIDEOS, Video
from stad.errors import InputError
from stad.utils.download import download_url, hash_file
from stad.utils.files import partial_file, write_whole
from stad.zoo.files import fetch_members
from stad.zoo.sample import fetch_sample
from stad.zoo.weights import PackageWeights

HERE = Path(__file__).parent
PARTS = tuple(dict.fromkeys(video.part for video in VIDEOS))
# Parts that nothing is learnt from: they show how well unseen people and cameras are understood.
UNSEEN = ("vtest", "dancer", "pianist")
PEOPLE = ("subject1", "subject3")
# Parts in which everybody is annotated.
COMPLETE = (*PEOPLE, "one-by-one-person-detection")
HEADERS = {"people": (["video", "person", "subject"],), "complete": (["video"],)}


def fetch_videos(
    folder: Path, *, source: Path | None = None, on_video: Callable[[], object] = lambda: None
) -> dict[str, InputError]:
    """Copy or download the videos into ``folder``; those with the right hash are kept.

    Args:
        folder: made if it does not exist.
        source: a folder that is searched for the files first, by their hashes, under any name
            and at any depth.
        on_video: called after each.

    Returns:
        The names of those that cannot be had and can be done without, and why.

    Raises:
        InputError: a video that is needed cannot be found or downloaded; the others are kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    available = dict(_hashes(source)) if source else {}
    missing: dict[str, InputError] = {}
    for group in _groups():
        try:
            _fetch(group, folder, available)
        except InputError as error:
            missing |= {video.name: error for video in group if not _is_there(video, folder)}
        for _ in group:
            on_video()
    needed = [video.name for video in VIDEOS if video.needed and video.name in missing]
    if needed:
        raise InputError(
            f"{len(needed)} of {len(VIDEOS)} videos are missing, for example {needed[0]}: "
            f"{missing[needed[0]]} Get them another way and give their folder with --from FOLDER."
        )
    return missing


def _hashes(source: Path) -> Iterator[tuple[str, Path]]:
    if not source.is_dir():
        raise InputError(f"There is no folder {source}. Give the folder of the videos.")
    endings = {Path(video.name).suffix for video in VIDEOS}
    for path in sorted(source.rglob("*")):
        if path.suffix.lower() in endings and path.is_file():
            yield hash_file(path), path


def _groups() -> list[list[Video]]:
    """Return the videos in their order, those of one package together."""
    groups: dict[str, list[Video]] = {}
    for video in VIDEOS:
        key = video.package.archive if video.package else video.name
        groups.setdefault(key, []).append(video)
    return list(groups.values())


def _is_there(video: Video, folder: Path) -> bool:
    path = folder / video.name
    return path.is_file() and hash_file(path) == video.sha256


def _fetch(group: Sequence[Video], folder: Path, available: Mapping[str, Path]) -> None:
    """Copy the videos that are available, and download the others."""
    members: dict[Path, PackageWeights] = {}
    for video in group:
        path = folder / video.name
        if _is_there(video, folder):
            continue
        if video.sha256 in available:
            _copy(available[video.sha256], path)
        elif video.package:
            members[path] = video.package
        elif video.url:
            download_url(video.url, path, sha256=video.sha256)
        else:
            _copy(_sample(video), path)
    if members:
        fetch_members(members)


def _sample(video: Video) -> Path:
    """Return the path of the demo's video, if that is the one."""
    path = fetch_sample()
    if hash_file(path) != video.sha256:
        raise InputError(f"{video.name} cannot be downloaded, only another sample.")
    return path


def _copy(source: Path, path: Path) -> None:
    with partial_file(path) as part:
        shutil.copyfile(source, part)


def write_splits(folder: Path, *, missing: Collection[str] = ()) -> dict[str, int]:
    """Write the annotations of every split into ``folder``.

    ``train.csv`` has the parts to learn from, ``unseen.csv`` the others. What ``stad evaluate
    poses`` reads is ``keyframes.csv``, all parts; ``people.csv``, who is who at home; and
    ``complete.csv``, the clips in which everybody is annotated.

    Args:
        folder: of the data set.
        missing: names of videos that are not there: what is annotated in them is left out.

    Returns:
        The number of rows of each file.
    """
    left_out = {Path(name).stem for name in missing}
    parts = {
        part: [row for row in _read(HERE / f"{part}.csv") if row[0] not in left_out]
        for part in PARTS
    }
    unseen = [row for part in UNSEEN for row in parts[part]]
    learnt = [row for part, rows in parts.items() if part not in UNSEEN for row in rows]
    known = {(row[0], row[7], part) for part in PEOPLE for row in parts[part]}
    complete = sorted({row[0] for part in COMPLETE for row in parts[part]})
    splits = {
        "train": learnt,
        "unseen": unseen,
        "keyframes": [*learnt, *unseen],
        "people": [list(one) for one in sorted(known)],
        "complete": [[one] for one in complete],
    }
    for name, rows in splits.items():
        _write(folder / f"{name}.csv", [*HEADERS.get(name, ()), *rows])
    return {f"{name}.csv": len(rows) for name, rows in splits.items()}


def _read(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def _write(path: Path, rows: list[list[str]]) -> None:
    write_whole(path, "".join(",".join(row) + "\n" for row in rows))
