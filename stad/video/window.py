"""Choose the frames of a clip: pure functions of times, shared by training, demo and live use.

keyframe time t, num_frames T = 8, interval i = 2 frames at the reference rate

source frames  . . . . . . . . . . . . . . . . . . . .
the clip         0   1   2   3   4   5   6   7
                                 ^ t (position T // 2)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

# AVA and Kinetics models were trained on video of 30 frames per second: their interval "2" means
# 1/15 second, whatever the rate of the video.
REFERENCE_FPS = 30.0


@dataclass(frozen=True)
class Window:
    """The clip that a model sees around a keyframe.

    Args:
        num_frames: frames in a clip, T >= 1.
        interval_frames: distance of neighbours, in frames at ``REFERENCE_FPS``, > 0.
        jitter: whether ``jittered`` moves the frames; for training only. The offsets of a window
            are regular unless ``jittered`` was called before.
        shifts_frames: (T,) shift of each frame, in frames at ``REFERENCE_FPS``, as ``jittered``
            draws them; () moves none.
    """

    num_frames: int
    interval_frames: float
    jitter: bool = False
    shifts_frames: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.num_frames < 1 or self.interval_frames <= 0:
            raise ValueError(f"a window needs positive sizes, got {self}")
        if self.shifts_frames and len(self.shifts_frames) != self.num_frames:
            raise ValueError(f"a window has one shift per frame or none, got {self}")

    @property
    def interval_sec(self) -> float:
        """Seconds between neighbouring frames of the clip."""
        return self.interval_frames / REFERENCE_FPS

    @property
    def before_sec(self) -> float:
        """Seconds from the first frame of the clip to the keyframe."""
        return (self.num_frames // 2) * self.interval_sec

    @property
    def after_sec(self) -> float:
        """Seconds from the keyframe to the last frame of the clip."""
        return ((self.num_frames + 1) // 2 - 1) * self.interval_sec

    def offsets_sec(self) -> np.ndarray:
        """Return (T,) float64 offsets of the clip's frames from the keyframe, seconds.

        >>> Window(4, 3).offsets_sec().round(3).tolist()
        [-0.2, -0.1, 0.0, 0.1]
        """
        regular = (np.arange(self.num_frames) - self.num_frames // 2) * self.interval_sec
        if not self.shifts_frames:
            return regular
        return regular + np.asarray(self.shifts_frames) / REFERENCE_FPS

    def jittered(self, rng: np.random.Generator) -> Window:
        """Return this window with its frames moved at random, or itself where ``jitter`` is off.

        Every frame, including the keyframe, is moved by its own whole number of frames of the
        reference rate, uniform in [floor(-i / 2), floor((i + 1) / 2)[ for an interval i: -1 or 0
        for i = 2. Neighbours keep their order. This is what mmaction2's ``SampleAVAFrames``
        (mmaction/datasets/transforms/loading.py) does in training: ``np.random.randint(
        -interval // 2, (interval + 1) // 2, size=clip_len)`` is added to the frame numbers, which
        are then clipped to the video, as ``nearest_frames`` does. The keyframe's labels and boxes
        stay those of its own time.

        Args:
            rng: random numbers; the same state gives the same window.

        >>> Window(4, 8, jitter=True).jittered(np.random.default_rng(0)).shifts_frames
        (2, 1, 0, -2)
        >>> Window(4, 8).jittered(np.random.default_rng(0)).shifts_frames
        ()
        """
        if not self.jitter:
            return self
        low = math.floor(-self.interval_frames / 2)
        high = math.floor((self.interval_frames + 1) / 2)
        shifts = rng.integers(low, high, size=self.num_frames)
        return replace(self, shifts_frames=tuple(shifts.tolist()))


def nearest_frames(times_sec: np.ndarray, frame_times_sec: np.ndarray) -> np.ndarray:
    """Return the position of the frame nearest to each time; the end frames repeat outside.

    Args:
        times_sec: (T,) times, seconds.
        frame_times_sec: (F,) ascending times of the frames of the video, seconds, F >= 1.

    Returns:
        (T,) int64 positions in ``frame_times_sec``; of two equally near frames, the earlier.

    >>> nearest_frames(np.array([-1.0, 0.4, 0.5, 0.6, 9.0]), np.array([0.0, 1.0, 2.0])).tolist()
    [0, 0, 0, 1, 2]
    """
    frame_times_sec = np.asarray(frame_times_sec, dtype=np.float64)
    if len(frame_times_sec) == 0:
        raise ValueError("nearest_frames needs at least one frame")
    right = np.searchsorted(frame_times_sec, times_sec).clip(1, max(len(frame_times_sec) - 1, 1))
    right = np.minimum(right, len(frame_times_sec) - 1)
    left = np.maximum(right - 1, 0)
    # Timestamps are rounded to the container's clock: within a microsecond counts as a tie.
    nearer_right = (frame_times_sec[right] - times_sec) < (times_sec - frame_times_sec[left]) - 1e-6
    return np.where(nearer_right, right, left).astype(np.int64)


def clip_frames(center_sec: float, frame_times_sec: np.ndarray, window: Window) -> np.ndarray:
    """Return the frame positions of the clip around ``center_sec``; see ``nearest_frames``.

    >>> clip_frames(0.0, np.arange(100) / 30, Window(num_frames=4, interval_frames=2)).tolist()
    [0, 0, 0, 2]
    >>> clip_frames(1.0, np.arange(100) / 30, Window(num_frames=4, interval_frames=2)).tolist()
    [26, 28, 30, 32]
    """
    return nearest_frames(center_sec + window.offsets_sec(), frame_times_sec)


class FrameBuffer:
    """Keeps the last frames of a stream, as far back as later windows can reach.

    Frames are kept at clip size, so the memory depends on the window and the clip size, not on
    the video.
    """

    def __init__(self) -> None:
        self._times_sec: list[float] = []
        self._images: list[np.ndarray] = []

    def append(self, time_sec: float, image: np.ndarray) -> None:
        """Add the next frame; times ascend.

        Args:
            time_sec: seconds, above the last one.
            image: (H, W, 3) uint8 RGB at clip size.
        """
        if self._times_sec and time_sec <= self._times_sec[-1]:
            raise ValueError(f"frame times must ascend: {time_sec} after {self._times_sec[-1]}")
        self._times_sec.append(time_sec)
        self._images.append(image)

    def clip(self, center_sec: float, window: Window) -> np.ndarray:
        """Return the clip around ``center_sec``: (T, H, W, 3) uint8 RGB."""
        return np.stack([self._images[i] for i in self._positions(center_sec, window)])

    def clip_times(self, center_sec: float, window: Window) -> list[float]:
        """Return the times of the frames of ``clip``, seconds."""
        return [self._times_sec[i] for i in self._positions(center_sec, window)]

    def _positions(self, center_sec: float, window: Window) -> np.ndarray:
        return clip_frames(center_sec, np.asarray(self._times_sec), window)

    def drop_before(self, time_sec: float) -> None:
        """Drop frames that no window starting at ``time_sec`` or later can need.

        One frame at or before ``time_sec`` stays: it may be the nearest one.
        """
        keep_from = int(np.searchsorted(self._times_sec, time_sec, side="right")) - 1
        if keep_from > 0:
            del self._times_sec[:keep_from]
            del self._images[:keep_from]

    def __len__(self) -> int:
        return len(self._times_sec)
