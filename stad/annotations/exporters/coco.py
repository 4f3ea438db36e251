"""Write labels as COCO JSON with videos, images and tracks, from which they are read whole.

'tracks' and 'annotations' are as ``stad annotate --coco`` writes them: a track is a person doing
something from a start to an end, an annotation a box of it. Boxes of people who do nothing that is
labelled are of the category 'person'. 'segments' has what other programs do not know: labels of the
whole frame, and those that say that a class (null for any) is not there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from stad.annotations.importers.coco_entries import ACTION
from stad.annotations.own.class_folders import plain_name
from stad.annotations.own.labels import (
    BOX_DIGITS,
    NOTHING,
    TIME_DIGITS,
    ActorTrack,
    LabelSpan,
    VideoLabels,
)

PERSON_CATEGORIES = ("person", "human", "actor", "pedestrian")


class CocoVideo(NamedTuple):
    """A video to write.

    Attributes:
        labels: of the video.
        frames: number of the frame, from 0, of each time in milliseconds; {} if unknown.
        fps: frames per second; 0 if unknown.
    """

    labels: VideoLabels
    frames: Mapping[int, int]
    fps: float


def coco_document(videos: Iterable[CocoVideo], *, classes: Sequence[str]) -> dict[str, Any]:
    """Return the document as values for JSON.

    Args:
        videos: with their labels.
        classes: names; the ids of the categories count from 1.
    """
    document: dict[str, Any] = {"info": {"description": "labels written by stad"}}
    lists = ("videos", "images", "tracks", "segments", "annotations")
    document |= {name: [] for name in lists}
    categories = {name: number for number, name in enumerate(classes, start=1)}
    for video in videos:
        _add_video(document, video, categories)
    document["categories"] = [
        {"id": number, "name": name, "supercategory": ACTION} for name, number in categories.items()
    ]
    person_id = len(categories) + 1
    if any(one["category_id"] == person_id for one in document["annotations"]):
        taken = {plain_name(one) for one in classes}
        name = next((one for one in PERSON_CATEGORIES if one not in taken), "object")
        document["categories"].append({"id": person_id, "name": name, "supercategory": "person"})
    return document


def document_text(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the JSON text of a document, an entry of its lists a line."""
    for number, (name, value) in enumerate(document.items()):
        yield ("{" if not number else ",\n") + f"{json.dumps(name)}:"
        if isinstance(value, list):
            entries = ",\n".join(json.dumps(one, separators=(",", ":")) for one in value)
            yield f"[\n{entries}\n]" if entries else "[]"
        else:
            yield json.dumps(value, separators=(",", ":"))
    yield "\n}\n"


def _add_video(document: dict[str, Any], video: CocoVideo, categories: Mapping[str, int]) -> None:
    labels, video_id = video.labels, len(document["videos"]) + 1
    size = {"width": labels.width_px, "height": labels.height_px}
    document["videos"].append(
        {
            "id": video_id,
            "name": labels.video,
            "file_name": labels.video,
            **size,
            "fps": round(video.fps, 6),
            "duration_sec": round(labels.duration_sec, TIME_DIGITS),
            "complete": labels.is_complete,
        }
    )
    times = sorted({_key(one) for track in labels.tracks for one in track.times_sec.tolist()})
    first = len(document["images"]) + 1
    image_ids = {time: number for number, time in enumerate(times, start=first)}
    for time, number in image_ids.items():
        frame = {"frame_index": video.frames[time]} if time in video.frames else {}
        document["images"].append(
            {
                "id": number,
                "video_id": video_id,
                "file_name": f"{labels.video}#{frame.get('frame_index', number)}",
                **frame,
                "time_sec": round(time / 1000, TIME_DIGITS),
                **size,
            }
        )
    for span in labels.spans:
        if span.track is None or span.label == NOTHING or not span.is_positive:
            document["segments"].append(_segment(span, video_id, categories))
    for track in labels.tracks:
        own = labels.spans_of(track.id)
        spans = [one for one in own if one.is_positive and one.label != NOTHING]
        _add_track(document, track, spans, video_id, categories, image_ids)


def _segment(span: LabelSpan, video_id: int, categories: Mapping[str, int]) -> dict[str, Any]:
    who = {} if span.track is None else {"instance_id": span.track}
    return {
        "video_id": video_id,
        **who,
        "category_id": None if span.label == NOTHING else categories[span.label],
        **_times(span),
        "positive": span.is_positive,
    }


def _add_track(
    document: dict[str, Any],
    track: ActorTrack,
    spans: Sequence[LabelSpan],
    video_id: int,
    categories: Mapping[str, int],
    image_ids: Mapping[int, int],
) -> None:
    """Add a person: a track for each label with its boxes, and the boxes outside of labels."""
    is_free = np.ones(len(track.times_sec), bool)
    parts: list[tuple[int | None, int, np.ndarray]] = []
    for span in spans:
        number = len(document["tracks"]) + 1
        document["tracks"].append(
            {
                "id": number,
                "video_id": video_id,
                "category_id": categories[span.label],
                "instance_id": track.id,
                **_times(span),
            }
        )
        inside = (track.times_sec >= span.start_sec) & (track.times_sec < span.end_sec)
        is_free &= ~inside
        parts.append((number, categories[span.label], inside))
    parts.append((None, len(categories) + 1, is_free))
    for number, category, rows in parts:
        for row in np.flatnonzero(rows).tolist():
            x1, y1, x2, y2 = (round(float(one), BOX_DIGITS) for one in track.boxes[row])
            width, height = round(x2 - x1, BOX_DIGITS), round(y2 - y1, BOX_DIGITS)
            document["annotations"].append(
                {
                    "id": len(document["annotations"]) + 1,
                    "image_id": image_ids[_key(float(track.times_sec[row]))],
                    "video_id": video_id,
                    **({} if number is None else {"track_id": number}),
                    "instance_id": track.id,
                    "category_id": category,
                    "bbox": [x1, y1, width, height],
                    "area": round(width * height, BOX_DIGITS),
                    "iscrowd": 0,
                }
            )


def _times(span: LabelSpan) -> dict[str, float]:
    return {
        "start_sec": round(span.start_sec, TIME_DIGITS),
        "end_sec": round(span.end_sec, TIME_DIGITS),
    }


def _key(time_sec: float) -> int:
    """Return a time in milliseconds, as labels have it."""
    return round(time_sec * 1000)
