"""Move a box from one frame to the next by optical flow, or find that it is lost.

After Kalal et al., "Forward-Backward Error: Automatic Detection of Tracking Failures" (ICPR 2010):
points inside the box are followed to the next frame and back again; those that do not come back
are dropped, and the median of the rest moves and scales the box. Here, points that move as the
surroundings do are dropped too, as long as others are left.
"""

from __future__ import annotations

import cv2
import numpy as np

# Longer side of the images that are compared.
WORK_PX = 640
NUM_POINTS, MIN_POINTS = 80, 8
# A point must come back this near, pixels of the small image.
MAX_ERROR_PX = 1.0
# Ratio of points that must come back.
MIN_GOOD_RATIO = 0.35
# Points that differ from the surroundings by more than this move by themselves, if they are at
# this ratio of all.
OWN_MOTION_PX, MIN_OWN_RATIO = 0.5, 0.2
# The box grows or shrinks by at most this factor in one step.
MAX_SCALE = 1.08
# Correlation of the box's content with that of the frame before.
MIN_LIKENESS = 0.45
PATCH_SIZE = (24, 48)
# Two patches are the same if few of their pixels differ by more than this many levels.
SAME_LEVELS, MAX_CHANGED_RATIO = 12.0, 0.06
WINDOW_PX, LEVELS = (17, 17), 3
# Bodies are narrower than their boxes.
INNER = np.array((0.15, 0.05, 0.85, 0.95))


def small_gray(image: np.ndarray) -> tuple[np.ndarray, float]:
    """Return an (H, W, 3) uint8 RGB image small and grey, and its scale."""
    scale = min(WORK_PX / max(image.shape[:2]), 1.0)
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    size = (max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1))
    return cv2.resize(gray, size, interpolation=cv2.INTER_AREA), scale


def flow_box(before: np.ndarray, after: np.ndarray, box: np.ndarray) -> np.ndarray | None:
    """Return where a box of one frame is in the next one, None if it is lost.

    Args:
        before: (H, W) uint8 image of the one frame.
        after: (H, W) uint8 image of the other.
        box: (4,) xyxy in the first, pixels.

    Returns:
        (4,) float64 xyxy in the second.
    """
    points = _points_in(before, box)
    if len(points) < MIN_POINTS:
        return None
    moved, is_good = _follow(before, after, points)
    if is_good.mean() < MIN_GOOD_RATIO or is_good.sum() < MIN_POINTS:
        return None
    start, end = points[is_good], moved[is_good]
    own = _own_motion(before, after, box, end - start)
    if own is not None:
        start, end = start[own], end[own]
    shift = np.median(end - start, axis=0)
    scale = _scale(start, end)
    centre, half = (box[:2] + box[2:]) / 2 + shift, (box[2:] - box[:2]) / 2 * scale
    found = np.concatenate((centre - half, centre + half))
    return found if _likeness(before, box, after, found) >= MIN_LIKENESS else None


