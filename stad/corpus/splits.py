"""Split a long video into parts whose joined results equal those of the whole.

Only two steps of the pipeline are expensive, and neither needs to see the whole video: detecting
people needs frames that are chosen by their times alone, and scoring needs a few frames around a
time and the people there. So the parts detect people, from a key frame on; then one task follows
the people through the whole video and writes down every window, with its people; the parts score
these windows; and one task runs everything else again on detections and scores that are known. It
is the same code on the same numbers, so that boxes, ids and segments are the same to the last bit.

A detector or a scorer that remembers (``RecallingDetector``, ``RememberingScorer``) goes through
the parts one after another, each with the memory after the last. A video whose packets do not give
the times of its frames, or that decodes to other frames than its packets promise (damage), is done
as a whole.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from stad.inference.annotation import AnnotationSetup
from stad.structures import Frame
from stad.utils.workers import read_ahead
from stad.video.geometry import resize_frame
from stad.video.index import FrameIndex
from stad.video.source import VideoSource

# Frames that wait for a model: small ones, and those of which only the time is known.
MAX_WAITING, MAX_WAITING_BYTES = 64, 64 * 2**20


class NotAsIndexedError(Exception):
    """The frames of a video are not those that its packets promise: it cannot be split."""


@dataclass(frozen=True)
class SplitVideo:
    """A video that is split.

    Attributes:
        path: of the file.
        index: all its frames.
        begins: numbers of the frames at which parts begin; the first is 0, the others key frames.
    """

    path: str
    index: FrameIndex
    begins: list[int]

    @property
    def num_frames(self) -> int:
        """Of the whole video."""
        return len(self.index.times_sec)

    def times(self) -> list[float]:
        """Return the times of all frames, seconds."""
        return self.index.times_sec.tolist()

    def bounds(self, part: int) -> tuple[int, int]:
        """Return the number of the first frame of a part, and that after its last."""
        ends = [*self.begins[1:], self.num_frames]
        return self.begins[part], ends[part]

    def length_sec(self, part: int) -> float:
        """Return how long a part is, seconds."""
        begin, end = self.bounds(part)
        return float(self.index.times_sec[end - 1] - self.index.times_sec[begin])


def find_parts(index: FrameIndex | None, part_sec: float) -> list[int]:
    """Return the numbers of the frames at which parts of about that length begin; [] for none.

    Args:
        index: of the packets; None where they do not give the times.
        part_sec: wanted length, seconds, > 0.
    """
    if index is None or index.may_resize or not len(index.times_sec):
        return []
    times = index.times_sec
    keys_sec = np.array([key.time_sec for key in index.keys])
    begins, next_sec = [0], times[0] + part_sec
    # A short rest goes to the last part.
    while next_sec <= times[-1] - part_sec / 2:
        place = int(np.searchsorted(keys_sec, next_sec))
        if place >= len(keys_sec):
            break
        number = int(np.searchsorted(times, keys_sec[place]))
        if times[number] > times[-1] - part_sec / 4:
            break
        begins.append(number)
        next_sec = times[number] + part_sec
    return begins if len(begins) > 1 else []


def frames_of_part(
    video: SplitVideo, part: int, wanted: np.ndarray, warnings: list[str]
) -> Iterator[Frame | None]:
    """Yield the frames of a part; None for those that are not wanted.

    Args:
        video: the video.
        part: number of the part.
        wanted: (F,) bool, for all frames of the video.
        warnings: takes what is noticed.

    Raises:
        NotAsIndexedError: there are other frames than the index says.
    """
    begin, end = video.bounds(part)
    times = video.index.times_sec
    end_sec = float(times[end]) if end < video.num_frames else None
    source = _open(video, end_sec=end_sec)
    first_sec = float(times[begin]) if begin else 0.0
    chosen = set(times[begin:end][wanted[begin:end]].tolist())
    number = begin
    for time_sec, image in source.timed_images(first_sec, is_wanted=chosen.__contains__):
        if number >= end or time_sec != times[number]:
            raise NotAsIndexedError
        yield None if image is None else Frame(number, time_sec, image)
        number += 1
    if number != end:
        raise NotAsIndexedError
    warnings += source.warnings


def chosen_frames(video: SplitVideo, numbers: Sequence[int]) -> Iterator[Frame]:
    """Yield some frames of a video; what lies between them is skipped where key frames allow it.

    Args:
        video: the video.
        numbers: of the frames, ascending.

    Raises:
        NotAsIndexedError: there are other frames than the index says.
    """
    times = video.index.times_sec
    source = _open(video)
    for run in _runs(video, numbers):
        chosen = {float(times[number]): number for number in run}
        first_sec = float(times[run[0]]) if run[0] else 0.0
        number = run[0]
        for time_sec, image in source.timed_images(first_sec, is_wanted=chosen.__contains__):
            if number >= len(times) or time_sec != times[number]:
                raise NotAsIndexedError
            if image is not None:
                yield Frame(number, time_sec, image)
            number += 1
            if number > run[-1]:
                break
        if number <= run[-1]:
            raise NotAsIndexedError


def _runs(video: SplitVideo, numbers: Sequence[int]) -> Iterator[list[int]]:
    """Yield groups of frames that are decoded in one go: no key frame lies before the next one."""
    run: list[int] = []
    for number in numbers:
        if run:
            key = video.index.key_before(float(video.index.times_sec[number]))
            if key is not None and key.time_sec > video.index.times_sec[run[-1]]:
                yield run
                run = []
        run.append(number)
    if run:
        yield run


def small_frames(
    video: SplitVideo, numbers: Sequence[int], setup: AnnotationSetup
) -> Generator[tuple[int, np.ndarray]]:
    """Yield numbers and images of frames as the scorer takes them, while a thread decodes."""
    info = setup.info.video
    size = setup.models.scorer.clip_size((info.width_px, info.height_px))

    def resized() -> Iterator[tuple[int, np.ndarray]]:
        for frame in chosen_frames(video, numbers):
            yield frame.index, resize_frame(frame.image, size)

    return read_ahead(
        resized(),
        size_of=lambda pair: pair[1].nbytes,
        max_items=MAX_WAITING,
        max_bytes=MAX_WAITING_BYTES,
    )


def _open(video: SplitVideo, *, end_sec: float | None = None) -> VideoSource:
    source = VideoSource(video.path, end_sec=end_sec)
    source.use_packet_index(video.index)
    return source
