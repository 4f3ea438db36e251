"""Remember how a scene looks at low resolution: what changed, and what rests.

Everything is compared in a small grey image, so that noise and compression average out, and
without the mean difference of the two, so that a change of light over the place does not count.
"""

from __future__ import annotations

import base64
import zlib
from typing import Any

import cv2
import numpy as np

# Longer side of the small image.
SMALL_PX = 96
# Grey levels, of 255, by which a pixel of the small image changes without anything happening.
NOISE_LEVELS = 14
# Width of the surroundings whose common change is one of light, pixels of the small image.
LIGHT_CELLS = 31
# Where at least the first fraction of a box is new to a person, the second one of it changed.
NEW_RATIO, MOVED_RATIO = 0.35, 0.15
# The background is brought up to date this often.
UPDATE_SEC = 1.0
# What stays the same for so long without a person is background.
SETTLE_SEC, ABSORB_SEC = 1.0, 10.0
# The camera moved, or the scene was cut, if so much of the frame changed at once.
CUT_RATIO = 0.6


class Scene:
    """The background of a camera that stands still, as far as it was seen without people.

    Attributes:
        small: (H', W') uint8 grey, the current frame.
    """

    def __init__(self) -> None:
        self.small = np.zeros((0, 0), np.uint8)
        self._frame_size = (0, 0)
        # The foreground of the current frame, once it is asked for.
        self._changes: np.ndarray | None = None
        self._forget()

    def _forget(self) -> None:
        self._known = np.zeros(self.small.shape, bool)
        self._background = self.small.copy()
        self._earlier = self.small.copy()
        self._earlier_people = np.zeros((0, 4))
        self._still_sec = np.zeros(self.small.shape, np.uint8)
        self._updated_sec = -np.inf

    def look_at(self, image: np.ndarray) -> None:
        """Take the current frame, (H, W, 3) uint8."""
        height, width = image.shape[:2]
        scale = SMALL_PX / max(height, width)
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        small = cv2.cvtColor(
            cv2.resize(image, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY
        )
        self.small, self._changes = small, None
        if self._frame_size != (width, height) or not self.small.size:
            self._frame_size = (width, height)
            self._forget()
        elif _differs(small, self._earlier).mean() > CUT_RATIO:
            self._forget()

    def patch(self, box: np.ndarray) -> np.ndarray:
        """Return what is inside an xyxy box (pixels of the frame) now."""
        return self.small[self._window(box)].copy()

    def background_ratio(self, box: np.ndarray) -> float:
        """Return how much of a box certainly is background, in [0, 1]."""
        window = self._window(box)
        return float((self._known & ~self._foreground())[window].mean())

    def changed_since(self, box: np.ndarray, patch: np.ndarray) -> float:
        """Return how much of the inside of a box changed since an earlier patch, in [0, 1]."""
        now = self.small[self._window(box)]
        return float(_differs(now, patch).mean()) if now.shape == patch.shape else 1.0

    def left_behind(self, box: np.ndarray, before: np.ndarray, patch: np.ndarray) -> float:
        """Return how much of a person's earlier box changed outside of the present one, in [0, 1].

        Args:
            box: (4,) xyxy, pixels of the frame.
            before: (4,) xyxy, where the person was.
            patch: what was inside then.
        """
        window = self._window(before)
        if self.small[window].shape != patch.shape:
            return 0.0
        rest = np.ones(self.small.shape, bool)
        rest[self._window(box)] = False
        rest = rest[window]
        return float(_differs(self.small[window], patch)[rest].mean()) if rest.any() else 0.0

    def moved_into(self, box: np.ndarray, before: np.ndarray) -> bool:
        """Return whether a person can have moved into a box: what is new in it must have changed.

        Args:
            box: (4,) xyxy, pixels of the frame.
            before: (4,) xyxy, where the person was.
        """
        new = np.zeros(self.small.shape, bool)
        new[self._window(box)] = True
        size = new.sum()
        for one in (before, *self._earlier_people):
            new[self._window(one)] = False
        if new.sum() < NEW_RATIO * size:
            return True
        return float(_differs(self.small, self._earlier)[new].mean()) >= MOVED_RATIO

    def changed_in(
        self, box: np.ndarray, people: np.ndarray, *, unknown: bool = False, shifts: bool = False
    ) -> tuple[np.ndarray | None, float]:
        """Return where in a box something is that is not background.

        Args:
            box: (4,) xyxy, pixels of the frame.
            people: (K, 4) xyxy; what is inside does not count.
            unknown: add what may be no background.
            shifts: add what may be background that moved a little: a carpet, a curtain.

        Returns:
            place: (4,) xyxy, pixels of the frame, around the largest change; None without one.
            known: the part of the box of which the background is known, in [0, 1].
        """
        window = self._window(box)
        inside = np.zeros(self.small.shape, bool)
        changes = self._foreground() if shifts else self._foreground() & self._beyond()
        inside[window] = changes[window]
        if unknown:
            inside[window] |= ~self._known[window]
        for one in people:
            inside[self._window(one)] = False
        return self._largest(inside), float(self._known[window].mean())

    def largest_change(self, people: np.ndarray, *, minimum_px: float) -> np.ndarray | None:
        """Return the (4,) xyxy box of the largest change outside of (K, 4) boxes of people.

        Args:
            people: xyxy, pixels of the frame.
            minimum_px: of the longer side of the change.
        """
        changed = self._foreground()
        for box in people:
            changed[self._window(box)] = False
        largest = self._largest(changed)
        if largest is None or (largest[2:] - largest[:2]).max() < minimum_px:
            return None
        return largest

    def _foreground(self) -> np.ndarray:
        """Return (H', W') bool: what differs from the background, where that is known."""
        if self._changes is None:
            self._changes = (
                _stands_out(self.small, self._background, self._known)
                if self._known.any()
                else np.zeros(self.small.shape, bool)
            )
        return self._changes.copy()

    def _beyond(self) -> np.ndarray:
        """Return (H', W') bool: what differs from all of the background up to a cell away."""
        kernel = np.ones((3, 3), np.uint8)
        low = cv2.erode(self._background, kernel).astype(np.int16) - NOISE_LEVELS
        high = cv2.dilate(self._background, kernel).astype(np.int16) + NOISE_LEVELS
        return (self.small < low) | (self.small > high)

    def _largest(self, cells: np.ndarray) -> np.ndarray | None:
        """Return the box around the largest connected part of a (H', W') bool mask."""
        # Thin stripes are edges of things that moved a little. Parts of a body are a cell apart.
        solid = cv2.morphologyEx(cells.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
        joined = cv2.dilate(solid, np.ones((3, 3), np.uint8))
        count, _, stats, _ = cv2.connectedComponentsWithStats(joined)
        if count < 2:
            return None
        left, top, width, height, area = stats[1 + stats[1:, cv2.CC_STAT_AREA].argmax()].tolist()
        if area <= 9:
            return None
        corners = [left + 1, top + 1, left + width - 1, top + height - 1]
        return np.array(corners, np.float64) * self._scale()

    def update(self, time_sec: float, busy: np.ndarray) -> None:
        """Bring the background up to date.

        Args:
            time_sec: seconds; times ascend.
            busy: (K, 4) xyxy, where people are or may be; nothing there becomes background.
        """
        passed_sec = time_sec - self._updated_sec
        if passed_sec < UPDATE_SEC:
            return
        still = ~_differs(self.small, self._earlier)
        if np.isfinite(passed_sec):
            added = min(round(passed_sec), 255)
            self._still_sec = np.where(still, np.minimum(self._still_sec, 255 - added) + added, 0)
            self._still_sec = self._still_sec.astype(np.uint8)
        free = np.ones(self.small.shape, bool)
        for box in busy:
            free[self._window(box)] = False
            self._still_sec[self._window(box)] = 0
        alike = self._known & ~self._foreground()
        settled = self._still_sec >= np.where(self._known, ABSORB_SEC, SETTLE_SEC)
        new = free & (alike | settled)
        self._background[new] = self.small[new]
        self._known |= new
        self._earlier, self._updated_sec = self.small.copy(), time_sec
        self._changes = None
        self._earlier_people = busy.copy()

    def _scale(self) -> np.ndarray:
        height, width = self.small.shape
        return np.tile(np.array(self._frame_size) / [width, height], 2)

    def _window(self, box: np.ndarray) -> tuple[slice, slice]:
        """Return the rows and columns of a box, at least one of each."""
        height, width = self.small.shape
        left, top, right, bottom = (np.asarray(box, np.float64) / self._scale()).tolist()
        x = int(np.clip(round(left), 0, width - 1))
        y = int(np.clip(round(top), 0, height - 1))
        return slice(y, max(round(bottom), y + 1)), slice(x, max(round(right), x + 1))

    def state(self) -> dict[str, Any]:
        """Return what ``restore`` takes, as JSON values."""
        arrays = np.stack(
            (self._known.view(np.uint8), self._background, self._earlier, self._still_sec)
        )
        return {
            "frame_size": list(self._frame_size),
            "small_size": list(self.small.shape),
            "earlier_people": self._earlier_people.tolist(),
            "updated_sec": self._updated_sec if np.isfinite(self._updated_sec) else None,
            "arrays": pack(arrays),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from the state of an earlier run."""
        self._frame_size = tuple(state["frame_size"])
        arrays = unpack(state["arrays"], (4, *state["small_size"]))
        known, self._background, self._earlier, self._still_sec = arrays
        updated_sec = state["updated_sec"]
        self._known = known.astype(bool)
        self._earlier_people = np.array(state["earlier_people"]).reshape(-1, 4)
        self._updated_sec = -np.inf if updated_sec is None else updated_sec
        self.small, self._changes = self._earlier.copy(), None


def pack(values: np.ndarray) -> str:
    """Return uint8 values as text."""
    return base64.b64encode(zlib.compress(np.ascontiguousarray(values).tobytes())).decode("ascii")


def unpack(text: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return the uint8 values of ``pack``."""
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8).reshape(shape).copy()


def _differs(first: np.ndarray, second: np.ndarray, where: np.ndarray | None = None) -> np.ndarray:
    """Return (H, W) bool: which pixels differ by more than noise and a common change of light."""
    change = first.astype(np.int16) - second
    counted = change if where is None else change[where]
    common = np.median(counted) if counted.size else 0
    return np.abs(change - common) > NOISE_LEVELS


def _stands_out(first: np.ndarray, second: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return (H, W) bool: which known pixels differ from those around, too.

    Light changes smoothly over a scene, so the median of the differences around is the light.
    """
    change = np.where(known, first.astype(np.int16) - second, 0).clip(-127, 127)
    light = cv2.medianBlur((change + 128).astype(np.uint8), LIGHT_CELLS).astype(np.int16) - 128
    differs = np.abs(change) > NOISE_LEVELS
    return known & differs & (np.abs(change - light) > NOISE_LEVELS)
