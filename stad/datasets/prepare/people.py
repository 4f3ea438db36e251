"""Find the people in the keyframes of a list, as proposals for training and evaluation."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stad.actors.detectors.base import PersonDetector
from stad.annotations.ava_csv import read_ava_csv
from stad.annotations.proposals import NO_PROPOSALS, write_proposals
from stad.errors import InputError
from stad.structures import Frame
from stad.utils.download import hash_file
from stad.utils.files import make_folder, read_json, write_whole
from stad.utils.text import first_line
from stad.video.clip_source import ClipSource

# Frames that are read at once: what is in memory.
FRAMES_AT_ONCE = 16
SETTINGS = "settings.json"


@dataclass(frozen=True)
class FoundPeople:
    """Holds what ``write_people`` wrote.

    Attributes:
        frames: number of keyframes in which people were looked for.
        boxes: number of boxes.
        left_out: of videos that cannot be read, the name and why.
    """

    frames: int
    boxes: int
    left_out: dict[str, str]


def keyframes_of(path: str | Path) -> dict[str, np.ndarray]:
    """Return the times of the keyframes of a list by video, each once, seconds, ascending.

    Args:
        path: AVA CSV; rows of two columns are keyframes without annotated people.

    Raises:
        InputError: the list cannot be read, or has no rows.
    """
    table = read_ava_csv(path)
    videos = np.concatenate((table.video, table.empty_video)).astype(int)
    times = np.concatenate((table.time_sec, table.empty_time_sec))
    if not len(times):
        raise InputError(f"{path} has no keyframes. Give a list that 'stad prepare' wrote.")
    return {table.videos[index]: np.unique(times[videos == index]) for index in np.unique(videos)}


def write_people(
    target: str | Path,
    keyframes: dict[str, np.ndarray],
    *,
    source: ClipSource,
    detector: PersonDetector,
    origin: str | Path,
    on_frame: Callable[[], object] = lambda: None,
) -> FoundPeople:
    """Find people and write an npz that ``proposals`` of a data set reads.

    The people of each finished video are kept in the folder ``target``.parts, so that the same call
    continues after an interruption.

    Args:
        target: the npz.
        keyframes: of each video, as ``keyframes_of`` gives them.
        source: of the videos.
        detector: finds them.
        origin: the list, whose hash tells whether the parts are of the same work.
        on_frame: called after each keyframe, also after those that were done before.

    Raises:
        InputError: the parts are of another list or detector, no video can be read, or the files
            cannot be written.
    """
    target = Path(target)
    parts = target.with_name(f"{target.name}.parts")
    _begin(parts, {"list": hash_file(Path(origin)), "detector": detector.name})
    left_out: dict[str, str] = {}
    for number, (video, times_sec) in enumerate(keyframes.items()):
        part = parts / f"{number:06d}.npz"
        if part.is_file():
            for _ in times_sec:
                on_frame()
            continue
        try:
            found = _find(video, times_sec, source, detector, on_frame)
        except InputError as error:
            left_out[video] = first_line(error)
            continue
        write_proposals(part, *found)
    written = sorted(parts.glob("*.npz"))
    if not written:
        raise InputError(
            f"None of the {len(keyframes)} videos can be read: {next(iter(left_out.values()))}"
        )
    boxes = _join(written, target)
    shutil.rmtree(parts)
    frames = sum(len(times) for video, times in keyframes.items() if video not in left_out)
    return FoundPeople(frames, boxes, left_out)


def _begin(parts: Path, settings: dict[str, str]) -> None:
    """Make the folder of parts, or raise InputError if it is of other work."""
    path = parts / SETTINGS
    if path.is_file():
        if read_json(path) != settings:
            raise InputError(
                f"{parts} has people of another list or from another detector. Use the same "
                "options to continue, or delete the folder to start over."
            )
        return
    make_folder(parts)
    write_whole(path, json.dumps(settings))


def _find(
    video: str,
    times_sec: np.ndarray,
    source: ClipSource,
    detector: PersonDetector,
    on_frame: Callable[[], object],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the names, times, boxes and scores of the people of a video."""
    times: list[np.ndarray] = [np.zeros(0)]
    boxes, scores = [NO_PROPOSALS.boxes], [NO_PROPOSALS.scores]
    for index, (time_sec, image) in enumerate(_frames(video, times_sec, source)):
        people = detector.detect(Frame(index, float(time_sec), image))
        on_frame()
        if people is None or not len(people.boxes):
            continue
        height, width = image.shape[:2]
        found = np.clip(people.boxes / np.array([width, height, width, height]), 0, 1)
        keep = (found[:, 2:] > found[:, :2]).all(axis=1)
        times.append(np.full(keep.sum(), time_sec))
        boxes.append(found[keep])
        scores.append(people.scores[keep].clip(0, 1))
    joined = np.concatenate(times)
    return np.full(len(joined), video), joined, np.concatenate(boxes), np.concatenate(scores)


def _frames(
    video: str, times_sec: np.ndarray, source: ClipSource
) -> Iterator[tuple[float, np.ndarray]]:
    """Yield the frame at each time, (H, W, 3) uint8 RGB."""
    for begin in range(0, len(times_sec), FRAMES_AT_ONCE):
        some = times_sec[begin : begin + FRAMES_AT_ONCE]
        clip = source.read_at(video, some)
        images = list(clip.frames)
        for time_sec, place in zip(some, clip.order, strict=True):
            yield float(time_sec), images[place]


def _join(parts: list[Path], target: Path) -> int:
    """Join the files of the videos and return the number of boxes."""
    names = ("video_ids", "times_sec", "boxes", "scores")
    found: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for path in parts:
        with np.load(path, allow_pickle=False) as content:
            for name in names:
                found[name].append(content[name])
    joined = {name: np.concatenate(rows) for name, rows in found.items()}
    write_proposals(target, **joined)
    return len(joined["scores"])
