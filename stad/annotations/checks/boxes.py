"""Find boxes that are outside of the frame, swapped or empty, and guess why."""

from __future__ import annotations

import numpy as np

from stad.annotations.checks.findings import Finding

# Maximum fraction by which rounding, also to whole pixels of a small frame, exceeds the frame.
ROUNDING = 0.02
# A box that is cut off at the edge has at least this fraction of its area inside of the frame,
# and ends at most this far outside.
MIN_INSIDE = 0.5
MAX_OUTSIDE = 0.5
# Minimum fraction of boxes that must be plausible in the form that is guessed.
NEARLY_ALL = 0.98
PERCENT, PER_THOUSAND = 100, 1000
# Minimum fraction of rows with swapped corners for a guess of the form of all rows.
MIN_SWAPPED = 0.05
# Minimum fraction of the width that pixel coordinates reach.
MIN_REACH = 0.7


def check_boxes(
    boxes: np.ndarray, sizes_px: np.ndarray | None = None, *, are_fractions: bool = True
) -> list[Finding]:
    """Find boxes that are not corners x1, y1, x2, y2 as fractions of the frame.

    Args:
        boxes: (N, 4) float64 as written, any values.
        sizes_px: (N, 2) float64 width and height of each row's video, NaN if unknown; only used
            to guess.
        are_fractions: whether they should be fractions of the frame; otherwise any one unit is
            right.
    """
    finite = np.all(np.isfinite(boxes), axis=1)
    findings = [Finding("boxes with numbers that are not finite", np.flatnonzero(~finite))]
    safe = np.where(finite[:, None], boxes, np.nan)
    far = np.zeros(len(boxes), dtype=bool)
    if are_fractions:
        far = np.asarray(((safe < -ROUNDING) | (safe > 1 + ROUNDING)).any(axis=1))
    cut = far & _is_cut_off(safe)
    swapped = (safe[:, 0] > safe[:, 2]) | (safe[:, 1] > safe[:, 3])
    empty = finite & ~swapped & ((safe[:, 0] == safe[:, 2]) | (safe[:, 1] == safe[:, 3]))
    units, form = _guesses(safe, far, swapped, sizes_px)
    findings += [
        Finding("boxes outside of [0, 1]", np.flatnonzero(far & ~cut), guess=units),
        Finding(
            "boxes that reach beyond the edge of the frame; they are kept",
            np.flatnonzero(cut),
            drops=False,
            is_wrong=False,
        ),
        Finding(
            "boxes with swapped corners, x1 > x2 or y1 > y2",
            np.flatnonzero(swapped),
            guess=form,
            # A form that explains all rows makes the other rows wrong, too.
            stops=bool(form),
        ),
        Finding("boxes without area", np.flatnonzero(empty)),
    ]
    return [one for one in findings if one.number]


def _guesses(
    boxes: np.ndarray, far: np.ndarray, swapped: np.ndarray, sizes_px: np.ndarray | None
) -> tuple[str, str]:
    """Guess the unit of the boxes outside of the frame, and the form of all, as sentences."""
    units, scale = guess_units(boxes[far], None if sizes_px is None else sizes_px[far])
    if units and 2 * far.sum() > len(far):
        return units, guess_form(boxes[far] / scale, swapped[far])
    return units, guess_form(boxes, swapped)


