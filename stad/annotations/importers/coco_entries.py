"""Read the videos, images and categories of COCO JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stad.annotations.importers.contract import FRAMES, SECONDS, Notes, Unit
from stad.annotations.importers.frame_names import split_frame_name
from stad.annotations.importers.names import PERSON_NAMES
from stad.annotations.own.class_folders import plain_name
from stad.errors import InputError

# Numbers of frames, from 0 where nothing else is said.
FRAME_KEYS = ("frame_index", "frame_id", "frame")
ACTION = "action"


@dataclass(frozen=True)
class Frames:
    """The images that belong to a video.

    Attributes:
        unit: of the places.
        place: frame or seconds of each image, by its id.
        video: key of the video of each image.
        names: of the videos that only the names of images tell, by their keys.
    """

    unit: Unit
    place: dict[Any, float]
    video: dict[Any, Any]
    names: dict[Any, str]


def category_names(categories: list[Any]) -> tuple[dict[Any, str], frozenset[Any]]:
    """Return the name of each category, and the ids of those that say who is there."""
    names = {one["id"]: str(one["name"]) for one in categories if {"id", "name"} <= set(one)}
    people = frozenset(
        one["id"]
        for one in categories
        if plain_name(str(one.get("name"))) in PERSON_NAMES and one.get("supercategory") != ACTION
    )
    return names, people


def frames_of_images(
    content: Mapping[str, Any], *, first_frame: int | None, path: Path, notes: Notes
) -> Frames:
    """Return the time or frame of each image.

    Raises:
        InputError: no image has one.
    """
    images = [one for one in content["images"] if isinstance(one, dict) and "id" in one]
    has_times = all("time_sec" in one for one in images)
    found = {one["id"]: _locate(one, has_times) for one in images}
    lost = [one["id"] for one in images if found[one["id"]] is None]
    if lost:
        notes.add(
            f"{path.name}: {len(lost)} images have no frame number and are left out, such as "
            f"{lost[0]!r}."
        )
    located = {key: one for key, one in found.items() if one is not None}
    if not located and images:
        raise InputError(
            f"{path}: no image says which frame of a video it is. Expected 'video_id' and "
            "'frame_index' or 'time_sec', or names such as 'clip/000012.jpg'."
        )
    counts_from = 0
    if not has_times:
        is_named = any(named for _, _, named in located.values())
        smallest = min((place for _, place, _ in located.values()), default=0)
        # Names of extracted frames begin with 1, unless there is a 0.
        counts_from = first_frame if first_frame is not None else int(is_named and smallest > 0)
    return Frames(
        unit=SECONDS if has_times else FRAMES,
        place={key: place - counts_from for key, (_, place, _) in located.items()},
        video={key: video for key, (video, _, _) in located.items()},
        names={video: str(video) for video, _, named in located.values() if named},
    )


def _locate(image: Mapping[str, Any], has_times: bool) -> tuple[Any, float, bool] | None:
    """Return the video, the place, and whether the place is out of the name of the file."""
    name = split_frame_name(str(image.get("file_name", "")))
    video = image.get("video_id", name[0] if name else None)
    if video is None:
        return None
    try:
        if has_times:
            return video, number_of(image["time_sec"]), False
        for key in FRAME_KEYS:
            if key in image:
                return video, number_of(image[key]), "video_id" not in image
    except ValueError:
        return None
    return (video, float(name[1]), True) if name else None


def videos_of(content: Mapping[str, Any], frames: Frames) -> dict[Any, dict[str, Any]]:
    """Return the entry of each video by its id, also of those that only images name."""
    found: dict[Any, dict[str, Any]] = {key: {"name": name} for key, name in frames.names.items()}
    for image in content["images"]:
        key = frames.video.get(image.get("id")) if isinstance(image, dict) else None
        if key in found:
            found[key] |= {side: image.get(side) for side in ("width", "height")}
    listed = content.get("videos")
    if isinstance(listed, list):
        found |= {one["id"]: one for one in listed if isinstance(one, dict) and "id" in one}
    return found


def number_of(value: Any) -> float:
    """Return a finite number; ValueError for anything else."""
    number = float(value) if isinstance(value, int | float | str) else math.nan
    if not math.isfinite(number):
        raise ValueError(f"expected a number, got {value!r}")
    return number
