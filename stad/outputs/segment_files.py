"""Write segments for other programs: ActivityNet JSON, CSV of events, subtitles."""

from __future__ import annotations

import html
import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from stad.annotations.csv_rows import csv_text
from stad.annotations.document import SCORE_DIGITS, actor_name
from stad.outputs.writers import Tubes, to_json
from stad.structures import FrameResult, Segment, Tube
from stad.utils.files import AtomicFile
from stad.utils.text import and_more

EVENT_COLUMNS = ("video", "actor", "label", "start_sec", "end_sec", "score", "x1", "y1", "x2", "y2")
SUBTITLE_SUFFIXES = (".srt", ".vtt")
# Changes within this time share a cue, so that each can be read.
CUE_MS = 500
# Maximum lines of a cue; more would cover the frame.
MAX_LINES = 6


class SegmentWriter:
    """Writes a file once the segments of a run are known.

    Args:
        path: the file to write.
        texts: returns its content, piece by piece, from the segments with their tubes.
    """

    def __init__(self, path: str | Path, texts: Callable[[Tubes], Iterable[str]]) -> None:
        self._texts = texts
        self._file = AtomicFile(path)

    def write(self, result: FrameResult) -> None:
        """Ignore a frame."""

    def close(self, tubes: Tubes, complete: bool) -> None:
        """Write the segments and give the file its name."""
        for text in self._texts(tubes):
            self._file.write(text)
        self._file.close()

    def abort(self) -> None:
        """Remove what was written."""
        self._file.abort()


def activitynet_texts(tubes: Tubes, *, video_id: str, class_names: Sequence[str]) -> Iterator[str]:
    """Yield segments as detections of the ActivityNet challenge (task 'localization').

    ``{"version", "results": {video: [{"label", "score", "segment": [start, end]}]}}``. Segments
    of all actors are listed, each on its own; the format has no field for the actor. Segments
    with an unknown score are left out.

    Args:
        tubes: of one video.
        video_id: key of the results.
        class_names: of the model.
    """
    yield f'{{"version":"VERSION 1.3","results":{{{json.dumps(video_id)}:['
    known = (segment for segment, _ in tubes if np.isfinite(segment.score))
    for number, segment in enumerate(known):
        entry = {
            "label": class_names[segment.class_index],
            "score": round(segment.score, SCORE_DIGITS),
            "segment": [round(segment.start_sec, 3), round(segment.end_sec, 3)],
        }
        yield (",\n" if number else "\n") + to_json(entry)
    yield ']},"external_data":{}}\n'


def event_texts(tubes: Tubes, *, video_id: str, class_names: Sequence[str]) -> Iterator[str]:
    """Yield segments as CSV: a header, then a row each in the order of their starts.

    The box is the one nearest to the middle of the segment, in source pixels. Its four cells are
    empty for an actor without a track, and so is an unknown score.

    Args:
        tubes: of one video.
        video_id: first column.
        class_names: of the model.
    """
    rows = [(segment, _middle_box(segment, tube)) for segment, tube in tubes]
    rows.sort(key=lambda row: (row[0].start_sec, row[0].actor_id, row[0].class_index))
    yield csv_text([EVENT_COLUMNS])
    for segment, box in rows:
        label, score = class_names[segment.class_index], segment.score
        times = [f"{value:.3f}" for value in (segment.start_sec, segment.end_sec)]
        score = f"{score:.4f}" if np.isfinite(score) else ""
        yield csv_text([[video_id, segment.actor_id, label, *times, score, *box]])


def _middle_box(segment: Segment, tube: Tube) -> tuple[str, ...]:
    if not len(tube.boxes):
        return ("",) * 4
    middle_sec = (segment.start_sec + segment.end_sec) / 2
    nearest = int(np.argmin(np.abs(tube.times_sec - middle_sec)))
    return tuple(f"{value:.1f}" for value in tube.boxes[nearest].tolist())


