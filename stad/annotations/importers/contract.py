"""Define what an importer reads from a file of another program, before it is fitted to the videos.

Positions in time are numbers of frames from 0, or seconds, as the file has them. Frames become
seconds when the video is known, see ``fit``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from stad.errors import InputError

Unit = Literal["frames", "seconds"]
FRAMES: Unit = "frames"
SECONDS: Unit = "seconds"
# The end of a label of a whole video.
WHOLE = math.inf


@dataclass(frozen=True)
class FileTrack:
    """The boxes of one person, as a file has them.

    Attributes:
        id: number of the person in the video, from 0.
        places: (T,) float64 ascending frames or seconds.
        boxes: (T, 4) float64 xyxy, in the scale of the video's ``size``.
        breaks: (T,) bool, whether the person is away between this box and the next one.
    """

    id: int
    places: np.ndarray
    boxes: np.ndarray
    breaks: np.ndarray

    @staticmethod
    def from_rows(
        track_id: int, rows: Iterable[tuple[float, tuple[float, ...], bool]]
    ) -> FileTrack:
        """Build a track of (place, box, break) rows in any order; the last of a place counts."""
        by_place = {place: (box, is_break) for place, box, is_break in rows}
        places = sorted(by_place)
        return FileTrack(
            track_id,
            np.array(places, np.float64),
            np.array([by_place[one][0] for one in places], np.float64).reshape(-1, 4),
            np.array([by_place[one][1] for one in places], bool),
        )


@dataclass(frozen=True)
class FileSpan:
    """A label of a person, or of the whole frame, as a file has it.

    Attributes:
        track: id of the person; None for the whole frame.
        label: as the file spells it; '' for none of the classes.
        start, end: frames or seconds; the end is not part of it. ``WHOLE`` is the video's end.
        is_positive: False says that the class is not there.
        group: what the label answers, such as the name of an attribute; labels of one group
            exclude each other or belong together, those of two have nothing to do with each other.
    """

    track: int | None
    label: str
    start: float
    end: float
    is_positive: bool = True
    group: str = ""


@dataclass(frozen=True)
class FileVideo:
    """Labels of one video, as a file has them.

    Attributes:
        name: of the video, as the file has it.
        place: where it is in the file, for messages, such as 'task.xml'.
        unit: of all positions in time.
        tracks, spans: people and labels.
        fps: frames per second that the file states; 0 if it does not.
        size: width and height that the boxes refer to: pixels, (1, 1) for fractions, (100, 100)
            for percent, (0, 0) for pixels of the video itself.
        is_complete: whether what has no label is negative; None if the file does not say.
        source: what was filmed together; '' if the file does not say.
        folders: where the video may be, as far as the file says.
    """

    name: str
    place: str
    unit: Unit
    tracks: tuple[FileTrack, ...] = ()
    spans: tuple[FileSpan, ...] = ()
    fps: float = 0.0
    size: tuple[float, float] = (0.0, 0.0)
    is_complete: bool | None = None
    source: str = ""
    folders: tuple[Path, ...] = ()


@dataclass(frozen=True)
class ImportedFile:
    """All that was read from a file.

    Attributes:
        videos: in the order of the file; a video may be there more than once.
        labels: that the file defines, also those that no video has, in its order.
        notes: sentences about rows that are left out, each with file and line.
    """

    videos: tuple[FileVideo, ...]
    labels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReadOptions:
    """Values that an importer needs and the file may not say.

    Attributes:
        first_frame: number of the first frame, 0 or 1; None for what the format says.
        classes: names of the classes of the folder, for files that only number them.
        step_sec: seconds that a label at a single time is valid; None for the file's own step.
    """

    first_frame: int | None = None
    classes: tuple[str, ...] = ()
    step_sec: float | None = None


@dataclass
class Notes:
    """Collects sentences, and counts those that would repeat."""

    lines: list[str] = field(default_factory=list)
    _counts: dict[str, int] = field(default_factory=dict)

    def add(self, text: str) -> None:
        """Add a sentence."""
        self.lines.append(text)

    def count(self, text: str) -> None:
        """Count something that happens often; ``all`` says how often."""
        self._counts[text] = self._counts.get(text, 0) + 1

    def all(self) -> tuple[str, ...]:
        """Return all sentences, the counted ones last."""
        counted = (f"{number} times: {text}" for text, number in self._counts.items())
        return (*self.lines, *counted)


def wrong_file(path: Path, what: str, expected: str) -> InputError:
    """Return the error of a file that is not what its format says."""
    return InputError(f"{path} {what}. Expected {expected}.")
