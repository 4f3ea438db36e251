"""Make the posture data set, a folder in AVA's layout: public videos, annotations, splits."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from stad.datasets.synthetic.files import RenderSettings, render_dataset
from stad.errors import InputError
from stad.utils.download import download_url, hash_file
from stad.utils.files import partial_file, write_whole
from stad.zoo.sample import VTEST, fetch_sample

HERE = Path(__file__).parent
HOME_URL = (
    "https://raw.githubusercontent.com/ekramalam/"
    "GMDCSA24-A-Dataset-for-Human-Fall-Detection-in-Videos/HEAD/"
)
INTEL_URL = "https://raw.githubusercontent.com/intel-iot-devkit/sample-videos/master/"
# Half of the pedestrians' video: the split 'first_half' trains on what comes before.
HALF_SEC = 40.0
# The videos show no one who runs: runners are rendered, and walkers in the same scenes.
RUNNER_SCENES, RUNNER_SIZE_PX, RUNNER_STRIDE_SEC = 60, (320, 240), 0.25
RENDERED_WALK, RENDERED_RUN = 2, 3
WALK, RUN = 3, 4


@dataclass(frozen=True)
class Video:
    """A public video: its name in the data set, the part it belongs to, its URL and SHA-256."""

    name: str
    part: str
    url: str
    sha256: str


def _home(subject: int, kind: str, number: str, sha256: str) -> Video:
    return Video(
        f"gmdcsa24_subject{subject}_{kind.lower()}_{number}.mp4",
        f"subject{subject}",
        f"{HOME_URL}Subject%20{subject}/{kind}/{number}.mp4",
        sha256,
    )


# fmt: off
VIDEOS = (
    _home(1, "ADL", "10", "16ac74ad3be67e66bb1ee23a86c55a9dcef3f51264a7b546a0dd8f5d2f985e4a"),
    _home(1, "ADL", "16", "e4e8574c3f9da325757a17f123807ff2ffe31abca4bbbb146a67e5d5f82dad77"),
    _home(1, "Fall", "13", "955a1e53161fc84b53604815fed71ea872cc18fba0473e4e184c85bf3fe59a67"),
    _home(1, "Fall", "14", "ae112e7e05ca62ed4383f3a426c0616d29557a2df808a3020d0f0d7cd6185c75"),
    _home(1, "Fall", "15", "c428eb70c50a1ba819ee074add3b5389f6494273eec8228c697a807fc48445bb"),
    _home(3, "ADL", "07", "aefbdc248f169ec30bdfb0e81a39fec11b63e315fea6e5be2057615ffecb2c2f"),
    _home(3, "ADL", "15", "b3fb82289131f8d363fb731f05576c9138c9425d2f18412cbd1dc758646506a5"),
    _home(3, "ADL", "18", "43870e1530924496c1156de1dcc8d84b6f6bf589cd92f765779721cf58e6a6c5"),
    _home(3, "ADL", "19", "397ae0392f5e62373aff2bbe5854c1a32942d0834df744b7718e54fca13fffc9"),
    _home(3, "ADL", "20", "410b01a11f95bb0e9fe02bed87836312daba38cbd6383cc865ec46283af65b03"),
    _home(3, "Fall", "01", "89ed574427ac26e03bc951a43fd98bd9e57cf85d55335fa359b0632050365864"),
    _home(3, "Fall", "15", "4b94ca9f0c8f3c80ad187e8d3fb3363b69f5c8e17492bbfa3c90f9e57d598f8f"),
    _home(3, "Fall", "16", "28c03494de00d7aefc6baa5b976da66ef51962e6157f84e16caffc03279972fa"),
    _home(3, "Fall", "19", "2cb5a9c8e383a5b8646e59c79ca48586d1ff701f2f5addc5969cdb690fc7017e"),
    _home(3, "Fall", "20", "a923f3fac2304a8c4e5345b927c89e32569e0f02ab6677f7331a79b22603aaaf"),
    Video(
        "one-by-one-person-detection.mp4", "one-by-one-person-detection",
        INTEL_URL + "one-by-one-person-detection.mp4",
        "a5964aa259099a482a8b360ffc2c57b5a30f84d5919236a4dad01f8e929ac07c",
    ),
    Video("vtest.avi", "vtest", "", VTEST.sha256),
)
# fmt: on
PARTS = tuple(dict.fromkeys(video.part for video in VIDEOS))
PEOPLE = ("subject1", "subject3")


def fetch_videos(
    folder: Path, *, source: Path | None = None, on_video: Callable[[], object] = lambda: None
) -> None:
    """Copy or download the videos into ``folder``; those with the right hash are kept.

    Args:
        folder: made if it does not exist.
        source: a folder that is searched for the files first, by their hashes, under any name
            and at any depth.
        on_video: called after each.

    Raises:
        InputError: a video cannot be found or downloaded; the others are kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    available = dict(_hashes(source)) if source else {}
    failures = []
    for video in VIDEOS:
        path = folder / video.name
        try:
            if not (path.is_file() and hash_file(path) == video.sha256):
                _fetch(video, path, available.get(video.sha256))
        except InputError as error:
            failures.append((video, error))
        on_video()
    if failures:
        video, error = failures[0]
        raise InputError(
            f"{len(failures)} of {len(VIDEOS)} videos are missing, for example {video.name}: "
            f"{error} Get them another way and give their folder with --from FOLDER."
        )


def _hashes(source: Path) -> Iterator[tuple[str, Path]]:
    if not source.is_dir():
        raise InputError(f"There is no folder {source}. Give the folder of the videos.")
    endings = {Path(video.name).suffix for video in VIDEOS}
    for path in sorted(source.rglob("*")):
        if path.suffix.lower() in endings and path.is_file():
            yield hash_file(path), path


def _fetch(video: Video, path: Path, copy: Path | None) -> None:
    """Copy a video that is available, or download it."""
    if copy is None and not video.url:
        copy = fetch_sample()
        if hash_file(copy) != video.sha256:
            raise InputError(f"{video.name} cannot be downloaded, only another sample.")
    if copy is None:
        download_url(video.url, path, sha256=video.sha256)
        return
    with partial_file(path) as part:
        shutil.copyfile(copy, part)


def write_splits(folder: Path) -> dict[str, int]:
    """Write the annotations of every split into ``folder``.

    ``train.csv`` has all parts. Each person at home has ``without_X.csv`` to train on and
    ``X.csv`` to test on; the pedestrians have ``first_half.csv`` (with all other parts) and
    ``second_half.csv``. Training files have the rendered runners too, if there are any.

    Returns:
        The number of rows of each file.
    """
    parts = {part: _read(HERE / f"{part}.csv") for part in PARTS}
    runners = _read(folder / "runners.csv") if (folder / "runners.csv").is_file() else []
    splits = {"train": [*_without(parts, None), *runners]}
    for person in PEOPLE:
        splits[f"without_{person}"] = [*_without(parts, person), *runners]
        splits[person] = parts[person]
    early = [row for row in parts["vtest"] if float(row[1]) < HALF_SEC]
    late = [row for row in parts["vtest"] if float(row[1]) >= HALF_SEC]
    splits["first_half"] = [*_without(parts, "vtest"), *early, *runners]
    splits["second_half"] = late
    for name, rows in splits.items():
        _write(folder / f"{name}.csv", rows)
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
