"""Features of how a body is held and moves, from keypoints and boxes over a clip.

They do not change with the size of a person, nor when left and right are exchanged.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

# BlazePose's indices of the keypoints that are used; left, right.
NOSE = 0
SHOULDERS, ELBOWS, WRISTS = (11, 12), (13, 14), (15, 16)
HIPS, KNEES, ANKLES = (23, 24), (25, 26), (27, 28)
# Speeds are compared by their logarithm; below this, per second, a body counts as still.
STILL = 0.03


class Skeletons(NamedTuple):
    """M actors over T frames.

    Attributes:
        flat: (M, T, 33, 2) keypoints, pixels of the clip.
        seen: (M, T, 33) probability that each is visible, 0-1.
        metric: (M, T, 33, 3) metres from the hips; y down, as in the image.
        body: (M, T) probability that there is a body, 0-1.
        boxes: (M, T, 4) xyxy, pixels of the clip.
    """

    flat: Tensor
    seen: Tensor
    metric: Tensor
    body: Tensor
    boxes: Tensor


def body_features(one: Skeletons) -> Tensor:
    """Return how the bodies are held at one time.

    Args:
        one: skeletons with T = 1.

    Returns:
        (M, 30): cosines of torso, thighs and shanks against the vertical, angles of hips and
        knees, in space and in the image, lengths in the image per longer box side, the shape of
        the box, and the probability that each part is visible.
    """
    flat, metric = one.flat[:, 0], one.metric[:, 0]
    width, height = _width_and_height(one.boxes[:, 0])
    side = torch.maximum(width, height)
    values = [
        _uprightness(_middle(points, HIPS) - _middle(points, SHOULDERS))
        for points in (metric, flat)
    ]
    for points in (metric, flat):
        values += _both(_angle(points, HIPS, KNEES, ANKLES))
        values += _both(_angle(points, SHOULDERS, HIPS, KNEES))
        values += _both(_uprightness(_pair(points, KNEES) - _pair(points, HIPS)))
    values += _both(_uprightness(_pair(metric, ANKLES) - _pair(metric, KNEES)))
    hips, knees, ankles = (_middle(flat, part) for part in (HIPS, KNEES, ANKLES))
    shoulders, nose = _middle(flat, SHOULDERS), flat[:, NOSE]
    drops = (
        ankles - hips,
        knees - hips,
        hips - shoulders,
        ankles - knees,
        hips - nose,
        ankles - nose,
    )
    values += [drop[:, 1] / side for drop in drops]
    values += [_spread(flat, ANKLES) / side, (ankles - hips)[:, 0].abs() / side]
    values.append((width / height).log())
    values.append(one.body[:, 0])
    values += [one.seen[:, 0, list(part)].mean(dim=1) for part in (SHOULDERS, HIPS, KNEES, ANKLES)]
    return torch.stack(values, dim=1)


def arm_features(one: Skeletons) -> Tensor:
    """Return where the hands are at one time, (M, 8); see ``body_features``."""
    points = one.metric[:, 0]
    nose = points[:, NOSE, None]
    values = _both((_pair(points, WRISTS) - nose).norm(dim=-1))
    values += _both(_angle(points, SHOULDERS, ELBOWS, WRISTS))
    values += _both((_pair(points, SHOULDERS) - _pair(points, WRISTS))[..., 1])
    values.append(_spread(points, WRISTS))
    values.append((_middle(points, WRISTS) - nose[:, 0])[:, 2])
    return torch.stack(values, dim=1)


def motion_features(clip: Skeletons, interval_sec: float) -> Tensor:
    """Return how the bodies move from the first frame to the last.

    Args:
        clip: skeletons with T of 2 or more.
        interval_sec: time between neighbouring frames, seconds.

    Returns:
        (M, 19): speeds of the box, the hips and the head in longer box sides per second, growth
        of the box, and how far legs and head move against the hips.
    """
    boxes = clip.boxes
    span_sec = interval_sec * (boxes.shape[1] - 1)
    width, height = _width_and_height(boxes)
    side = torch.maximum(width, height).median(dim=1).values
    scale = 1 / (side * span_sec)
    centre = (boxes[..., :2] + boxes[..., 2:]) / 2
    travel = [(points[:, -1] - points[:, 0]) * scale[:, None] for points in _anchors(clip, centre)]
    values = [travel[0][:, 0].abs()]
    values += [one[:, 1] for one in travel]
    values += [_log(one.norm(dim=1)) for one in travel]
    values += [(height[:, -1] / height[:, 0]).log(), (width[:, -1] / width[:, 0]).log()]
    values += [(boxes[:, -1, edge] - boxes[:, 0, edge]) * scale for edge in (3, 1)]
    return torch.stack(values + _limb_motion(clip.flat, side), dim=1)


def _anchors(clip: Skeletons, centre: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the centre of the box, the hips and the nose, (M, T, 2) each."""
    return centre, clip.flat[:, :, list(HIPS)].mean(dim=2), clip.flat[:, :, NOSE]


def _limb_motion(flat: Tensor, side: Tensor) -> list[Tensor]:
    """Return logarithms of the motion relative to the hips, in longer box sides: 8 times (M,)."""
    hips = flat[:, :, list(HIPS)].mean(dim=2, keepdim=True)
    relative = (flat - hips) / side[:, None, None, None]
    steps = (relative[:, 1:] - relative[:, :-1]).norm(dim=-1).mean(dim=1)
    values = _both(steps[:, list(ANKLES)]) + _both(steps[:, list(KNEES)]) + [steps[:, NOSE]]
    feet, knees = (_spread(relative, part) for part in (ANKLES, KNEES))
    values += [one.amax(dim=1) - one.amin(dim=1) for one in (feet, knees)]
    values.append(feet.amax(dim=1))
    return [_log(one) for one in values]


def _log(values: Tensor) -> Tensor:
    return (values + STILL).log()


def _width_and_height(boxes: Tensor) -> tuple[Tensor, Tensor]:
    """Return the widths and heights of boxes (..., 4): (...) each, 1 pixel or more."""
    sides = (boxes[..., 2:] - boxes[..., :2]).clamp(min=1)
    return sides[..., 0], sides[..., 1]


def _pair(points: Tensor, part: tuple[int, int]) -> Tensor:
    return points[..., list(part), :]


def _middle(points: Tensor, part: tuple[int, int]) -> Tensor:
    return _pair(points, part).mean(dim=-2)


def _spread(points: Tensor, part: tuple[int, int]) -> Tensor:
    left, right = _pair(points, part).unbind(dim=-2)
    return (left - right).norm(dim=-1)


def _both(sides: Tensor) -> list[Tensor]:
    """Return the larger and the smaller of left and right (M, 2)."""
    return [sides.amax(dim=1), sides.amin(dim=1)]


def _uprightness(limbs: Tensor) -> Tensor:
    """Return the cosine (...) of limbs (..., 2 or 3): 1 points down in the image, -1 up."""
    return limbs[..., 1] / limbs.norm(dim=-1).clamp(min=1e-6)


def _angle(points: Tensor, first: tuple, corner: tuple, last: tuple) -> Tensor:
    """Return the angles at the corner, left and right, radians: (M, 33, D) -> (M, 2)."""
    one, other = (_pair(points, part) - _pair(points, corner) for part in (first, last))
    sizes = one.norm(dim=-1) * other.norm(dim=-1)
    return ((one * other).sum(dim=-1) / sizes.clamp(min=1e-6)).clamp(-1, 1).acos()