def _is_cut_off(boxes: np.ndarray) -> np.ndarray:
    """Return (N,) bool: at least half of the box is in the frame, and none of it far outside."""
    near = ((boxes >= -MAX_OUTSIDE) & (boxes <= 1 + MAX_OUTSIDE)).all(axis=1)
    size = boxes[:, 2:] - boxes[:, :2]
    inside = np.clip(boxes[:, 2:], 0, 1) - np.clip(boxes[:, :2], 0, 1)
    has_area = (size > 0).all(axis=1) & (inside > 0).all(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        fraction = np.prod(inside, axis=1) / np.prod(size, axis=1)
    return near & has_area & (fraction >= MIN_INSIDE)


def guess_units(
    boxes: np.ndarray, sizes_px: np.ndarray | None = None
) -> tuple[str, float | np.ndarray]:
    """Guess the unit of boxes that are not fractions of the frame.

    Args:
        boxes: (N, 4) float64, NaN rows allowed.
        sizes_px: as in ``check_boxes``.

    Returns:
        A sentence, empty if they may be fractions, and the divisor that makes them fractions: a
        number or an (N, 4) array.
    """
    high = np.nanmax(boxes, initial=0.0)
    if high <= 1 + MAX_OUTSIDE:
        return "", 1.0
    corners = np.full((len(boxes), 2), np.nan) if sizes_px is None else sizes_px
    known = np.all(np.isfinite(np.hstack((corners, boxes))), axis=1)
    reach = np.max(boxes[known][:, [0, 2]] / corners[known][:, :1], initial=0.0)
    is_near = bool(known.any()) and reach < MIN_REACH
    if high <= PERCENT * (1 + ROUNDING) and (is_near or not known.any()):
        also = "" if known.any() else " or pixels"
        return f"They look like percent (0 to 100){also}: divide them by 100.", float(PERCENT)
    if is_near and PER_THOUSAND * MIN_REACH < high <= PER_THOUSAND * (1 + ROUNDING):
        text = "They look like thousandths (0 to 1000), or pixels: divide them by 1000."
        return text, float(PER_THOUSAND)
    return _guess_pixels(boxes, corners, known)


def _guess_pixels(
    boxes: np.ndarray, corners: np.ndarray, known: np.ndarray
) -> tuple[str, float | np.ndarray]:
    """Guess the size of the frame that boxes are pixels of; see ``guess_units``."""
    high, sides = float(np.nanmax(boxes)), np.hstack((corners, corners))
    if not known.any():
        text = "They look like pixels (or thousandths, 0 to 1000): divide them by the size."
        return text, high
    first = "{}x{}".format(*corners[known][0].astype(int).tolist())
    fits = (boxes[known] <= sides[known] * (1 + ROUNDING)).all(axis=1)
    if fits.mean() >= NEARLY_ALL:
        several = len(np.unique(corners[known], axis=0)) > 1
        size = f"{first} and other sizes" if several else first
        text = f"They look like pixels of {size}: divide x by the width and y by the height."
        return text, np.where(np.isfinite(sides), sides, high)
    # Thousandths of people who reach across the frame come close to 1000; pixels may be lower.
    if PER_THOUSAND * MIN_REACH < high <= PER_THOUSAND * (1 + ROUNDING):
        text = f"They look like thousandths (0 to 1000), or pixels of a larger frame than {first}: "
        return text + "divide them by 1000, or by the size of that frame.", float(PER_THOUSAND)
    larger = f"a larger frame than the video's {first}"
    return f"They look like pixels of {larger}: divide x by its width and y by its height.", high


def guess_form(boxes: np.ndarray, swapped: np.ndarray) -> str:
    """Guess the form of boxes that are not corners x1, y1, x2, y2, as a sentence or ''.

    Args:
        boxes: (N, 4) float64 fractions, NaN rows allowed.
        swapped: (N,) bool, rows whose corners are in the wrong order.
    """
    known = np.isfinite(boxes).all(axis=1)
    boxes, swapped = boxes[known], swapped[known]
    # A single swapped box says nothing about the others.
    if not len(boxes) or swapped.sum() < max(MIN_SWAPPED * len(boxes), min(3, len(boxes))):
        return ""
    left, top, right, bottom = boxes.T
    sizes = _make_sense(left, top, left + right, top + bottom)
    if _nearly_all((left > right) & (top > bottom)):
        also = ", or x, y, width, height" if sizes else ""
        return f"They look like x2, y2, x1, y1{also}: write x1, y1, x2, y2."
    if _nearly_all((left < right) & (top > bottom)):
        return "y1 and y2 look swapped, or y counts from the bottom: count it from the top."
    if _nearly_all((left > right) & (top < bottom)):
        return "x1 and x2 look swapped: write the left edge first."
    if sizes:
        return "They look like x, y, width, height: write x2 = x + width and y2 = y + height."
    if _make_sense(left, right, top, bottom):
        return "They look like x1, x2, y1, y2: write x1, y1, x2, y2."
    if _make_sense(left - right / 2, top - bottom / 2, left + right / 2, top + bottom / 2):
        return "They look like the centre, width and height: write corners x1, y1, x2, y2."
    return ""


def _make_sense(left: np.ndarray, top: np.ndarray, right: np.ndarray, bottom: np.ndarray) -> bool:
    """Return whether nearly all of these are boxes inside of the frame."""
    low, high = np.minimum(left, top), np.maximum(right, bottom)
    return _nearly_all(
        (left < right) & (top < bottom) & (low >= -ROUNDING) & (high <= 1 + ROUNDING)
    )


def _nearly_all(condition: np.ndarray) -> bool:
    return bool(condition.mean() >= NEARLY_ALL)
