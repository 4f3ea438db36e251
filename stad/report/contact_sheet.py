"""Write a page with random examples of each class: what was labelled, at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from tqdm import tqdm

from stad.errors import InputError
from stad.outputs.page import write_page
from stad.report.thumbnails import SINGLE_FRAME, jpeg_uri, thumbnail

if TYPE_CHECKING:
    from stad.video.clip_source import ClipSource

PARTS = ("page", "contact_sheet")
# A person fills this fraction of the height of an image, so that what is around can be seen.
PERSON_FRACTION = 0.62
CROP_ASPECT = 1.0
CROP_SIDE_PX = 168
# Frames of an example, as fractions of its time.
MOMENTS = (0.15, 0.5, 0.85)


@dataclass(frozen=True)
class SheetExample:
    """One labelled example.

    Attributes:
        video: its name.
        start_sec, end_sec: of the label.
        boxes: (3, 4) float xyxy, source pixels, of the person at ``MOMENTS``; None for the whole
            frame.
        note: such as 'person 3'.
    """

    video: str
    start_sec: float
    end_sec: float
    boxes: np.ndarray | None
    note: str = ""

    def times_sec(self) -> list[float]:
        """Return the times of its frames, seconds."""
        length = self.end_sec - self.start_sec
        return [self.start_sec + moment * length for moment in MOMENTS]


@dataclass(frozen=True)
class SheetClass:
    """The examples of a class.

    Attributes:
        name: of the class.
        facts: what is said beside the name, (name, value) pairs.
        examples: shown ones.
        is_absent: the examples are labelled as not showing it.
    """

    name: str
    facts: Sequence[tuple[str, str]]
    examples: Sequence[SheetExample]
    is_absent: bool = False


def write_contact_sheet(
    path: str | Path,
    classes: Sequence[SheetClass],
    videos: ClipSource,
    *,
    title: str,
    facts: Sequence[tuple[str, str]] = (),
    problems: Sequence[str] = (),
) -> list[str]:
    """Write the page; it needs no network, and appears whole or not at all.

    Args:
        path: the HTML file to write.
        classes: with their examples.
        videos: to read the frames from.
        title: of the page.
        facts: (name, value) pairs about the folder.
        problems: sentences above the examples.

    Returns:
        A sentence for each video that cannot be read.

    Raises:
        InputError: the page cannot be written.
    """
    failed: dict[str, str] = {}
    images = _read_images(classes, videos, failed)
    data: dict[str, Any] = {
        "title": title,
        "facts": [list(pair) for pair in facts],
        "problems": list(problems),
        "classes": [
            {
                "name": one.name,
                "facts": [list(pair) for pair in one.facts],
                "is_absent": one.is_absent,
                "examples": [
                    {
                        "video": example.video,
                        "start_sec": round(example.start_sec, 2),
                        "end_sec": round(example.end_sec, 2),
                        "note": example.note,
                        "images": images.get(id(example), []),
                    }
                    for example in one.examples
                ],
            }
            for one in classes
        ],
    }
    write_page(path, Path(__file__).with_name("contact_sheet.html"), parts=PARTS, data=data)
    return [f"{video} has no images: {reason}" for video, reason in failed.items()]


def _read_images(
    classes: Sequence[SheetClass], videos: ClipSource, failed: dict[str, str]
) -> dict[int, list[str]]:
    """Return the images of each example, by its identity; each video is opened once."""
    examples = [example for one in classes for example in one.examples]
    examples.sort(key=lambda one: (one.video, one.start_sec))
    images: dict[int, list[str]] = {}
    for example in tqdm(examples, desc="images", disable=None, leave=False):
        if example.video in failed:
            continue
        try:
            frames = [
                videos.read(example.video, time_sec, SINGLE_FRAME).frames[0]
                for time_sec in example.times_sec()
            ]
        except InputError as error:
            failed[example.video] = str(error)
            continue
        boxes = example.boxes
        images[id(example)] = [
            thumbnail(frame, None, None) if boxes is None else crop_person(frame, boxes[place])
            for place, frame in enumerate(frames)
        ]
    return images


def crop_person(frame: np.ndarray, box: np.ndarray) -> str:
    """Return the part of a frame around a person with the box, as a JPEG data URI.

    Args:
        frame: (H, W, 3) uint8 RGB.
        box: (4,) xyxy, pixels of the frame.
    """
    height_px, width_px = frame.shape[:2]
    left, top, right, bottom = (float(one) for one in box)
    side = max((bottom - top) / PERSON_FRACTION, (right - left) / PERSON_FRACTION / CROP_ASPECT, 16)
    side = min(side, height_px, width_px)
    x = float(np.clip((left + right - side) / 2, 0, width_px - side))
    y = float(np.clip((top + bottom - side) / 2, 0, height_px - side))
    part = frame[round(y) : round(y + side), round(x) : round(x + side)]
    scale = CROP_SIDE_PX / part.shape[0]
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    size = (CROP_SIDE_PX, CROP_SIDE_PX)
    image = cv2.resize(part, size, interpolation=method)
    corners = (np.array([left - x, top - y, right - x, bottom - y]) / side).tolist()
    return jpeg_uri(image, corners)
