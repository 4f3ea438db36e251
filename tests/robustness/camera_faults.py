"""What may happen to the stream of a camera: breaks, wrong times, frames unlike those before.

Each fault is a generator of packets that runs at its time; one that returns True ends the stream.
"""

from __future__ import annotations

import av.error
import numpy as np

SIZE = (64, 48)
STAMP_HZ, WRAP = 90_000, 2**33
FORMATS = (
    *("yuv420p", "yuvj420p", "yuv422p", "yuv444p", "yuv411p", "nv12", "nv21", "gray", "rgb24"),
    *("bgr0", "yuyv422", "uyvy422", "yuv420p10le", "p010le", "gbrp", "yuva420p", "gray12le"),
)
SIZES = ((128, 96), (32, 24), (96, 48), (48, 64), (1280, 720), (65, 49))
LOSSES = (
    *(av.error.OSError, av.error.ConnectionResetError, av.error.EOFError),
    *(av.error.InvalidDataError, av.error.UnknownError, av.error.ArgumentError),
)


def failure(kind: type[Exception]) -> Exception:
    """Return an error as PyAV raises it."""
    return kind(5, "made up for a test")


def fail(kind: type[Exception]) -> None:
    """Raise an error as PyAV raises it."""
    raise failure(kind)


class Packet:
    """A packet that is decoded as it was told."""

    is_keyframe, size = True, 1000

    def __init__(self, decode) -> None:
        self.decode = decode


