"""People made of 33 keypoints, as BlazePose numbers them, for tests."""

from __future__ import annotations

import torch
from torch import Tensor

from stad.models.backbones.blazepose import CHANNELS, NUM_KEYPOINTS, VALUES

PIXELS_PER_METRE = 100.0
# The middle of the hips in the picture.
HIPS_PX = (200.0, 150.0)
LEFT_AND_RIGHT = [(number, number + 1) for number in range(11, 33, 2)]
# Metres from the middle of the hips: x right, y down, z away; (left, right) of each pair.
STANDING = {
    0: (0.0, -0.7, -0.1),
    11: (0.2, -0.5, 0.0),
    13: (0.2, -0.2, 0.0),
    15: (0.2, 0.1, 0.0),
    23: (0.1, 0.0, 0.0),
    25: (0.1, 0.45, 0.0),
    27: (0.1, 0.85, 0.0),
}


def standing() -> Tensor:
    """Somebody upright with hanging arms, seen from the front: (33, 3) metres."""
    points = torch.zeros(NUM_KEYPOINTS, 3)
    for number, place in STANDING.items():
        points[number] = torch.tensor(place)
        if number:
            points[number + 1] = torch.tensor(place) * torch.tensor([-1.0, 1, 1])
    return points


def sitting() -> Tensor:
    """The same person on a chair, thighs towards the viewer."""
    points = standing()
    points[[25, 26], 1:] = torch.tensor([0.0, -0.45])
    points[[27, 28], 1:] = torch.tensor([0.4, -0.45])
    return points


def uneven() -> Tensor:
    """Somebody who raises one arm and bends one leg, so that left and right differ."""
    points = standing()
    points[13], points[15] = torch.tensor([0.4, -0.6, 0.0]), torch.tensor([0.45, -0.85, -0.1])
    points[26], points[28] = torch.tensor([-0.2, 0.3, -0.3]), torch.tensor([-0.15, 0.7, -0.2])
    return points


def mirrored(points: Tensor) -> Tensor:
    """Seen in a mirror: the left hand is where the right one was, on the other side."""
    turned = points * torch.tensor([-1.0, 1, 1])
    for left, right in LEFT_AND_RIGHT:
        turned[[left, right]] = turned[[right, left]]
    return turned


def lying(points: Tensor) -> Tensor:
    """Turned by a quarter: the head is at the left."""
    return torch.stack((points[:, 1], -points[:, 0], points[:, 2]), dim=1)


def in_picture(points: Tensor) -> Tensor:
    """(33, 3) metres -> (33, 2) pixels, seen from afar."""
    return points[:, :2] * PIXELS_PER_METRE + torch.tensor(HIPS_PX)


def box_of(flat: Tensor) -> Tensor:
    """(33, 2) pixels -> (4,) xyxy around them."""
    return torch.cat((flat.amin(dim=0), flat.amax(dim=0)))


def map_of(flat: Tensor, metric: Tensor, region: Tensor) -> Tensor:
    """What BlazePose says of people who are fully seen: (T, 33, 2 and 3), (T, 4) -> (199, T)."""
    marks = torch.zeros(len(flat), NUM_KEYPOINTS, VALUES)
    marks[..., :2] = (flat - region[:, None, :2]) / (region[:, None, 2:] - region[:, None, :2])
    marks[..., 2], marks[..., 3:] = 1, metric
    values = torch.ones(len(flat), CHANNELS)
    values[:, :-1] = marks.flatten(1)
    return values.T
