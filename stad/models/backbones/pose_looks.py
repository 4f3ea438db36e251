"""Squares that are cut out of crops, rotated and scaled, and the bodies that are found in them."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

# BlazePose's input, pixels; its keypoints, and all points that it gives: the last ones only say
# how to cut the body out.
INPUT_PX = 256
NUM_KEYPOINTS, GIVEN_POINTS = 33, 39
# The middle of the hips, and a point above the head on a circle around the whole body. The square
# is this many times as wide as the circle, as in MediaPipe's pose_landmarks_to_roi.
CENTRE, TOP, CIRCLE_SCALE = 33, 34, 1.25
TORSO = (11, 12, 23, 24)
# A square is at least this large, in sides of the input.
SMALLEST = 0.2
# A body that stands straight and fills its square needs no second look: off the vertical and off
# the middle by less than this, and of a size in this range, in sides of the square.
STRAIGHT_DEG, STRAIGHT_SHIFT, STRAIGHT_SIZES = 10.0, 0.1, (0.85, 1.15)


class PoseFinds(NamedTuple):
    """Results of the network for P squares.

    Attributes:
        points: (P, 39, 2) float32 x and y, pixels.
        seen: (P, 33) probability that each keypoint is visible, 0-1.
        metric: (P, 33, 3) metres from the middle of the hips; y down, as in the square.
        body: (P,) probability that there is a body, 0-1.
    """

    points: Tensor
    seen: Tensor
    metric: Tensor
    body: Tensor

    def of(self, rows: Tensor) -> PoseFinds:
        """Return some of them."""
        return PoseFinds(*(part[rows] for part in self))

    def replaced(self, rows: Tensor, other: PoseFinds) -> PoseFinds:
        """Return these with ``rows`` replaced by those of ``other``."""
        pairs = zip(self, other, strict=True)
        return PoseFinds(*(part.index_copy(0, rows, new) for part, new in pairs))

    def confidence(self) -> Tensor:
        """Return (P,): the probability of the body times that its torso is visible."""
        return self.body * self.seen[:, list(TORSO)].mean(dim=1)

    def stands_straight(self) -> Tensor:
        """Return (P,) bool: the body is upright, in the middle, and as large as expected."""
        centre, radius, angle = _circle(self.points)
        size = 2 * radius * CIRCLE_SCALE / INPUT_PX
        shift = (centre - INPUT_PX / 2).norm(dim=1) / INPUT_PX
        low, high = STRAIGHT_SIZES
        is_sized = (size >= low) & (size <= high)
        return is_sized & (shift < STRAIGHT_SHIFT) & (angle.abs() < math.radians(STRAIGHT_DEG))


class Looks(NamedTuple):
    """P squares in crops, pixels of the crop.

    Attributes:
        centres: (P, 2) float32.
        sides: (P,) float32.
        angles: (P,) float32 radians; the square's down direction is rotated clockwise from the
            crop's by this, so that a body whose head points to the right stands upright in a
            square of pi / 2.
    """

    centres: Tensor
    sides: Tensor
    angles: Tensor

    @staticmethod
    def middle(count: int, crop_px: int, angle: float = 0.0) -> Looks:
        """Return squares of the network's input size in the middle of crops, rotated."""
        return Looks(
            torch.full((count, 2), crop_px / 2),
            torch.full((count,), float(INPUT_PX)),
            torch.full((count,), angle),
        )

    def of(self, rows: Tensor) -> Looks:
        """Return some of them."""
        return Looks(*(part[rows] for part in self))

    def cut(self, crops: Tensor) -> Tensor:
        """Cut the squares out of crops (P, 3, S, S) float: (P, 3, 256, 256), 0 outside."""
        # grid_sample counts from -1 to 1 over the crop.
        steps = (torch.arange(INPUT_PX) + 0.5) * 2 / INPUT_PX - 1
        axes = self._rotations() * (self.sides / crops.shape[-1])[:, None, None]
        corner = 2 * self.centres / crops.shape[-1] - 1
        right, down = axes[:, :, 0, None, None], axes[:, :, 1, None, None]
        grid = corner[:, :, None, None] + right * steps + down * steps[:, None]
        return F.grid_sample(crops, grid.permute(0, 2, 3, 1).to(crops), align_corners=False)

    def in_crop(self, found: PoseFinds) -> PoseFinds:
        """Return finds in the squares as finds in the crops."""
        rotations = self._rotations()
        scale = (self.sides / INPUT_PX)[:, None, None]
        offsets = (found.points - INPUT_PX / 2) * scale @ rotations.transpose(1, 2)
        flat = found.metric[..., :2] @ rotations.transpose(1, 2)
        return found._replace(
            points=offsets + self.centres[:, None],
            metric=torch.cat((flat, found.metric[..., 2:]), dim=2),
        )

    def _rotations(self) -> Tensor:
        """Return (P, 2, 2) that turn a square's axes into the crop's."""
        cos, sin = self.angles.cos(), self.angles.sin()
        return torch.stack((cos, -sin, sin, cos), dim=1).unflatten(1, (2, 2))


def aligned(found: PoseFinds) -> Looks:
    """Return the squares in which bodies, found in crops, are upright and fill the square."""
    centre, radius, angle = _circle(found.points)
    return Looks(centre, (2 * radius * CIRCLE_SCALE).clamp(min=SMALLEST * INPUT_PX), angle)


def _circle(points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return centre (P, 2) and radius (P,) of the circles around bodies, and how they are rotated.

    The angle (P,), radians, is that from up to the direction of the head, clockwise.
    """
    centre = points[:, CENTRE]
    up = points[:, TOP] - centre
    return centre, up.norm(dim=1), torch.atan2(up[:, 0], -up[:, 1])