class Faults:
    """The faults of a ``Camera``, which has the rest; see there."""

    # Faults that end the connection; True ends it without an error.

    def _away(self, low_sec: float, high_sec: float) -> None:
        self._away_until_sec = self.clock.now_sec + self._random.uniform(low_sec, high_sec)
        self._shift_sec = self._random.uniform(0, 90_000)

    def fault_lost(self):
        yield self._packet()
        self._away(1, 40)
        raise failure(self._random.choice(LOSSES))

    def fault_ended(self):
        yield self._packet()
        self._away(0, 5)
        return True

    def fault_away_for_long(self):
        yield self._packet()
        self._away(180, 400)
        raise failure(self._random.choice(LOSSES))

    def fault_without_video(self):
        """When it is back, the container has no video for some tries."""
        yield self._packet()
        self._away(0, 2)
        self._has_video = False
        return True

    def fault_reopened_differently(self):
        yield self._packet()
        self._size, self._format = self._random.choice(SIZES), self._random.choice(FORMATS)
        self._away(0, 10)
        return True

    def fault_again_and_again(self):
        """It breaks after each frame for a while."""
        for number in range(6, 0, -1):
            self._faults.append((0.0, "blink" if number > 1 else "ended"))
        return True
        yield

    def fault_blink(self):
        yield self._packet()
        return True

    def fault_stalled(self):
        """The server accepts and says nothing: FFmpeg gives up after its time limit."""
        yield self._packet()
        self._away(30, 200)
        self.clock.sleep(self._read_sec or 60.0)
        raise failure(av.error.ExitError)

    # Faults of times.

    def fault_nothing_comes(self):
        """No frame for a while, and no error: the time limit starts again with each byte."""
        self.clock.sleep(self._random.uniform(20, 200))
        self._break()
        yield self._packet()

    def fault_clock_goes_back(self):
        self._shift_sec -= self._random.choice((4.0, 30.0, 3600.0, 50_000.0))
        self._jump()
        yield self._packet()

    def fault_clock_goes_ahead(self):
        self._shift_sec += self._random.choice((15.0, 60.0, 3600.0, 40_000.0))
        self._jump()
        yield self._packet()

    def fault_clock_wraps(self):
        """After an interruption, the 33 bits of MPEG overflow."""
        self._shift_sec = WRAP / STAMP_HZ - self.clock.now_sec - 10 * self._interval_sec
        self._faults.append((self.clock.now_sec + 5 * self._interval_sec, "wrap"))
        return True
        yield

    def fault_wrap(self):
        was = 0
        while (stamp := self._stamp_of(self.clock.now_sec)) >= was:
            was = stamp
            yield self._packet()
        self.diary.jumps.append(self.clock.now_sec)

    def fault_no_stamps(self):
        for _ in range(15):
            yield self._packet(stamp=None)

    def fault_stuck_stamps(self):
        stamp = self._stamp_of(self.clock.now_sec)
        for _ in range(30):
            yield self._packet(stamp=stamp)

    def fault_stuck_stamps_that_go_on_there(self):
        begin_sec = self.clock.now_sec
        yield from self.fault_stuck_stamps()
        self._shift_sec -= self.clock.now_sec - begin_sec
        self._jump()
        yield self._packet()

    def fault_wild_stamps(self):
        begin_sec = self.clock.now_sec
        for _ in range(20):
            yield self._packet(stamp=self._random.randrange(WRAP))
        self._loosen(begin_sec)

    def fault_wrong_speed(self):
        """The stamps count frames of another rate."""
        begin_sec, speed = self.clock.now_sec, self._random.choice((0.5, 0.8, 0.95, 1.05, 1.3, 2.0))
        for _ in range(40):
            self._shift_sec += self._interval_sec * (speed - 1)
            yield self._packet()
        self._loosen(begin_sec)

    def _loosen(self, begin_sec: float) -> None:
        self.diary.loose.append((begin_sec, self.clock.now_sec + 20.0))

    def fault_variable_rate(self):
        for _ in range(40):
            yield self._packet(self._random.choice((0.1, 0.2, 0.5, 1.0, 1.5, 2.0)))

    def fault_burst(self):
        """Frames are held up for some seconds and then come at once."""
        packets = []
        for _ in range(3):
            packets.append(self._packet())
        yield from packets

    # Faults of frames.

    def fault_other_size(self):
        for _ in range(3):
            self._size = self._random.choice(SIZES)
            for _ in range(4):
                yield self._packet()
        self._size = SIZE

    def fault_tiny_frame(self):
        """Nobody can be seen in it."""
        self._size = self._random.choice(((2, 2), (16, 2), (2, 40)))
        yield self._packet()
        self._size = SIZE
        seen = len(self.diary.seen)
        yield self._packet()
        # The first of the two is decoded by now.
        del self.diary.seen[seen - 1]

    def fault_other_format(self):
        for _ in range(5):
            self._format = self._random.choice(FORMATS)
            for _ in range(3):
                yield self._packet()
        self._format = "yuv420p"

    def fault_garbage(self):
        """Two packets do not decode."""
        for _ in range(2):
            self._wait(self._interval_sec / 2)
            yield Packet(lambda: fail(av.error.InvalidDataError))

    def fault_garbage_for_long(self):
        for _ in range(self._random.randrange(60, 240)):
            self._wait()
            yield Packet(lambda: fail(av.error.InvalidDataError))
        self._break()

    def fault_decoder_fails(self):
        """An error that is not about the data: the stream is opened again."""
        kind = self._random.choice((av.error.UnknownError, av.error.ArgumentError, OSError))
        yield Packet(lambda: fail(kind))

    def fault_noise(self):
        """A frame of noise in the middle of good ones."""
        self._wait(self._interval_sec / 2)
        noise = self._noise.integers(0, 100, (48, 64, 3), np.uint8)
        stamp = self._stamp_of(self.clock.now_sec)
        yield Packet(lambda: [self._encoded(noise, stamp)])

    def fault_frozen(self):
        """The same image again and again, and time passes."""
        self._is_frozen = True
        for _ in range(30):
            yield self._packet()
        self._is_frozen = False

    def fault_nothing_in_packets(self):
        for _ in range(2):
            yield Packet(lambda: [])


# Those that others bring about.
PARTS = {"blink", "wrap"}
FAULTS = tuple(
    name.removeprefix("fault_")
    for name in vars(Faults)
    if name.startswith("fault_") and name.removeprefix("fault_") not in PARTS
)
