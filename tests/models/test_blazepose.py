"""BlazePose: who is asked twice, confident answers win, all crops of a look are one batch."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from stad.datasets.synthetic.figures import Figure, FigureSpec, draw_clothes
from stad.datasets.synthetic.gaits import MotionSpec
from stad.datasets.synthetic.skeleton import Body
from stad.errors import InputError
from stad.models.backbones import blazepose
from stad.models.backbones.blazepose import CHANNELS, VALUES, WIDTHS, BlazePose
from stad.models.backbones.pose_looks import (
    CENTRE,
    GIVEN_POINTS,
    INPUT_PX,
    NUM_KEYPOINTS,
    TOP,
    PoseFinds,
)
from stad.utils.networks import open_in_torch
from stad.zoo.catalog import BLAZEPOSE
from stad.zoo.files import fetch, is_cached

CROP_PX = 384
NOSE = 0


class Finder(BlazePose):
    """BlazePose with a network that finds a body by two dots: red are the hips, green the head.

    It is sure of bodies that are upright, and keeps the size of each batch.
    """

    def __init__(self):
        super().__init__()
        self.batches = []

    def _run(self, crops):
        self.batches.append(len(crops))
        hips, head = (_places(crops[:, channel]) for channel in (0, 1))
        points = torch.zeros(len(crops), GIVEN_POINTS, 2)
        points[:, CENTRE] = points[:, 23] = points[:, 24] = hips
        points[:, NOSE] = head
        # The circle is a little larger than the body.
        points[:, TOP] = hips + 1.1 * (head - hips)
        up = (hips - head)[:, 1] / (hips - head).norm(dim=1)
        metric = torch.zeros(len(crops), NUM_KEYPOINTS, 3)
        metric[:, NOSE, :2] = (head - hips) / 100
        return PoseFinds(points, torch.ones(len(crops), NUM_KEYPOINTS), metric, up.clamp(0.01, 1))


def _places(planes):
    """The centres of what is bright in (P, 256, 256): (P, 2) x and y."""
    steps = torch.arange(planes.shape[-1]) + 0.5
    bright = (planes - 0.2).clamp(min=0) + 1e-9
    total = bright.sum(dim=(1, 2))
    x, y = (bright.sum(dim=axis) @ steps / total for axis in (1, 2))
    return torch.stack((x, y), dim=1)


def person(hips, head):
    """A crop with a body, (S, S, 3) in [0, 1]: places are pixels of the crop."""
    image = np.zeros((CROP_PX, CROP_PX, 3), dtype=np.float32)
    for channel, (column, row) in enumerate((hips, head)):
        image[row - 4 : row + 4, column - 4 : column + 4, channel] = 1
    return image


def clips_of(*images):
    """M images -> (M, 3, 1, S, S) in [-1, 1], as the preprocessor gives them."""
    stacked = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
    return (stacked * 2 - 1)[:, :, None]


# The circle around 93 pixels fills the first look as expected.
STANDING, FALLEN = ((192, 192), (192, 99)), ((192, 192), (99, 192))
UPRIGHT, SQUARE, LYING = [[0.0, 0, 40, 100]], [[0.0, 0, 60, 100]], [[0.0, 0, 100, 50]]


def found_of(values):
    """(CHANNELS,) -> nose and hips in pixels of the crop, the nose in metres."""
    marks = values[:-1].reshape(NUM_KEYPOINTS, VALUES)
    return marks[NOSE, :2] * CROP_PX, marks[23, :2] * CROP_PX, marks[NOSE, 3:5]


@pytest.mark.parametrize(
    ("body", "box", "batches"),
    [
        (STANDING, UPRIGHT, [1]),
        # Not so tall that the legs must be straight, or the body is off the vertical.
        (STANDING, SQUARE, [1, 1]),
        (((192, 192), (250, 110)), UPRIGHT, [1, 1]),
        (FALLEN, LYING, [3, 1]),
        (((192, 192), (285, 192)), LYING, [3, 1]),
        (((260, 150), (200, 200)), LYING, [3, 1]),
    ],
    ids=["straight", "sitting", "leaning", "head left", "head right", "head down and left"],
)
def test_keypoints_are_those_of_the_crop_however_often_it_looks(body, box, batches):
    net = Finder()
    (found,) = net(clips_of(person(*body)), torch.tensor([box]))
    assert net.batches == batches
    nose, hips, metric = found_of(found.flatten())
    torch.testing.assert_close(nose, torch.tensor(body[1], dtype=torch.float32), atol=1.5, rtol=0)
    torch.testing.assert_close(hips, torch.tensor(body[0], dtype=torch.float32), atol=1.5, rtol=0)
    # The direction from hips to head is that of the crop, too.
    direction = (nose - hips) / (nose - hips).norm()
    torch.testing.assert_close(metric / metric.norm(), direction, atol=0.03, rtol=0)
    # The last look was at an upright body.
    assert float(found.flatten()[-1]) == pytest.approx(1.0, abs=0.02)


def test_only_those_who_need_it_are_looked_at_again():
    net = Finder()
    images = [person(*STANDING), person(*FALLEN), person(*STANDING)]
    (found,) = net(clips_of(*images), torch.tensor([UPRIGHT, LYING, SQUARE]))
    assert found.shape == (3, CHANNELS, 1, 1, 1)
    # Two more looks at the wide box in the first batch; the last two once more.
    assert net.batches == [5, 2]
    for values, body in zip(found, (STANDING, FALLEN, STANDING), strict=True):
        nose, hips, _ = found_of(values.flatten())
        expected = torch.tensor(body, dtype=torch.float32)
        torch.testing.assert_close(torch.stack((hips, nose)), expected, atol=1.5, rtol=0)


def test_frames_and_actors_keep_their_order():
    bodies = [((150 + 10 * i, 192), (150 + 10 * i, 99)) for i in range(4)]
    images = [person(*body) for body in bodies]
    clips = torch.cat((clips_of(*images[:2]), clips_of(*images[2:])), dim=2)
    (found,) = Finder()(clips, torch.tensor([UPRIGHT * 2] * 2))
    assert found.shape == (2, CHANNELS, 2, 1, 1)
    for actor in range(2):
        for frame in range(2):
            nose, _, _ = found_of(found[actor, :, frame].flatten())
            expected = torch.tensor(bodies[actor + 2 * frame][1], dtype=torch.float32)
            torch.testing.assert_close(nose, expected, atol=1.5, rtol=0)


class Grey(nn.Module):
    """In the place of the published network: the mean of each crop in all its outputs."""

    def forward(self, images):
        return images.mean(dim=(1, 2, 3))[:, None].expand(-1, sum(WIDTHS))


def test_outputs_of_the_network_become_keypoints(monkeypatch):
    opened = []

    def open_grey(network, *, name, any_size=False):
        opened.append((name, any_size))
        return open_in_torch(Grey(), name=name)

    monkeypatch.setattr(blazepose, "open_tflite", lambda path, outputs: nn.Identity())
    net = BlazePose(lambda: Path("net.tflite"))
    net.open_network = open_grey
    crops = torch.stack([torch.full((3, INPUT_PX, INPUT_PX), grey) for grey in (0.25, 0.5)])
    for _ in range(2):
        found = net._run(crops)
    assert opened == [("BlazePose", False)]
    for row, grey in enumerate((0.25, 0.5)):
        assert found.points[row].eq(grey).all()
        assert found.metric[row].eq(grey).all()
        assert found.seen[row, 0].item() == pytest.approx(1 / (1 + np.exp(-grey)))
        assert found.body[row].item() == pytest.approx(grey)
    shapes = [tuple(part.shape) for part in found]
    assert shapes == [(2, GIVEN_POINTS, 2), (2, NUM_KEYPOINTS), (2, NUM_KEYPOINTS, 3), (2,)]
    # Copies open it again, and it is no part of checkpoints.
    assert copy.deepcopy(net)._network is None
    assert net.state_dict() == {}


def test_without_weights_it_says_what_to_do():
    with pytest.raises(InputError, match="BlazePose has no weights"):
        BlazePose()(
            clips_of(np.zeros((INPUT_PX, INPUT_PX, 3), np.float32)), torch.tensor([UPRIGHT])
        )


@pytest.mark.skipif(not is_cached(BLAZEPOSE), reason="the weights of BlazePose are not cached")
def test_the_published_weights_see_a_rendered_person_the_right_way_up():
    spec = FigureSpec(
        posture="stand",
        height_px=190.0,
        foot_px=(128.0, 225.0),
        drift_px_per_sec=0.0,
        yaw_deg=60.0,
        pitch_deg=6.0,
        motion=MotionSpec(rate_hz=0.9, phase=0.3, event_sec=1.5),
        body=Body(),
        clothes=draw_clothes(np.random.default_rng(1)),
    )
    figure = Figure(spec, np.zeros(1), scale=np.ones(1), shift_px=np.zeros((1, 2)))
    image = np.full((256, 256, 3), 150, dtype=np.uint8)
    figure.draw(image, 0)
    fallen = np.rot90(image).copy()
    clips = clips_of(*(one.astype(np.float32) / 255 for one in (image, fallen)))
    (found,) = BlazePose(fetch(BLAZEPOSE))(clips, torch.tensor([UPRIGHT, LYING]))
    values = found[..., 0, 0, 0].numpy()
    standing, lying = (one[:-1].reshape(NUM_KEYPOINTS, VALUES) for one in values)
    assert values[0, -1] > 0.5
    shoulders, hips, knees, ankles = (
        standing[[left, left + 1], 1].mean() for left in (11, 23, 25, 27)
    )
    assert 0.1 < shoulders < hips < knees < ankles < 0.95
    # Turned against the clock, the head is at the left.
    shoulders, hips, ankles = (lying[[left, left + 1], 0].mean() for left in (11, 23, 27))
    assert 0.1 < shoulders < hips < ankles < 0.95
