"""Read COCO JSON with videos, images and tracks, such as TAO's, CocoVID's and stad's own.

An annotation is a box of a person in an image, its category a class. 'instance_id', else
'track_id', says who it is. 'tracks' with a start and an end, and 'segments', are as stad writes
them; without them, a label holds from image to image.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from stad.annotations.importers.attributes import Attribute, attribute_labels
from stad.annotations.importers.coco_entries import (
    Frames,
    category_names,
    frames_of_images,
    number_of,
    videos_of,
)
from stad.annotations.importers.contract import (
    SECONDS,
    FileSpan,
    FileVideo,
    ImportedFile,
    Notes,
    ReadOptions,
    wrong_file,
)
from stad.annotations.importers.keyframe_people import KeyframeBox, people_of
from stad.annotations.importers.runs import usual_step
from stad.annotations.own.labels import NOTHING
from stad.utils.files import read_json

EXPECTED = "COCO JSON with 'images', 'annotations' and 'categories'"
KEYS = ("images", "annotations", "categories")
# Attributes that CVAT gives to every box.
OWN_ATTRIBUTES = ("occluded", "keyframe", "outside", "track_id", "rotation", "source", "is_crowd")


def recognizes(path: Path) -> bool:
    """Return whether a file is COCO JSON."""
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    content = read_json(path)
    return isinstance(content, dict) and all(isinstance(content.get(key), list) for key in KEYS)


def read(path: Path, options: ReadOptions) -> ImportedFile:
    """Read tracks and labels; see the module.

    Raises:
        InputError: the file is not COCO JSON, or its images belong to no video.
    """
    content = read_json(path)
    if not isinstance(content, dict) or not all(isinstance(content.get(key), list) for key in KEYS):
        raise wrong_file(path, f"lacks one of {', '.join(map(repr, KEYS))}", EXPECTED)
    notes = Notes()
    names, people_ids = category_names(content["categories"])
    frames = frames_of_images(content, first_frame=options.first_frame, path=path, notes=notes)
    boxes: dict[Any, list[KeyframeBox]] = defaultdict(list)
    for number, one in enumerate(content["annotations"]):
        try:
            video, box = _box(one, names, people_ids, frames)
            boxes[video].append(box)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            identity = one.get("id", number) if isinstance(one, dict) else number
            notes.add(f"{path.name}, annotation {identity} is left out: {what}.")
    timed = _timed(content, names, notes, path)
    videos = [
        _video(video, boxes.get(key, []), timed.get(key, []), frames, path, options)
        for key, video in videos_of(content, frames).items()
        if boxes.get(key) or timed.get(key)
    ]
    used = {span.label for video in videos for span in video.spans}
    listed = [one for key, one in names.items() if key not in people_ids or one in used]
    return ImportedFile(tuple(videos), tuple(dict.fromkeys([*listed, *used])), notes.all())


def _box(
    one: Mapping[str, Any], names: Mapping[Any, str], people_ids: frozenset[Any], frames: Frames
) -> tuple[Any, KeyframeBox]:
    """Return the key of the video, and the box."""
    image = one["image_id"]
    if image not in frames.place:
        raise ValueError(f"there is no image {image!r} with a video")
    x, y, width, height = (number_of(part) for part in one["bbox"])
    if width <= 0 or height <= 0:
        raise ValueError("its box has no area")
    category = one["category_id"]
    labels = [] if category in people_ids else [(names[category], "")]
    attributes = one.get("attributes") or {}
    for name, value in attributes.items():
        if name not in OWN_ATTRIBUTES and isinstance(value, str | bool):
            labels += attribute_labels(Attribute(name), str(value))
    identity = one.get("instance_id", one.get("track_id", attributes.get("track_id")))
    box = KeyframeBox(
        frames.place[image],
        (x, y, x + width, y + height),
        tuple(labels),
        "" if identity is None else str(identity),
    )
    return frames.video[image], box


def _timed(
    content: Mapping[str, Any], names: Mapping[Any, str], notes: Notes, path: Path
) -> dict[Any, list[tuple[str, FileSpan]]]:
    """Return the labels with a start and an end of each video, with the person's identity."""
    found: dict[Any, list[tuple[str, FileSpan]]] = defaultdict(list)
    for kind in ("tracks", "segments"):
        for one in content.get(kind) or []:
            if not isinstance(one, dict) or not {"start_sec", "end_sec"} <= set(one):
                continue
            try:
                category = one["category_id"]
                label = NOTHING if category is None else names[category]
                start, end = number_of(one["start_sec"]), number_of(one["end_sec"])
            except (KeyError, TypeError, ValueError) as error:
                notes.add(f"{path.name}: an entry of {kind!r} is left out: {error}.")
                continue
            who = one.get("instance_id", one.get("id") if kind == "tracks" else None)
            span = FileSpan(None, label, start, end, bool(one.get("positive", True)))
            found[one.get("video_id")].append(("" if who is None else str(who), span))
    return found


def _video(
    video: Mapping[str, Any],
    boxes: list[KeyframeBox],
    timed: list[tuple[str, FileSpan]],
    frames: Frames,
    path: Path,
    options: ReadOptions,
) -> FileVideo:
    step = options.step_sec or usual_step((one.place for one in boxes), frames.unit)
    tracks, spans = people_of(boxes, step=step, unit=frames.unit)
    if timed and frames.unit == SECONDS:
        names = list(dict.fromkeys(one.identity for one in boxes if one.identity))
        number = {name: track.id for name, track in zip(names, tracks, strict=False)}
        spans = [
            replace(one, track=number[who] if who else None)
            for who, one in timed
            if not who or who in number
        ]
        # The file has all boxes: nothing is filled in between them.
        tracks = [replace(one, breaks=np.ones(len(one.places), bool)) for one in tracks]
    return FileVideo(
        name=str(video.get("file_name") or video.get("name") or video.get("id")),
        place=path.name,
        unit=frames.unit if boxes else SECONDS,
        tracks=tuple(tracks),
        spans=tuple(spans),
        fps=float(video.get("fps") or 0),
        size=(float(video.get("width") or 0), float(video.get("height") or 0)),
        is_complete=video.get("complete"),
    )
