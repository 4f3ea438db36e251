"""Find the videos of a list in a folder, and list the videos of folders of classes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from stad.annotations.video_lists import VideoList, label_numbers
from stad.errors import InputError
from stad.utils.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from stad.utils.text import shown


class ListedVideos(NamedTuple):
    """The videos of a list that are in a folder, and those that are not.

    Attributes:
        videos: path below the folder and class from 0, each video once, in the list's order.
        missing: the preferred names of the others, each once, and why they are missing.
        notes: sentences about videos that are listed or found more than once.
    """

    videos: tuple[tuple[str, int], ...]
    missing: dict[str, str]
    notes: tuple[str, ...]


def list_class_folders(folder: str | Path, *, are_frames: bool = False) -> VideoList:
    """List the videos of a folder that has one folder per class, sorted.

    Args:
        folder: has ``CLASS/*.mp4``, or ``CLASS/VIDEO/*.jpg``.
        are_frames: whether a video is a folder of images.

    Raises:
        InputError: there is no such folder, or no video in a folder of a class.
    """
    check_folder(folder)
    paths = [path for path in find_videos(folder, are_frames=are_frames) if "/" in path]
    if not paths:
        what = "folders of images" if are_frames else "videos"
        raise InputError(
            f"{folder} has no folders of classes with {what} in them. Put the {what} of each "
            "class into a folder with the name of the class."
        )
    labels = tuple(path.partition("/")[0] for path in paths)
    return VideoList(str(folder), tuple((path,) for path in paths), labels, has_paths=True)


def check_folder(folder: str | Path) -> None:
    """Raise InputError if there is no such folder of videos."""
    if not Path(folder).is_dir():
        raise InputError(f"There is no folder of videos {folder}. Check the path.")


def find_videos(folder: str | Path, *, are_frames: bool = False) -> list[str]:
    """Return the paths below a folder of all video files, or of all folders of images, sorted."""
    found = []
    for parent, _, files in os.walk(folder, followlinks=True):
        inside = Path(parent).relative_to(folder)
        if not are_frames:
            found += [(inside / one).as_posix() for one in files if _is_video(one)]
        elif inside.parts and any(one.lower().endswith(IMAGE_SUFFIXES) for one in files):
            found.append(inside.as_posix())
    return sorted(found)


def _is_video(name: str) -> bool:
    return name.lower().endswith(VIDEO_SUFFIXES) and not name.startswith(".")


def find_listed(
    listed: VideoList,
    folder: str | Path,
    class_names: Sequence[str],
    *,
    label_map: str,
    are_frames: bool = False,
) -> ListedVideos:
    """Find the videos of a list, each once, with their classes.

    Args:
        listed: from ``read_video_list`` or ``list_class_folders``.
        folder: has the videos, in sub-folders or not.
        class_names: in the order of their numbers.
        label_map: their source, for messages.
        are_frames: whether a video is a folder of images.

    Raises:
        InputError: a label is not one of ``class_names``, or a video has two.
    """
    numbers = label_numbers(listed, class_names, label_map=label_map)
    if listed.has_paths:
        paths, notes = _existing_paths(listed, folder, are_frames=are_frames), []
    else:
        paths, notes = _paths_by_name(listed, folder, are_frames=are_frames)
    rows = list(zip(listed.names, paths, numbers, strict=True))
    missing = {
        names[0]: _why_missing(names[0], folder, are_frames=are_frames)
        for names, path, _ in rows
        if path is None
    }
    there = [(path, number) for _, path, number in rows if path is not None]
    videos, repeated = _each_once(there, listed, class_names)
    if repeated:
        notes.append(
            f"{len(repeated)} rows of {listed.source} repeat a video and are not used "
            f"({shown(repeated)})"
        )
    return ListedVideos(videos, missing, tuple(notes))


def _each_once(
    rows: Iterable[tuple[str, int]], listed: VideoList, class_names: Sequence[str]
) -> tuple[tuple[tuple[str, int], ...], list[str]]:
    """Return the rows of different videos, and the paths of the rows that repeat one."""
    videos: dict[str, tuple[str, int]] = {}
    repeated = []
    for path, number in rows:
        key = os.path.normpath(path)
        if key not in videos:
            videos[key] = (path, number)
            continue
        first = videos[key][1]
        if first != number:
            advice = "" if listed.has_paths else ", or cut the video to the times of each"
            raise InputError(
                f"{listed.source} gives {path} two classes, {class_names[first]!r} and "
                f"{class_names[number]!r}. Delete one of the rows{advice}."
            )
        repeated.append(path)
    return tuple(videos.values()), repeated


def _existing_paths(listed: VideoList, folder: str | Path, *, are_frames: bool) -> list[str | None]:
    """Return the path of each video of a list of paths, or None if it does not exist."""
    exists = _is_folder if are_frames else _is_file
    return [path if exists(Path(folder) / path) else None for (path,) in listed.names]


def _paths_by_name(
    listed: VideoList, folder: str | Path, *, are_frames: bool
) -> tuple[list[str | None], list[str]]:
    """Return the path of each video (or None), and a note about names with several files."""
    by_name = _group_by_name(find_videos(folder, are_frames=are_frames), are_frames=are_frames)
    chosen = [next((one for one in names if one in by_name), None) for names in listed.names]
    several = [by_name[one] for one in dict.fromkeys(chosen) if one and len(by_name[one]) > 1]
    notes = []
    if several:
        texts = [f"{first}, not {', '.join(others)}" for first, *others in several]
        notes.append(
            f"{len(several)} videos of {listed.source} match several files in {folder}; using the "
            f"first match of each ({shown(texts, between='; ')})"
        )
    return [by_name[one][0] if one else None for one in chosen], notes


def _group_by_name(paths: Iterable[str], *, are_frames: bool) -> dict[str, list[str]]:
    """Group paths by the name of the file without its ending, or of the folder of frames."""
    by_name: dict[str, list[str]] = {}
    for path in paths:
        last = path.rpartition("/")[2]
        by_name.setdefault(last if are_frames else last.rpartition(".")[0], []).append(path)
    return by_name


def _why_missing(name: str, folder: str | Path, *, are_frames: bool) -> str:
    path = Path(folder) / name
    if are_frames and (_is_folder(path) or _is_file(path)):
        return "is not a folder of images, which frames_fps asks for"
    if _is_folder(path):
        return "is a folder; set frames_fps if videos are folders of images"
    return f"is not in {folder}"


def _is_file(path: Path) -> bool:
    # A name that is too long for the file system raises OSError.
    with contextlib.suppress(OSError):
        return path.is_file()
    return False


def _is_folder(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return path.is_dir()
    return False
