"""BlazePose: turned images come back, sure answers win, all crops are one batch."""

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
from stad.models.backbones.blazepose import (
    CHANNELS,
    INPUT_PX,
    NUM_KEYPOINTS,
    VALUES,
    WIDTHS,
    BlazePose,
    confidence,
    turn_back,
)
from stad.utils.networks import open_in_torch
from stad.zoo.catalog import BLAZEPOSE
from stad.zoo.files import fetch, is_cached

SIDE = 40
NOSE, FOOT = 0, 32


def places():
    """Where each keypoint is in the image: (33, 2) whole columns and rows, all different."""
    cells = np.random.default_rng(0).permutation(SIDE * SIDE)[:NUM_KEYPOINTS]
    columns, rows = cells % SIDE, cells // SIDE
    # The nose above everything and the foot below, so that one can tell which way is up.
    columns[[NOSE, FOOT]], rows[[NOSE, FOOT]] = SIDE // 2, [0, SIDE - 1]
    rows[1:FOOT] = rows[1:FOOT].clip(1, SIDE - 2)
    return np.stack((columns, rows), axis=1)


def marked(where):
    """An image with one pixel of its own brightness per keypoint: (S, S, 3) in [0, 1]."""
    image = np.zeros((SIDE, SIDE, 3), dtype=np.float32)
    for number, (column, row) in enumerate(where):
        image[row, column] = (number + 1) / NUM_KEYPOINTS
    return image


def read(image):
    """What a perfect network says of ``marked`` images: (CHANNELS,), sure if they are upright."""
    marks = np.zeros((NUM_KEYPOINTS, VALUES), dtype=np.float32)
    found = np.rint(image[..., 0] * NUM_KEYPOINTS).astype(int)
    for number in range(NUM_KEYPOINTS):
        rows, columns = np.nonzero(found == number + 1)
        if len(rows):
            marks[number, :2] = (columns[0] + 0.5) / SIDE, (rows[0] + 0.5) / SIDE
    # In metres from the middle of the image, which is two metres wide; z says which it is.
    marks[:, 3:5] = marks[:, :2] * 2 - 1
    marks[:, 5] = np.arange(NUM_KEYPOINTS)
    marks[:, 2] = 1
    return np.append(marks.reshape(-1), marks[FOOT, 1] - marks[NOSE, 1]).astype(np.float32)


@pytest.fixture(scope="module")
def where():
    found = places()
    assert len({tuple(one) for one in found.tolist()}) == NUM_KEYPOINTS
    return found


@pytest.mark.parametrize("quarters", [0, 1, 3])
def test_keypoints_of_a_turned_picture_come_back(where, quarters):
    image = marked(where)
    expected = read(image)
    back = turn_back(read(np.rot90(image, quarters)), quarters)
    np.testing.assert_allclose(back[:-1], expected[:-1], atol=1e-6)


def test_sureness_is_of_the_body_and_its_torso():
    values = np.zeros(CHANNELS, dtype=np.float32)
    marks = values[:-1].reshape(NUM_KEYPOINTS, VALUES)
    marks[[11, 12, 23, 24], 2] = 1.0, 1.0, 0.5, 0.5
    marks[0, 2] = 1.0
    values[-1] = 0.8
    assert confidence(values) == pytest.approx(0.8 * 0.75)


class Reader(BlazePose):
    """BlazePose with ``read`` in the place of the network; keeps the size of each batch."""

    def __init__(self):
        super().__init__()
        self.batches = []

    def _run(self, crops):
        self.batches.append(len(crops))
        return np.stack([read(one) for one in crops.permute(0, 2, 3, 1).numpy()])


def clips_of(*images):
    """M images -> (M, 3, 1, S, S) in [-1, 1], as the preprocessor gives them."""
    stacked = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
    return (stacked * 2 - 1)[:, :, None]


UPRIGHT, LYING = [[0.0, 0, 50, 100]], [[0.0, 0, 100, 50]]


def test_a_wide_box_is_tried_on_its_sides_and_the_surest_is_kept(where):
    image = marked(where)
    fallen = np.rot90(image).copy()
    net = Reader()
    (found,) = net(clips_of(image, fallen), torch.tensor([UPRIGHT, LYING]))
    assert found.shape == (2, CHANNELS, 1, 1, 1)
    assert net.batches == [1 + 3]
    # Its nose is at the left: as it is, it would not be sure at all.
    expected = read(image)
    np.testing.assert_allclose(found[0].flatten(), expected, atol=1e-6)
    assert float(found[1].flatten()[-1]) == pytest.approx(expected[-1])
    np.testing.assert_allclose(found[1].flatten()[:-1], read(fallen)[:-1], atol=1e-6)
    # The same in a box of an upright person is looked at as it is.
    (upright,) = net(clips_of(fallen), torch.tensor([UPRIGHT]))
    assert float(upright.flatten()[-1]) == pytest.approx(0.0, abs=1e-6)


def test_frames_and_actors_keep_their_order(where):
    images = [marked(np.roll(where, shift, axis=0)) for shift in (0, 5, 9, 11)]
    clips = torch.cat((clips_of(*images[:2]), clips_of(*images[2:])), dim=2)
    (found,) = Reader()(clips, torch.tensor([UPRIGHT * 2] * 2))
    assert found.shape == (2, CHANNELS, 2, 1, 1)
    for actor in range(2):
        for frame in range(2):
            expected = read(images[actor + 2 * frame])
            np.testing.assert_allclose(found[actor, :, frame].flatten(), expected, atol=1e-6)


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
    images = [np.full((8, 8, 3), value, np.float32) for value in (0.25, 0.5)]
    for _ in range(2):
        (found,) = net(clips_of(*images), torch.tensor([UPRIGHT] * 2))
    assert opened == [("BlazePose", False)]
    for values, grey in zip(found[..., 0, 0, 0], (0.25, 0.5), strict=True):
        marks = values[:-1].reshape(NUM_KEYPOINTS, VALUES)
        seen = 1 / (1 + np.exp(-grey))
        expected = np.array([grey / INPUT_PX, grey / INPUT_PX, seen, grey, grey, grey])
        np.testing.assert_allclose(marks, np.tile(expected, (NUM_KEYPOINTS, 1)), atol=1e-6)
        assert float(values[-1]) == pytest.approx(grey)
    # Copies open it again, and it is no part of checkpoints.
    assert copy.deepcopy(net)._network is None
    assert net.state_dict() == {}


def test_without_weights_it_says_what_to_do():
    with pytest.raises(InputError, match="BlazePose has no weights"):
        BlazePose()(clips_of(np.zeros((8, 8, 3), np.float32)), torch.tensor([UPRIGHT]))


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