def _points_in(image: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Return (N, 2) float32 points inside a box: corners of the image, else a grid."""
    height, width = image.shape
    size = np.tile(box[2:] - box[:2], 2)
    left, top, right, bottom = np.tile(box[:2], 2) + INNER * size
    x1, y1 = max(int(left), 0), max(int(top), 0)
    x2, y2 = min(int(np.ceil(right)), width), min(int(np.ceil(bottom)), height)
    if x2 - x1 < 4 or y2 - y1 < 4:
        return np.zeros((0, 2), np.float32)
    part = np.ascontiguousarray(image[y1:y2, x1:x2])
    distance = max(np.sqrt((x2 - x1) * (y2 - y1) / NUM_POINTS) / 2, 1.0)
    corners = cv2.goodFeaturesToTrack(part, NUM_POINTS, 0.01, distance)
    if corners is not None and len(corners) >= 2 * MIN_POINTS:
        return (corners[:, 0] + (x1, y1)).astype(np.float32)
    columns, rows = np.meshgrid(np.linspace(x1 + 1, x2 - 2, 6), np.linspace(y1 + 1, y2 - 2, 8))
    return np.stack((columns.ravel(), rows.ravel()), axis=1).astype(np.float32)


def _follow(
    before: np.ndarray, after: np.ndarray, points: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return where (N, 2) points are in the next frame, and (N,) whether they come back."""
    moved, is_found = _flow(before, after, points)
    back, has_returned = _flow(after, before, moved)
    error = np.linalg.norm(points - back, axis=1)
    return moved, is_found & has_returned & (error <= MAX_ERROR_PX)


def _flow(
    before: np.ndarray, after: np.ndarray, points: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    # The stubs do not know that the first guess may be missing.
    guess = points.copy()
    moved, is_found, _ = cv2.calcOpticalFlowPyrLK(
        before, after, points, guess, winSize=WINDOW_PX, maxLevel=LEVELS
    )
    return moved, is_found[:, 0] == 1


def _own_motion(
    before: np.ndarray, after: np.ndarray, box: np.ndarray, motion: np.ndarray
) -> np.ndarray | None:
    """Return (N,) which points move otherwise than the surroundings; None if too few do."""
    size = box[2:] - box[:2]
    around = np.concatenate((box[:2] - size / 2, box[2:] + size / 2))
    points = _points_in(before, around)
    outside = ((points < box[:2]) | (points > box[2:])).any(axis=1)
    points = points[outside]
    if len(points) < MIN_POINTS:
        return None
    moved, is_good = _follow(before, after, points)
    if is_good.sum() < MIN_POINTS:
        return None
    ground = np.median((moved - points)[is_good], axis=0)
    own = np.linalg.norm(motion - ground, axis=1) > OWN_MOTION_PX
    return own if own.sum() >= max(MIN_OWN_RATIO * len(own), MIN_POINTS / 2) else None


def _scale(start: np.ndarray, end: np.ndarray) -> float:
    """Return by which factor (N, 2) points moved apart: the median over their pairs."""
    first, second = np.triu_indices(len(start), k=1)
    before = np.linalg.norm(start[first] - start[second], axis=1)
    after = np.linalg.norm(end[first] - end[second], axis=1)
    apart = before > 3
    if not apart.any():
        return 1.0
    return float(np.clip(np.median(after[apart] / before[apart]), 1 / MAX_SCALE, MAX_SCALE))


def _likeness(
    before: np.ndarray, box: np.ndarray, after: np.ndarray, moved_box: np.ndarray
) -> float:
    """Return the correlation of what two boxes show, -1 to 1; 1 where both show nothing."""
    first, second = _patch(before, box), _patch(after, moved_box)
    if first is None or second is None:
        return -1.0
    first, second = first - first.mean(), second - second.mean()
    norm = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float((first * second).sum()) / norm if norm > 0 else 1.0


def shows_same(first: np.ndarray, second: np.ndarray, box: np.ndarray) -> bool:
    """Return whether a box shows the same in two (H, W) uint8 images, up to noise and light."""
    before, after = _patch(first, box), _patch(second, box)
    if before is None or after is None:
        return False
    before, after = before - np.median(before), after - np.median(after)
    return float((np.abs(before - after) > SAME_LEVELS).mean()) <= MAX_CHANGED_RATIO


def _patch(image: np.ndarray, box: np.ndarray) -> np.ndarray | None:
    height, width = image.shape
    x1, y1 = max(int(box[0]), 0), max(int(box[1]), 0)
    x2, y2 = min(int(np.ceil(box[2])), width), min(int(np.ceil(box[3])), height)
    if x2 - x1 < 2 or y2 - y1 < 2:
        return None
    part = np.ascontiguousarray(image[y1:y2, x1:x2])
    return cv2.resize(part, PATCH_SIZE, interpolation=cv2.INTER_AREA).astype(np.float32)
