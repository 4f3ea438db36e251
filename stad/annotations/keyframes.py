"""Group rows of annotations, one for each box and label, into keyframes with actors."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace

import numpy as np

from stad.annotations.ava_table import AvaTable

MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class ActorTable:
    """F keyframes, by video and time, and their A actors, keyframe by keyframe.

    Attributes:
        videos: the video ids.
        video: (F,) int64 index in ``videos``.
        time_sec: (F,) float64.
        first: (F + 1,) int64; actors first[i] to first[i + 1] are in keyframe i.
        boxes: (A, 4) float64 xyxy, fractions of the width and height, 0-1.
        labels: (A, C) uint8, 0 or 1.
        person: (A,) int64 person ids as in the file, -1 without one.
    """

    videos: tuple[str, ...]
    video: np.ndarray
    time_sec: np.ndarray
    first: np.ndarray
    boxes: np.ndarray
    labels: np.ndarray
    person: np.ndarray

    def without_videos(self, names: Container[str]) -> ActorTable:
        """Return the table without the keyframes of these videos."""
        keep = np.array([name not in names for name in self.videos], dtype=bool)[self.video]
        count = np.diff(self.first)
        actors = np.repeat(keep, count)
        return replace(
            self,
            video=self.video[keep],
            time_sec=self.time_sec[keep],
            first=np.append(0, np.cumsum(count[keep])),
            boxes=self.boxes[actors],
            labels=self.labels[actors],
            person=self.person[actors],
        )


def group_actors(
    table: AvaTable, *, class_ids: Sequence[int], excluded: AvaTable | None = None
) -> ActorTable:
    """Group rows into actors: rows with the same box in the same keyframe are one actor.

    Args:
        table: the annotations.
        class_ids: id of each column of the labels; rows of other classes are left out, but
            their keyframes stay.
        excluded: keyframes to leave out.
    """
    videos = tuple(sorted(table.videos))
    keyframes, place = _keyframes(table, videos)
    keep = np.ones(len(keyframes), dtype=bool)
    if excluded is not None:
        left_out = _named(excluded)
        found = [(videos[video], time) in left_out for video, time in keyframes.tolist()]
        keep = ~np.array(found, dtype=bool)
    column = _columns(table.class_id, class_ids)
    used = np.flatnonzero((column >= 0) & keep[place])
    keyed = np.column_stack((place[used], table.boxes[used]))
    _, first_row, actor = np.unique(keyed, axis=0, return_index=True, return_inverse=True)
    # Within a keyframe, actors have the order of the file.
    order = np.lexsort((first_row, place[used][first_row]))
    rank = np.argsort(order)
    labels = np.zeros((len(order), len(class_ids)), dtype=np.uint8)
    labels[rank[actor.reshape(-1)], column[used]] = 1
    row = used[first_row[order]]
    person = table.last[row].astype(np.int64) if table.has_last else np.full(len(row), -1)
    count = np.bincount(place[row], minlength=len(keyframes))[keep]
    return ActorTable(
        videos=videos,
        video=keyframes[keep, 0],
        time_sec=keyframes[keep, 1] / MICROSECONDS,
        first=np.append(0, np.cumsum(count)),
        boxes=table.boxes[row],
        labels=labels,
        person=person,
    )


def _keyframes(table: AvaTable, videos: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return (F, 2) int64 video and microseconds, ascending, and each boxed row's keyframe."""
    number = {name: index for index, name in enumerate(videos)}
    codes = np.array([number[name] for name in table.videos], dtype=np.int64)
    video = codes[np.concatenate((table.video, table.empty_video))]
    time = _microseconds(np.concatenate((table.time_sec, table.empty_time_sec)))
    keyed = np.column_stack((video, time))
    keyframes, place = np.unique(keyed, axis=0, return_inverse=True)
    return keyframes, place.reshape(-1)[: len(table)]


def _columns(class_id: np.ndarray, class_ids: Sequence[int]) -> np.ndarray:
    """Return the position of each id in ``class_ids``, -1 for other ids."""
    known = np.asarray(class_ids, dtype=np.int64)
    order = np.argsort(known)
    place = order[np.searchsorted(known[order], class_id).clip(max=len(known) - 1)]
    return np.where(known[place] == class_id, place, -1)


def _microseconds(time_sec: np.ndarray) -> np.ndarray:
    return np.rint(time_sec * MICROSECONDS).astype(np.int64)


def _named(excluded: AvaTable) -> set[tuple[str, int]]:
    times = _microseconds(excluded.empty_time_sec).tolist()
    names = [excluded.videos[video] for video in excluded.empty_video.tolist()]
    return set(zip(names, times, strict=True))
