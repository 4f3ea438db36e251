"""Make the errors of a detector's boxes and of BlazePose's keypoints.

Their sizes and how often they occur were set by hand, after errors in videos of real people.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stad.datasets.synthetic.posture_angles import Posture, pick
from stad.datasets.synthetic.posture_body import POINT_INDEX, View

NUM_KEYPOINTS = 33
# BlazePose's indices; left, right.
NOSE = 0
SHOULDERS, HIPS, KNEES, ANKLES = (11, 12), (23, 24), (25, 26), (27, 28)
LEFT_LEG, RIGHT_LEG = (23, 25, 27), (24, 26, 28)
KNEES_AND_ANKLES = (*KNEES, *ANKLES)
# The points that are found; the others stay 0.
KEYPOINT_INDEX = {
    "nose": NOSE,
    **{"left_shoulder": 11, "right_shoulder": 12, "left_elbow": 13, "right_elbow": 14},
    **{"left_wrist": 15, "right_wrist": 16, "left_hip": 23, "right_hip": 24},
    **{"left_knee": 25, "right_knee": 26, "left_ankle": 27, "right_ankle": 28},
}
FOUND = list(KEYPOINT_INDEX.values())
FOUND_POINTS = [POINT_INDEX[name] for name in KEYPOINT_INDEX]
# BlazePose learnt from people who are upright: it is less sure of these.
UNUSUAL = (Posture.LIE, Posture.BEND, Posture.FALL)
LOW_HEADS = (Posture.BEND, Posture.CROUCH)
# A body length, for errors of metres.
BODY_M = 1.7
# Depth is guessed from one image: its errors are twice as large.
DEPTH_WEIGHTS = np.array([1.0, 1.0, 2.0])
# An edge of a box, in xyxy: (which, how often it is cut). Furniture hides legs in particular.
CUT_EDGES = {3: 0.5, 1: 0.15, 0: 0.175, 2: 0.175}
BOX_MARGIN = 0.03
MIN_BOX_RATIO = 0.1


class Observed(NamedTuple):
    """One actor over T frames as it is observed, float64.

    Attributes:
        flat: (T, 33, 2) keypoints, pixels.
        seen: (T, 33) probability that each is visible, 0-1.
        metric: (T, 33, 3) metres from the hips; y down.
        body: (T,) probability that there is a body, 0-1.
        boxes: (T, 4) xyxy, pixels.
    """

    flat: np.ndarray
    seen: np.ndarray
    metric: np.ndarray
    body: np.ndarray
    boxes: np.ndarray


def observe(rng: np.random.Generator, posture: Posture, view: View) -> Observed:
    """Return the box and the keypoints that a detector and BlazePose would find.

    Args:
        rng: the source of randomness.
        posture: the class; some errors occur with some postures.
        view: the true points.
    """
    sides = tight_boxes(view.flat)
    sides = (sides[:, 2:] - sides[:, :2]).max(axis=1)
    found = Observed(
        flat=_draw_flat(rng, posture, view.flat, sides),
        seen=_draw_seen(rng, len(view.flat)),
        metric=_draw_metric(rng, view.metric),
        body=_draw_body_score(rng, posture, len(view.flat)),
        boxes=draw_boxes(rng, view.flat),
    )
    _pull_into_boxes(rng, found)
    # A chair, and the leg in front of it, hide the other leg of those who sit.
    if rng.random() < (0.26 if posture is Posture.SIT else 0.044):
        _guess_leg(rng, found, sides)
    if rng.random() < (0.4 if posture in LOW_HEADS else 0.08):
        _guess_head(rng, found)
    if rng.random() < 0.12:
        _shorten_legs(rng, found)
    if posture in (Posture.STAND, Posture.SIT) and rng.random() < 0.1:
        _guess_standing_legs(rng, found)
    if rng.random() < 0.2:
        _repeat_frames(rng, found)
    return found


def tight_boxes(flat: np.ndarray) -> np.ndarray:
    """Return the boxes (T, 4) xyxy that just contain points (T, P, 2)."""
    return np.concatenate([flat.min(axis=1), flat.max(axis=1)], axis=1)


def padded_boxes(flat: np.ndarray) -> np.ndarray:
    """Return the boxes (T, 4) xyxy around points (T, P, 2), with room for flesh and clothes."""
    tight = tight_boxes(flat)
    sides = (tight[:, 2:] - tight[:, :2]).max(axis=1, keepdims=True)
    return tight + BOX_MARGIN * sides * [-1, -1, 1, 1]


def draw_boxes(rng: np.random.Generator, flat: np.ndarray) -> np.ndarray:
    """Return boxes as a detector would find them around points (T, P, 2): (T, 4)."""
    tight = tight_boxes(flat)
    sizes = np.tile(tight[:, 2:] - tight[:, :2], 2)
    boxes = padded_boxes(flat)
    boxes += sizes * (rng.normal(0, 0.03, 4) + rng.normal(0, 0.015, boxes.shape))
    if rng.random() < 0.2:
        middle = len(flat) // 2
        _cut_boxes(rng, boxes, tight[middle])
        shortest = MIN_BOX_RATIO * sizes[middle].max()
        if (boxes[:, 2:] - boxes[:, :2] < shortest).any():
            return padded_boxes(flat)
    return boxes


def _pull_into_boxes(rng: np.random.Generator, found: Observed) -> None:
    """Move keypoints that a cut box leaves out towards its edge, in place: they are guessed."""
    low, high = found.boxes[:, None, :2], found.boxes[:, None, 2:]
    inside = found.flat.clip(low, high)
    beyond = found.flat - inside
    sides = (high - low).max(axis=2)
    ratio, certainty = rng.uniform(0.1, 1), rng.uniform(0.2, 1)
    # Keypoints that are not drawn have a visibility of 0.
    is_out = (np.abs(beyond).max(axis=2) > 0.1 * sides) & (found.seen > 0)
    found.flat[:] = np.where(is_out[..., None], inside + ratio * beyond, found.flat)
    found.seen[:] = np.where(is_out, certainty * found.seen, found.seen)


def _cut_boxes(rng: np.random.Generator, boxes: np.ndarray, body: np.ndarray) -> None:
    """Cut all boxes where the image ends or an object hides the body (4,), in place."""
    edge, ratio = pick(rng, CUT_EDGES), rng.uniform(0.1, 0.45)
    opposite = (edge + 2) % 4
    cut = body[edge] + ratio * (body[opposite] - body[edge])
    boxes[:, edge] = (
        np.minimum(boxes[:, edge], cut) if edge >= 2 else np.maximum(boxes[:, edge], cut)
    )


def _draw_flat(
    rng: np.random.Generator, posture: Posture, flat: np.ndarray, sides: np.ndarray
) -> np.ndarray:
    """Return (T, 33, 2) keypoints with errors that last, and others that do not."""
    size = (0.02 if posture in UNUSUAL else 0.012) * np.exp(rng.normal(0, 0.5))
    lasting = rng.normal(0, size, (len(FOUND), 2))
    errors = lasting + rng.normal(0, 0.7 * size, (len(flat), len(FOUND), 2))
    found = np.zeros((len(flat), NUM_KEYPOINTS, 2))
    found[:, FOUND] = flat[:, FOUND_POINTS] + sides[:, None, None] * errors
    return found


def _draw_metric(rng: np.random.Generator, metric: np.ndarray) -> np.ndarray:
    """Return (T, 33, 3) points: of another scale, flattened, with errors, at times inside out."""
    size = 0.025 * np.exp(rng.normal(0, 0.5))
    values = metric[:, FOUND_POINTS] * rng.uniform(0.85, 1.1)
    values[..., 2] *= rng.uniform(0.5, 1.15)
    lasting = rng.normal(0, size, (len(FOUND), 3))
    values += DEPTH_WEIGHTS * (lasting + rng.normal(0, 0.6 * size, values.shape))
    if rng.random() < 0.08:
        # Near and far are exchanged.
        values[..., 2] *= -1
    found = np.zeros((len(metric), NUM_KEYPOINTS, 3))
    found[:, FOUND] = values
    return found


def _draw_seen(rng: np.random.Generator, num_frames: int) -> np.ndarray:
    seen = np.zeros((num_frames, NUM_KEYPOINTS))
    seen[:, FOUND] = 1 - np.abs(rng.normal(0, 0.01, (num_frames, len(FOUND))))
    return seen


def _draw_body_score(rng: np.random.Generator, posture: Posture, num_frames: int) -> np.ndarray:
    doubt = abs(rng.normal(0, 0.3 if posture in UNUSUAL else 0.05))
    score = np.clip(1 - doubt + rng.normal(0, 0.02, num_frames), 0.02, 1)
    return score * rng.uniform() if rng.random() < 0.05 else score


def _some_frames(rng: np.random.Generator, num_frames: int) -> np.ndarray:
    """Return in which frames an error occurs, (T,) bool: in all of them or in some."""
    if rng.random() < 0.6:
        return np.ones(num_frames, dtype=bool)
    return rng.random(num_frames) < 0.6


def _guess_leg(rng: np.random.Generator, found: Observed, sides: np.ndarray) -> None:
    """Guess a leg that the other one or furniture hides: like the other but shorter, in place."""
    hidden, other = (LEFT_LEG, RIGHT_LEG) if rng.random() < 0.5 else (RIGHT_LEG, LEFT_LEG)
    frames = _some_frames(rng, len(sides))
    thigh_ratio, shank_ratio = rng.uniform(0.1, 0.8), rng.uniform(0.2, 1)
    for points, scale in ((found.flat, sides[:, None]), (found.metric, BODY_M)):
        axes = points.shape[-1]
        hip, knee, ankle = (points[:, index] for index in other)
        new_knee = points[:, hidden[0]] + thigh_ratio * (knee - hip)
        new_knee = new_knee + rng.normal(0, 0.05, axes) * scale
        new_ankle = new_knee + shank_ratio * (ankle - knee) + rng.normal(0, 0.06, axes) * scale
        points[frames, hidden[1]], points[frames, hidden[2]] = new_knee[frames], new_ankle[frames]


def _guess_head(rng: np.random.Generator, found: Observed) -> None:
    """Put a head that is not visible beyond the shoulders, in line with the trunk, in place."""
    frames = _some_frames(rng, len(found.body))
    ratio = 0.4 * rng.uniform(0, 0.6)
    for points in (found.flat, found.metric):
        shoulders, hips = points[:, SHOULDERS].mean(axis=1), points[:, HIPS].mean(axis=1)
        points[frames, NOSE] = (shoulders + ratio * (shoulders - hips))[frames]


def _shorten_legs(rng: np.random.Generator, found: Observed) -> None:
    """Turn hidden legs down towards a mean leg, in the image and in place."""
    found.seen[:, KNEES_AND_ANKLES] = rng.uniform(0.05, 0.7)
    ratio = rng.uniform(0.2, 0.8)
    for starts, ends in ((HIPS, KNEES), (KNEES, ANKLES)):
        limbs = found.flat[:, ends] - found.flat[:, starts]
        lengths = np.linalg.norm(limbs, axis=-1, keepdims=True)
        down = lengths * np.array([0.0, 1.0])
        found.flat[:, ends] = found.flat[:, starts] + (1 - ratio) * limbs + ratio * down


def _guess_standing_legs(rng: np.random.Generator, found: Observed) -> None:
    """Guess legs behind a table as those of a person who stands, in place."""
    found.seen[:, KNEES_AND_ANKLES] = rng.uniform(0.2, 0.9)
    ratio = rng.uniform(0.7, 1.1)
    for points in (found.flat, found.metric):
        trunk = points[:, SHOULDERS].mean(axis=1) - points[:, HIPS].mean(axis=1)
        length = np.linalg.norm(trunk, axis=-1)[:, None, None]
        down = np.eye(points.shape[-1])[1]
        for starts, ends, limb in ((HIPS, KNEES, 0.85), (KNEES, ANKLES, 0.8)):
            errors = rng.normal(0, 0.05, points[:, ends].shape)
            points[:, ends] = points[:, starts] + length * (ratio * limb * down + errors)


def _repeat_frames(rng: np.random.Generator, found: Observed) -> None:
    """Repeat a frame, in place, as where the video begins or ends near the keyframe."""
    num_frames = len(found.body)
    if num_frames < 2:
        return
    missing = int(rng.integers(1, num_frames // 2 + 1))
    is_end = rng.random() < 0.35
    for values in found:
        if is_end:
            values[num_frames - missing :] = values[num_frames - missing - 1]
        else:
            values[:missing] = values[missing]
