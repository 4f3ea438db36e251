"""BlazePose: turned images come back, sure answers win, what was seen is not seen again."""

import copy

import numpy as np
import pytest
import torch

from stad.datasets.synthetic.figures import Figure, FigureSpec, draw_clothes
from stad.datasets.synthetic.gaits import MotionSpec
from stad.datasets.synthetic.skeleton import Body
from stad.models.backbones.blazepose import (
    CHANNELS,
    NUM_KEYPOINTS,
    VALUES,
    BlazePose,
    confidence,
    turn_back,
)
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
    """BlazePose with ``read`` in the place of the network; keeps what it looked at."""

    def _run(self, views):
        self.looked = getattr(self, "looked", 0) + len(views)
        return [read(one) for one in views]


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
    assert net.looked == 1 + 3
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


def test_what_was_seen_is_not_looked_at_again(where):
    first, second, third = (marked(np.roll(where, shift, axis=0)) for shift in (0, 5, 9))
    net = Reader(remembered=2)
    before = net(clips_of(first, second, first), torch.tensor([UPRIGHT] * 3))[0]
    assert net.looked == 2
    after = net(clips_of(second, first), torch.tensor([UPRIGHT] * 2))[0]
    assert net.looked == 2
    assert torch.equal(after, before[[1, 0]])
    # Only the latest two are kept, and copies start empty.
    net(clips_of(third), torch.tensor([UPRIGHT]))
    net(clips_of(first), torch.tensor([UPRIGHT]))
    assert net.looked == 4
    other = copy.deepcopy(net)
    other(clips_of(first), torch.tensor([UPRIGHT]))
    assert (net.looked, other.looked) == (4, 5)
    assert net.state_dict() == {}


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
    (found,) = BlazePose(fetch(BLAZEPOSE), num_threads=1)(clips, torch.tensor([UPRIGHT, LYING]))
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
