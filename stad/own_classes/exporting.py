"""Export the labels of a folder of one's own videos: AVA CSV, and COCO with tracks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from stad.annotations.exporters.ava import STEP_SEC, ava_rows
from stad.annotations.exporters.coco import CocoVideo, coco_document, document_text
from stad.annotations.own.folder import FAR_SEC, OwnFolder, end_clips
from stad.annotations.own.labels import VideoLabels
from stad.errors import InputError
from stad.own_classes.facts import FactsCache
from stad.utils.files import AtomicFile, write_whole
from stad.utils.text import shown

Progress = Callable[[Sequence[str]], Iterable[str]]


@dataclass(frozen=True)
class Exported:
    """Summary of the files that were written.

    Attributes:
        paths: of the files.
        num_videos: videos with labels.
        num_entries: rows or boxes.
        notes: sentences about what the format cannot hold.
    """

    paths: tuple[Path, ...]
    num_videos: int
    num_entries: int
    notes: tuple[str, ...]


def label_map_path(path: Path) -> Path:
    """Return the file of the classes' names, beside an AVA CSV file.

    >>> label_map_path(Path("out/mine.csv")).as_posix()
    'out/mine.txt'
    """
    return path.with_suffix(".txt")


def export_ava(
    folder: OwnFolder, path: Path, *, step_sec: float = STEP_SEC, progress: Progress = iter
) -> Exported:
    """Write labels of people as AVA CSV, and the names of the classes beside it.

    Args:
        folder: of the videos.
        path: CSV file to write.
        step_sec: seconds between the annotated times.
        progress: wraps the list of videos to show a bar.

    Raises:
        InputError: there is no label of a person, or a file cannot be written.
    """
    classes = folder.classes()
    lines: list[str] = []
    num_videos = num_whole = num_absent = 0
    for labels, _ in _labelled(folder, classes, progress):
        rows = ava_rows(labels, classes=classes, step_sec=step_sec)
        lines += rows.lines
        num_videos += bool(rows.lines)
        num_whole += rows.num_whole
        num_absent += rows.num_absent
    if not lines:
        raise InputError(
            f"AVA's CSV holds labels of people, and {folder.path} has none. Label people with "
            f"'stad label {folder.path}', or write COCO, which holds labels of whole frames, with "
            "--coco."
        )
    write_whole(path, "".join(f"{line}\n" for line in lines))
    write_whole(label_map_path(path), "".join(f"{name}\n" for name in classes))
    notes = []
    for count, what in (
        (num_whole, "of whole frames"),
        (num_absent, "that a class is not there"),
    ):
        if count:
            notes.append(f"{count} labels {what} are not in {path}: AVA's CSV cannot hold them.")
    return Exported((path, label_map_path(path)), num_videos, len(lines), tuple(notes))


def export_coco(folder: OwnFolder, path: Path, *, progress: Progress = iter) -> Exported:
    """Write all labels as COCO JSON with tracks.

    Args:
        folder: of the videos.
        path: JSON file to write.
        progress: wraps the list of videos to show a bar.

    Raises:
        InputError: there are no labels, or the file cannot be written.
    """
    classes = folder.classes()
    videos = [
        CocoVideo(labels, *_frames(folder, labels, fps))
        for labels, fps in _labelled(folder, classes, progress)
    ]
    if not videos:
        raise InputError(f"{folder.path} has no labels. Make some with 'stad label {folder.path}'.")
    document = coco_document(videos, classes=classes)
    file = AtomicFile(path)
    try:
        for piece in document_text(document):
            file.write(piece)
        file.close()
    finally:
        file.abort()
    return Exported((path,), len(videos), len(document["annotations"]), ())


def _labelled(
    folder: OwnFolder, classes: Sequence[str], progress: Progress
) -> Iterator[tuple[VideoLabels, float]]:
    """Yield the labels of each video that has any, with its size and length, and its fps."""
    if unknown := folder.unknown_labels():
        label, videos = next(iter(unknown.items()))
        raise InputError(
            f"The label {label!r} of {shown(videos)} is not one of the classes "
            f"({', '.join(classes)}). Add it to {folder.path / 'classes.txt'}."
        )
    cache = FactsCache(folder)
    names = sorted({*folder.videos(), *folder.labelled_videos()})
    for video in progress(names):
        labels = folder.read_labels(video)
        if not labels.spans and not labels.tracks:
            continue
        fps = 0.0
        if folder.video_path(video).is_file():
            facts = cache.read(video)
            fps = facts.fps
            labels = replace(
                labels,
                width_px=labels.width_px or facts.width_px,
                height_px=labels.height_px or facts.height_px,
                duration_sec=labels.duration_sec or facts.duration_sec,
            )
        spans = end_clips(labels.spans, labels.duration_sec or FAR_SEC)
        yield replace(labels, spans=spans), fps
    cache.save()


def _frames(folder: OwnFolder, labels: VideoLabels, fps: float) -> tuple[dict[int, int], float]:
    """Return the number of the frame at each time of a box, by milliseconds, and the fps."""
    times = sorted({one for track in labels.tracks for one in track.times_sec.tolist()})
    path = folder.video_path(labels.video)
    if not times or not path.is_file():
        return {}, fps
    # Imported here: PyAV takes a moment, which labels of whole frames do not need.
    from stad.video.source import VideoSource

    shown_sec = VideoSource(path).index().times_sec
    after = np.searchsorted(shown_sec, times).clip(1, max(len(shown_sec) - 1, 1))
    before = shown_sec[after - 1]
    is_before = np.array(times) - before <= shown_sec[after.clip(max=len(shown_sec) - 1)] - times
    nearest = np.where(is_before, after - 1, after)
    return {round(one * 1000): int(frame) for one, frame in zip(times, nearest, strict=True)}, fps