def subtitle_texts(tubes: Tubes, *, is_vtt: bool, class_names: Sequence[str]) -> Iterator[str]:
    """Yield who does what as subtitles of the source video.

    A cue lasts as long as nothing changes, with a line for each actor.

    Args:
        tubes: of one video.
        is_vtt: WebVTT; else SubRip.
        class_names: of the model.
    """
    if is_vtt:
        yield "WEBVTT\n\n"
    mark = "." if is_vtt else ","
    segments = [segment for segment, _ in tubes]
    for number, (start_ms, end_ms, active) in enumerate(cues(segments), start=1):
        # SubRip has no escapes; an arrow would end the text of a cue.
        text = "\n".join(cue_lines(active, class_names)).replace("-->", "→")
        text = html.escape(text, quote=False) if is_vtt else text
        times = f"{stamp(start_ms, mark)} --> {stamp(end_ms, mark)}"
        yield f"{number}\n{times}\n{text}\n\n"


def cues(segments: Iterable[Segment]) -> Iterator[tuple[int, int, list[Segment]]]:
    """Yield spans of time with the same active segments: start and end in ms, and the segments.

    Changes within ``CUE_MS`` are moved to the first of them.

    >>> both = [Segment(1, 0, 0.0, 2.0, 0.9), Segment(2, 1, 1.0, 3.0, 0.8)]
    >>> [(start, end, [s.actor_id for s in active]) for start, end, active in cues(both)]
    [(0, 1000, [1]), (1000, 2000, [1, 2]), (2000, 3000, [2])]
    """
    spans = [(round(s.start_sec * 1000), round(s.end_sec * 1000), s) for s in segments]
    times = _downsample({time_ms for start, end, _ in spans for time_ms in (start, end)})
    begins: dict[int, list[Segment]] = {}
    ends: dict[int, set[int]] = {}
    for start_ms, end_ms, segment in spans:
        start_ms = times[bisect_right(times, start_ms) - 1]
        end_ms = times[bisect_right(times, end_ms) - 1]
        if end_ms == start_ms:
            # Keep very short segments, but avoid emitting a very short cue.
            after = times[bisect_right(times, start_ms) :][:1]
            end_ms = next((t for t in after if t < start_ms + 2 * CUE_MS), start_ms + CUE_MS)
        begins.setdefault(start_ms, []).append(segment)
        ends.setdefault(end_ms, set()).add(id(segment))
    active: list[Segment] = []
    before_ms = 0
    for time_ms in sorted(begins.keys() | ends.keys()):
        if active:
            yield before_ms, time_ms, sorted(active, key=lambda s: (s.actor_id, s.class_index))
        active = [segment for segment in active if id(segment) not in ends.get(time_ms, ())]
        active += begins.get(time_ms, [])
        before_ms = time_ms


def _downsample(times: Iterable[int]) -> list[int]:
    """Return ascending times that are at least ``CUE_MS`` apart."""
    kept: list[int] = []
    for time_ms in sorted(times):
        if not kept or time_ms - kept[-1] >= CUE_MS:
            kept.append(time_ms)
    return kept


def cue_lines(active: Sequence[Segment], class_names: Sequence[str]) -> list[str]:
    """Return the lines of a cue: one for each actor, its labels by score.

    >>> cue_lines([Segment(3, 1, 0, 1, 0.5), Segment(3, 0, 0, 1, 0.9)], ("sit", "talk"))
    ['#3 sit, talk']
    """
    by_actor: dict[int, list[Segment]] = {}
    for segment in active:
        by_actor.setdefault(segment.actor_id, []).append(segment)
    lines = []
    for actor_id, own in by_actor.items():
        own.sort(key=lambda s: (-np.nan_to_num(s.score), s.class_index))
        # An empty line would end the cue.
        labels = dict.fromkeys(" ".join(class_names[one.class_index].split()) for one in own)
        lines.append(f"{actor_name(actor_id)} {', '.join(labels)}")
    if len(lines) > MAX_LINES:
        lines = [*lines[: MAX_LINES - 1], and_more(len(lines) - MAX_LINES + 1)]
    return lines


def stamp(time_ms: int, mark: str) -> str:
    """Return the time of a cue as text.

    >>> stamp(3_723_004, ",")
    '01:02:03,004'
    """
    seconds, ms = divmod(time_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{mark}{ms:03d}"
