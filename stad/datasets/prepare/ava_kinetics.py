"""Make AVA-Kinetics: AVA v2.2, and keyframes of Kinetics-700 clips, in one folder.

Li et al., "The AVA-Kinetics Localized Human Actions Video Dataset", 2020. It annotates one keyframe
of each clip, with the timestamp of the whole video that the clip was cut from. Kinetics has the
clips alone, so the written list has the names of the clips and times from their first frame.
"""

from __future__ import annotations

import csv
import re
import tarfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from stad.errors import InputError
from stad.utils.files import write_whole, writing
from stad.utils.suffixes import VIDEO_SUFFIXES

ARCHIVE_URL = "https://storage.googleapis.com/deepmind-media/Datasets/ava_kinetics_v1_0.tar.gz"
# The parts, and the annotations of Kinetics in each.
KINETICS_FILES = {"train": "kinetics_train_v1.0.csv", "val": "kinetics_val_v1.0.csv"}
LISTS = {part: f"annotations/ava_kinetics_{part}_v2.2.csv" for part in KINETICS_FILES}
VIDEOS = "videos"
# 'ID_000012_000022': the seconds 12 to 22 of the video ID.
CLIP_NAME = re.compile(r"(?P<id>.+)_(?P<start>\d{6})_(?P<end>\d{6})")
NUM_COLUMNS = 7
# The person id of people without one in AVA's files.
NO_PERSON = "-1"


@dataclass(frozen=True)
class KineticsClip:
    """A file of Kinetics: seconds ``start_sec`` to ``end_sec`` of a video."""

    path: Path
    start_sec: int
    end_sec: int


@dataclass(frozen=True)
class KineticsRows:
    """Rows of the annotations that have a clip.

    Attributes:
        lines: AVA CSV, in the time of the clips, without line ends.
        clips: named by the lines.
        keyframes: their number.
        missing: number of annotated keyframes without a clip.
    """

    lines: tuple[str, ...]
    clips: tuple[KineticsClip, ...]
    keyframes: int
    missing: int


def find_kinetics_clips(folder: str | Path) -> dict[str, list[KineticsClip]]:
    """Return the clips below a folder by the id of their video.

    Args:
        folder: with files 'ID_000012_000022.mp4', in folders of classes or not.

    Raises:
        InputError: there is no such folder, or it has no file named like that.
    """
    folder = Path(folder)
    found: dict[str, list[KineticsClip]] = defaultdict(list)
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        match = CLIP_NAME.fullmatch(path.stem)
        if match and path.suffix.lower() in VIDEO_SUFFIXES:
            found[match["id"]].append(KineticsClip(path, int(match["start"]), int(match["end"])))
    if not found:
        raise InputError(
            f"{folder} has no clips of Kinetics: expected videos named after their YouTube id and "
            "their first and last second, such as abc_000012_000022.mp4."
        )
    return dict(found)


def match_rows(annotations: str | Path, clips: dict[str, list[KineticsClip]]) -> KineticsRows:
    """Return the annotations of the keyframes that have a clip, in the time of the clip.

    If several clips contain a keyframe, the one with the longest margin around it is used.

    Args:
        annotations: CSV of video id, seconds, x1, y1, x2, y2 and action; rows of fewer columns
            are keyframes without labels and are left out.
        clips: as ``find_kinetics_clips`` gives them.

    Raises:
        InputError: there is no such file, or a row is not an annotation.
    """
    lines: list[str] = []
    used: dict[str, KineticsClip] = {}
    keyframes: set[tuple[str, str]] = set()
    missing: set[tuple[str, str]] = set()
    for video_id, time_text, *rest in _rows(Path(annotations)):
        time_sec = float(time_text)
        around = [one for one in clips.get(video_id, ()) if one.start_sec < time_sec < one.end_sec]
        if not around:
            missing.add((video_id, time_text))
            continue
        clip = max(around, key=lambda one: min(time_sec - one.start_sec, one.end_sec - time_sec))
        used[clip.path.stem] = clip
        keyframes.add((clip.path.stem, time_text))
        in_clip = f"{time_sec - clip.start_sec:.3f}"
        lines.append(",".join((clip.path.stem, in_clip, *rest, NO_PERSON)))
    return KineticsRows(tuple(lines), tuple(used.values()), len(keyframes), len(missing))


