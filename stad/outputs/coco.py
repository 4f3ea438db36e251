"""Write tubes as COCO JSON with videos and tracks, for tools that read boxes over time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from stad.annotations.document import BOX_DIGITS, SCORE_DIGITS, TIME_DIGITS
from stad.outputs.writers import Tubes, to_json
from stad.structures import FrameResult, RunInfo, Segment, Tube
from stad.utils.files import AtomicFile

VIDEO_ID = 1


class CocoWriter:
    """Writes 'videos', 'images', 'categories', 'tracks' and 'annotations', ids from 1.

    A category is an action, a track is one actor doing it from a start to an end, an image is a
    sampled frame (there is no image file; 'frame_index' and 'time_sec' say which frame it is),
    an annotation is a box (x, y, width, height) of a track in an image. 'track_id' is as in TAO
    (Dave et al., ECCV 2020), 'instance_id' is the actor. Actors without a track are not in it.

    Args:
        path: the file to write.
        info: how the results were made.
    """

    def __init__(self, path: str | Path, info: RunInfo) -> None:
        self._class_names = info.class_names
        self._size_px = info.video.width_px, info.video.height_px
        self._name = info.video.name
        self._times_sec: list[float] = []
        self._file = AtomicFile(path)
        video = {"id": VIDEO_ID, "name": self._name, "file_name": self._name}
        video |= {"width": self._size_px[0], "height": self._size_px[1]}
        video |= {"fps": round(float(info.video.fps), TIME_DIGITS)}
        notes = {"description": f"actions by {info.model}", "detector": info.detector}
        head = {"info": notes, "videos": [video]}
        self._file.write(to_json(head)[:-1] + ',\n"images":[')

    def write(self, result: FrameResult) -> None:
        """Add a sampled frame."""
        self._times_sec.append(result.time_sec)
        number = len(self._times_sec)
        image = {
            "id": number,
            "video_id": VIDEO_ID,
            "file_name": f"{self._name}#{result.index}",
            "frame_index": result.index,
            "time_sec": round(result.time_sec, TIME_DIGITS),
            "width": self._size_px[0],
            "height": self._size_px[1],
        }
        self._file.write((",\n" if number > 1 else "\n") + to_json(image))

    def close(self, tubes: Tubes, complete: bool) -> None:
        """Add tracks and boxes and finish the file."""
        self._write_list("tracks", self._tracks(tubes))
        self._write_list("annotations", self._annotations(tubes))
        names = enumerate(self._class_names, start=1)
        self._write_list("categories", ({"id": number, "name": name} for number, name in names))
        self._file.write("\n]}\n")
        self._file.close()

    def _write_list(self, name: str, entries: Iterator[dict]) -> None:
        self._file.write(f'\n],\n"{name}":[')
        for number, entry in enumerate(entries):
            self._file.write((",\n" if number else "\n") + to_json(entry))

    def _tracks(self, tubes: Tubes) -> Iterator[dict]:
        for track_id, (segment, tube) in enumerate(tubes, start=1):
            if len(tube.boxes):
                yield {
                    "id": track_id,
                    "video_id": VIDEO_ID,
                    "category_id": segment.class_index + 1,
                    "instance_id": segment.actor_id,
                    "start_sec": round(segment.start_sec, TIME_DIGITS),
                    "end_sec": round(segment.end_sec, TIME_DIGITS),
                    **_score(segment),
                }

    def _annotations(self, tubes: Tubes) -> Iterator[dict]:
        times = np.array(self._times_sec)
        annotation_id = 0
        for track_id, (segment, tube) in enumerate(tubes, start=1):
            for image_id, box in _boxes_in_images(times, tube):
                annotation_id += 1
                yield {
                    "id": annotation_id,
                    "image_id": image_id,
                    "video_id": VIDEO_ID,
                    "track_id": track_id,
                    "instance_id": segment.actor_id,
                    "category_id": segment.class_index + 1,
                    "bbox": box,
                    "area": round(box[2] * box[3], BOX_DIGITS),
                    "iscrowd": 0,
                    **_score(segment),
                }

    def abort(self) -> None:
        """Remove what was written."""
        self._file.abort()


def _boxes_in_images(times: np.ndarray, tube: Tube) -> Iterator[tuple[int, list[float]]]:
    """Yield image id and (x, y, width, height) of each box of a tube."""
    places = np.searchsorted(times, tube.times_sec)
    for place, (x1, y1, x2, y2) in zip(places.tolist(), tube.boxes.tolist(), strict=True):
        yield place + 1, [round(value, BOX_DIGITS) for value in (x1, y1, x2 - x1, y2 - y1)]


def _score(segment: Segment) -> dict[str, float]:
    """Return the score if it is known: COCO's programs expect a number."""
    return {"score": round(segment.score, SCORE_DIGITS)} if np.isfinite(segment.score) else {}
