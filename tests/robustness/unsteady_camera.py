"""A camera in virtual time whose stream breaks, jumps, stalls and changes, and that keeps a diary.

People are bright rectangles before a dark ground, and brighter while they act.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from types import SimpleNamespace

import av
import av.error
import numpy as np
from av.stream import Disposition
from av.video.reformatter import VideoReformatter

from tests.robustness.camera_faults import SIZE, STAMP_HZ, WRAP, Faults, Packet, failure
from tests.robustness.virtual_time import VirtualTime

GROUND, IDLE, ACTING = 40, 140, 230
REFUSALS = (
    *(av.error.ConnectionRefusedError, av.error.HTTPNotFoundError, av.error.ExitError),
    *(av.error.InvalidDataError, av.error.HTTPServerError, av.error.TimeoutError),
)


@dataclass
class Diary:
    """What the camera showed, and when.

    Attributes:
        seen: (time, whether somebody acts) of each frame that was decoded, seconds of the clock.
        breaks: times from which on nothing continues what was before.
        jumps: times at which the timestamps jumped, which is a break unless they jump too often.
        loose: (begin, end) of times in which the stream may break once or twice, or not.
        faults: names of the faults so far.
    """

    seen: list[tuple[float, bool]] = field(default_factory=list)
    breaks: list[float] = field(default_factory=list)
    jumps: list[float] = field(default_factory=list)
    loose: list[tuple[float, float]] = field(default_factory=list)
    faults: list[tuple[float, str]] = field(default_factory=list)


class Camera(Faults):
    """Opens its stream like ``av.open``.

    Args:
        clock: of the run.
        seed: of the faults.
        actions: (begin, end) of what somebody does, seconds of the clock, ascending.
        faults: (time, name of a method that begins with ``fault_``), seconds of the clock.
        interval_sec: time between two frames.
    """

    def __init__(
        self,
        clock: VirtualTime,
        *,
        seed: int,
        actions: Sequence[tuple[float, float]],
        faults: Sequence[tuple[float, str]],
        interval_sec: float = 1.0,
    ) -> None:
        self.clock, self.diary = clock, Diary()
        self._random = random.Random(seed)
        self._noise = np.random.default_rng(seed)
        self._actions, self._action = actions, 0
        self._faults = list(reversed(faults))
        self._interval_sec = interval_sec
        self._next_sec = clock.now_sec
        self._shift_sec = 0.0
        self._stamp = None
        self._away_until_sec = 0.0
        self._has_video = True
        self._is_frozen, self._image = False, None
        self._size, self._format = SIZE, "yuv420p"
        self._reformatter = VideoReformatter()
        self.num_opened = self.num_open = 0

    # What LiveSource uses of PyAV.

    def open(self, url, *, timeout=None, **_):
        """Return a container, or raise what ``av.open`` raises."""
        if self.clock.now_sec < self._away_until_sec:
            kind = self._random.choice(REFUSALS)
            self.clock.sleep(timeout[0] if kind is av.error.ExitError else 0.05)
            raise failure(kind)
        self.clock.sleep(0.2)
        self._next_sec = max(self._next_sec, self.clock.now_sec)
        self._read_sec = timeout[1] if timeout else None
        self.num_opened += 1
        return Container(self)

    def packets(self) -> Iterator[Packet]:
        """Yield packets as the time passes."""
        self._break()
        while True:
            if self._faults and self.clock.now_sec >= self._faults[-1][0]:
                name = self._faults.pop()[1]
                self.diary.faults.append((self.clock.now_sec, name))
                if (yield from getattr(self, f"fault_{name}")()):
                    return
            yield self._packet()

    # Frames.

    def _break(self) -> None:
        self.diary.breaks.append(self.clock.now_sec)

    def _jump(self) -> None:
        self.diary.jumps.append(self.clock.now_sec)

    def _wait(self, seconds: float | None = None) -> None:
        """Wait until the next frame is taken; frames of the past are never taken."""
        step_sec = self._interval_sec if seconds is None else seconds
        self._next_sec = max(self._next_sec + step_sec, self.clock.now_sec)
        self.clock.sleep(self._next_sec - self.clock.now_sec)

    def _packet(self, seconds: float | None = None, **changes) -> Packet:
        self._wait(seconds)
        taken_sec, stamp = self.clock.now_sec, self._stamp_of(self.clock.now_sec)
        return Packet(lambda: [self._frame(taken_sec, changes.get("stamp", stamp))])

    def _stamp_of(self, time_sec: float) -> int:
        return round((time_sec + self._shift_sec) * STAMP_HZ) % WRAP

    def is_acting(self, time_sec: float) -> bool:
        """Return whether somebody acts; times ascend."""
        while self._action < len(self._actions) and self._actions[self._action][1] < time_sec:
            self._action += 1
        return self._action < len(self._actions) and self._actions[self._action][0] <= time_sec

    def _frame(self, taken_sec: float, stamp: int | None) -> av.VideoFrame:
        if self._image is None or not self._is_frozen:
            self._acts = self.is_acting(taken_sec)
            self._image = scene(taken_sec, is_acting=self._acts)
        self.diary.seen.append((taken_sec, self._acts))
        return self._encoded(self._image, stamp)

    def _encoded(self, image: np.ndarray, stamp: int | None) -> av.VideoFrame:
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        # Kept, and in one thread: the run converts a hundred thousand tiny frames.
        frame = self._reformatter.reformat(frame, *self._size, format=self._format, threads=1)
        frame.pts, frame.time_base = stamp, Fraction(1, STAMP_HZ)
        return frame


class Container:
    """What ``LiveSource`` uses of an ``InputContainer``."""

    start_time = duration = None
    format = SimpleNamespace(name="rtsp", flags=0)

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        width, height = camera._size
        stream = SimpleNamespace(
            index=0,
            disposition=Disposition(0),
            codec_context=SimpleNamespace(
                width=width, height=height, sample_aspect_ratio=None, options={}
            ),
            average_rate=Fraction(1 / camera._interval_sec).limit_denominator(1000),
            guessed_rate=None,
            base_rate=None,
            frames=0,
            duration=None,
            time_base=Fraction(1, STAMP_HZ),
            metadata={},
            sample_aspect_ratio=None,
            thread_type=None,
        )
        self.streams = SimpleNamespace(video=[stream] if camera._has_video else [])
        if not camera._has_video and camera.num_opened % 3 == 0:
            camera._has_video = True

    def demux(self, *_):
        return self._camera.packets()

    def __enter__(self):
        self._camera.num_open += 1
        return self

    def __exit__(self, *_) -> None:
        self._camera.num_open -= 1


def scene(time_sec: float, *, is_acting: bool) -> np.ndarray:
    """Return an image, (48, 64, 3) uint8 RGB: one person stays, another one passes at times."""
    image = np.full((SIZE[1], SIZE[0], 3), GROUND, np.uint8)
    left = 6 + round(3 * np.sin(time_sec / 20))
    image[10:34, left : left + 14] = ACTING if is_acting else IDLE
    walked = time_sec % 97
    if walked < 20:
        place = 36 + round(walked * 0.7)
        image[12:40, place : place + 10] = IDLE
    return image