def _rows(path: Path) -> Iterable[list[str]]:
    if not path.is_file():
        raise InputError(f"There is no file of annotations {path}. Check the name.")
    with path.open(newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.reader(file), start=1):
            if len(row) < NUM_COLUMNS or not any(cell.strip() for cell in row[2:]):
                continue
            try:
                [float(value) for value in row[1:NUM_COLUMNS]]
            except ValueError:
                raise InputError(
                    f"{path}, line {number}: expected a video id and six numbers (seconds, x1, "
                    f"y1, x2, y2, action), got {','.join(row)}."
                ) from None
            yield [row[0], *row[1:6], f"{float(row[6]):g}"]


def check_ava(ava: str | Path) -> None:
    """Raise InputError unless a folder has the lists and the films of AVA v2.2."""
    ava = Path(ava)
    needed = [ava / "annotations" / f"ava_{part}_v2.2.csv" for part in KINETICS_FILES]
    if missing := [str(one) for one in needed if not one.is_file()]:
        problem = f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
    elif not (ava / VIDEOS).is_dir():
        problem = f"there is no folder {ava / VIDEOS}"
    else:
        return
    raise InputError(
        f"AVA v2.2 is incomplete: {problem}. Run 'stad prepare ava {ava} --version 2.2' to get it, "
        "or name the folder of AVA with --ava."
    )


def write_ava_kinetics(
    folder: str | Path, part: str, *, ava: str | Path, rows: KineticsRows
) -> Path:
    """Write the list of a part and link its videos, of AVA and of Kinetics, into one folder.

    Args:
        folder: of AVA-Kinetics; made if it does not exist.
        part: 'train' or 'val'.
        ava: folder of AVA, see ``check_ava``.
        rows: of Kinetics.

    Returns:
        The path of the list.

    Raises:
        InputError: a file in the folder has the name of a link.
    """
    ava, folder = Path(ava), Path(folder)
    videos = folder / VIDEOS
    with writing(videos):
        videos.mkdir(parents=True, exist_ok=True)
    films = [one for one in (ava / VIDEOS).iterdir() if one.suffix.lower() in VIDEO_SUFFIXES]
    for path in (*films, *(clip.path for clip in rows.clips)):
        _link(videos / path.name, path.resolve())
    target = folder / LISTS[part]
    target.parent.mkdir(parents=True, exist_ok=True)
    ava_list = ava / "annotations" / f"ava_{part}_v2.2.csv"
    ava_text = ava_list.read_text(encoding="utf-8").rstrip("\n")
    write_whole(target, "\n".join((ava_text, *rows.lines)) + "\n")
    return target


def _link(link: Path, target: Path) -> None:
    """Make or replace a symbolic link; raise InputError if another file has its name."""
    if link.is_symlink():
        if link.readlink() == target:
            return
        link.unlink()
    elif link.exists():
        raise InputError(
            f"{link} is a file, but a link to {target} must be made there. Move the file away."
        )
    link.symlink_to(target)


def unpack_kinetics_files(archive: Path) -> dict[str, Path]:
    """Return the annotations of Kinetics by their part, unpacked beside the archive.

    Raises:
        InputError: the file is not the published archive, or it is incomplete.
    """
    found = {}
    try:
        with tarfile.open(archive) as content:
            members = {Path(one.name).name: one for one in content if one.isfile()}
            for part, name in KINETICS_FILES.items():
                member = content.extractfile(members[name]) if name in members else None
                if member is None:
                    raise InputError(f"{archive} has no {name}. Delete it and run this again.")
                found[part] = archive.with_name(name)
                write_whole(found[part], member.read())
    except (tarfile.TarError, EOFError, OSError) as error:
        raise InputError(
            f"{archive} cannot be unpacked ({error}). Delete it and run this again."
        ) from error
    return found


def find_kinetics_files(annotations: str | Path) -> dict[str, Path]:
    """Return the annotations of Kinetics by their part: a file for training, and what is beside it.

    Args:
        annotations: kinetics_train_v1.0.csv; kinetics_val_v1.0.csv may be in the same folder.

    Raises:
        InputError: there is no such file.
    """
    train = Path(annotations)
    if not train.is_file():
        raise InputError(f"There is no file of annotations {train}. Check the name.")
    found, val = {"train": train}, train.with_name(KINETICS_FILES["val"])
    return {**found, "val": val} if val.is_file() and val != train else found
