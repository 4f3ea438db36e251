"""Measure the progress of a run."""

from __future__ import annotations

import time

from stad.serving.jobs import Progress

PROGRESS_SEC = 0.25
RATE_SEC = 5.0


class Meter:
    """Counts frames and estimates how long the others take.

    Args:
        num_expected: frames of the video; 0 if that is not known.
    """

    def __init__(self, num_expected: int) -> None:
        self._num_expected, self._num_frames = num_expected, 0
        self._shown_sec = self._begin_sec = time.monotonic()
        self._begin_frames, self._fps = 0, 0.0

    def count(self) -> Progress | None:
        """Count a frame; return the progress if it is time to report it."""
        self._num_frames += 1
        now_sec = time.monotonic()
        if now_sec - self._shown_sec < PROGRESS_SEC:
            return None
        self._shown_sec = now_sec
        length_sec = now_sec - self._begin_sec
        self._fps = (self._num_frames - self._begin_frames) / length_sec
        if length_sec > RATE_SEC:
            # Half of what was measured stays, so that the rate does not jump.
            half = (self._num_frames - self._begin_frames) / 2
            self._begin_frames, self._begin_sec = (
                round(self._num_frames - half),
                now_sec - length_sec / 2,
            )
        return self._progress()

    def _progress(self) -> Progress:
        if not self._num_expected:
            return Progress(None, self._num_frames, self._fps)
        left = max(self._num_expected - self._num_frames, 0)
        fraction = min(self._num_frames / self._num_expected, 1.0)
        left_sec = left / self._fps if self._fps else None
        return Progress(fraction, self._num_frames, self._fps, left_sec)
