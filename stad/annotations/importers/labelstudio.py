"""Read an export of Label Studio: tracked boxes of videos, and labels on the timeline.

Frames count from 1. A box lies on the line between two key frames, ends at one that is disabled,
and else stays until the end of the video. Both 'JSON' and 'JSON-MIN' are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from stad.annotations.importers.contract import (
    FRAMES,
    WHOLE,
    FileSpan,
    FileTrack,
    FileVideo,
    ImportedFile,
    Notes,
    ReadOptions,
    wrong_file,
)
from stad.annotations.importers.labelstudio_values import (
    box_of,
    chosen_annotation,
    labels_of,
    values_of_min,
    video_name,
)
from stad.utils.files import read_json

EXPECTED = "a list of tasks with videos: in Label Studio, export the project as 'JSON'"
PERCENT = (100.0, 100.0)
Result = Mapping[str, Any]


def recognizes(path: Path) -> bool:
    """Return whether a file is an export of Label Studio with videos."""
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    content = read_json(path)
    tasks = content if isinstance(content, list) else []
    return any(isinstance(one, dict) and video_name(one) for one in tasks)


def read(path: Path, options: ReadOptions) -> ImportedFile:
    """Read tracks and labels; see the module.

    Raises:
        InputError: the file is not a list of tasks.
    """
    content = read_json(path)
    if not isinstance(content, list):
        raise wrong_file(path, "is not a list of tasks", EXPECTED)
    notes, videos = Notes(), []
    for number, task in enumerate(content):
        place = f"{path.name}, task {task.get('id', number) if isinstance(task, dict) else number}"
        name = video_name(task) if isinstance(task, dict) else ""
        if not name:
            notes.add(f"{place} has no video and is left out.")
            continue
        if "annotations" in task or "completions" in task:
            results = chosen_annotation(task, place, notes)
        else:
            results = list(values_of_min(task))
        if results:
            videos.append(_video(name, results, place, options, notes))
        else:
            notes.add(f"{place} ({name}) has no annotation and is left out.")
    labels = dict.fromkeys(span.label for video in videos for span in video.spans)
    return ImportedFile(tuple(videos), tuple(labels), notes.all())


def _video(
    name: str, results: Sequence[Result], place: str, options: ReadOptions, notes: Notes
) -> FileVideo:
    first = 1 if options.first_frame is None else options.first_frame
    rates = list(_rates(results))
    # Choices for a region, which has the same id.
    extra: dict[str, list[tuple[str, str]]] = {}
    for one in results:
        if "choices" in one["value"]:
            extra.setdefault(str(one.get("id", "")), []).extend(labels_of(one))
    tracks: list[FileTrack] = []
    spans: list[FileSpan] = []
    timed = {str(one.get("id", "")) for one in results if _is_timed(one["value"])}
    for one in results:
        value, own = one["value"], extra.get(str(one.get("id", "")), [])
        try:
            if value.get("sequence"):
                track = _track(len(tracks), value, first)
                # With choices, the label of the region says who.
                labels = own or labels_of(one)
                spans += [
                    FileSpan(track.id, label, start, end, group=group)
                    for label, group in labels
                    for start, end in _presence(track)
                ]
                tracks.append(track)
            elif _is_timed(value):
                spans += _timed_spans(one, first, rates)
            elif "choices" in value and str(one.get("id", "")) not in timed:
                spans += [FileSpan(None, label, 0, WHOLE, group=group) for label, group in own]
        except (KeyError, TypeError, ValueError) as error:
            what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            notes.add(f"{place}: the region {one.get('id', '?')} is left out: {what}.")
    return FileVideo(
        name=name,
        place=place,
        unit=FRAMES,
        tracks=tuple(tracks),
        spans=tuple(dict.fromkeys(spans)),
        fps=rates[0] if rates else 0.0,
        size=PERCENT,
    )


def _is_timed(value: Result) -> bool:
    return bool(value.get("sequence") or value.get("ranges")) or {"start", "end"} <= set(value)


def _rates(results: Sequence[Result]) -> Iterator[float]:
    """Yield the frames per second that regions state."""
    for one in results:
        value = one["value"]
        count, duration = value.get("framesCount"), value.get("duration")
        if isinstance(count, int | float) and isinstance(duration, int | float) and duration > 0:
            yield count / duration


def _track(number: int, value: Result, first: int) -> FileTrack:
    rows = [
        (float(one["frame"]) - first, box_of(one), not one.get("enabled", True))
        for one in value["sequence"]
    ]
    rows.sort(key=lambda row: row[0])
    count = value.get("framesCount")
    if isinstance(count, int | float) and not rows[-1][2] and rows[-1][0] < count - 1:
        rows.append((float(count) - 1, rows[-1][1], False))
    return FileTrack.from_rows(number, rows)


def _presence(track: FileTrack) -> Iterator[tuple[float, float]]:
    """Yield the (start, end) frames between absences, the end not included."""
    start = None
    for place, is_break in zip(track.places.tolist(), track.breaks.tolist(), strict=True):
        start = place if start is None else start
        if is_break:
            yield start, place + 1
            start = None
    if start is not None:
        yield start, float(track.places[-1]) + 1


def _timed_spans(one: Result, first: int, rates: list[float]) -> Iterator[FileSpan]:
    """Yield labels on the timeline: ranges of frames, or seconds as of audio."""
    value = one["value"]
    for label, group in labels_of(one):
        if "ranges" in value:
            for part in value["ranges"]:
                start, end = float(part["start"]) - first, float(part["end"]) - first + 1
                yield FileSpan(None, label, max(start, 0.0), end, group=group)
        elif rates:
            start, end = float(value["start"]) * rates[0], float(value["end"]) * rates[0]
            yield FileSpan(None, label, start, end, group=group)
        else:
            raise ValueError(
                "its times are seconds and no region of the video states the frame rate"
            )
